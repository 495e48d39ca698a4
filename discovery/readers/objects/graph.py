"""Graphs: nodes that are named, and edges that name them instead of their internal ids."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .records import Record, is_text
from .shape import sampled, unwrapped
from .structures import compact, listed, structures

_DEEPEST: Final = 3
_MOSTLY: Final = 0.5


def with_names(document: Any, depth: int = 0) -> Any:
    """The document with the ends of each edge called as the nodes are."""
    if not isinstance(document, Mapping) or depth > _DEEPEST:
        return document
    found = _graph(document)
    if found:
        return {**document, **found}
    return {key: with_names(value, depth + 1) for key, value in document.items()}


def _graph(document: Record) -> dict[str, list[Record]] | None:
    nodes_key, edges_key = (_list_called(document, what) for what in ("nodes", "edges"))
    if nodes_key is None or edges_key is None:
        return None
    nodes, edges = unwrapped(document[nodes_key]), unwrapped(document[edges_key])
    ends = _ends(edges)
    ids = _ids(nodes, edges, ends) if ends else None
    if not ends or not ids:
        return None
    names = _names(nodes)
    called = dict(zip(ids, names, strict=True))
    return {
        nodes_key: [_called(node, name) for node, name in zip(nodes, names, strict=True)],
        edges_key: [
            {key: _name(value, called) if key in ends else value for key, value in edge.items()}
            for edge in edges
        ],
    }


def _list_called(document: Record, what: str) -> str | None:
    words = structures()["graph"][what]
    for key, value in document.items():
        is_records = isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
        if compact(key) in words and is_records:
            return key
    return None


def _ends(edges: Sequence[Record]) -> tuple[str, str] | None:
    spelt = {compact(key): key for key in edges[0]}
    for source, target in structures()["graph"]["ends"]:
        if source in spelt and target in spelt:
            return spelt[source], spelt[target]
    return None


def _end(value: Any) -> str:
    """What an end refers to; some write the whole node there."""
    return str(value.get("id", value.get("name")) if isinstance(value, Mapping) else value)


def _ids(
    nodes: Sequence[Record], edges: Sequence[Record], ends: tuple[str, str]
) -> list[str] | None:
    """By what the edges refer to the nodes: a key of theirs, or their place in the list."""
    asked = [_end(edge.get(end)) for edge in sampled(edges) for end in ends]
    for key in (*_keys_called(nodes, "ids"), *_keys_called(nodes, "names")):
        ids = [str(node.get(key)) for node in nodes]
        known = set(ids)
        if sum(end in known for end in asked) > _MOSTLY * len(asked):
            return ids
    places = list(map(str, range(len(nodes))))
    return places if set(asked) <= set(places) else None


def _keys_called(nodes: Sequence[Record], words: str) -> Iterator[str]:
    ranks = {name: rank for rank, name in enumerate(structures()[words])}
    keys = [key for key in nodes[0] if compact(key) in ranks]
    return iter(sorted(keys, key=lambda key: ranks[compact(key)]))


def _names(nodes: Sequence[Record]) -> list[str]:
    """A name for each node; where several bear the same, what they stand in goes before it."""
    names = list(map(_own_name, nodes))
    for key in structures()["graph"]["qualifiers"]:
        shared = Counter(names)
        names = [
            f"{node[key]}:{name}" if shared[name] > 1 and node.get(key) else name
            for node, name in zip(nodes, names, strict=True)
        ]
    return names


def _own_name(node: Record) -> str:
    names = (node[key] for key in _keys_called([node], "names"))
    told = next((name for name in names if name and is_text(name)), None)
    places = [str(node[key]) for key in structures()["graph"]["places"] if node.get(key)]
    first = next((str(node[key]) for key in _keys_called([node], "ids")), "")
    return str(told) if told else ":".join(places) or first


def _called(node: Record, name: str) -> Record:
    """The node under its name; a shorter one that it had stays beside it."""
    own = next((key for key in node if compact(key) in listed("names")), None)
    if own is None or node[own] != name:
        return {"name": name, **{("label" if k == "name" else k): v for k, v in node.items()}}
    return node


def _name(value: Any, called: Mapping[str, str]) -> Any:
    return called.get(_end(value), value)
