"""What an object is: a record, the wrapping of one, or records that are keyed by their names."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, pairwise
from typing import Any, Final

from .records import Record
from .structures import compact, listed, speaks_of

SAMPLE: Final = 100
DEEPEST: Final = 8
"""What lies deeper stays JSON text."""

_ALIKE: Final = 0.5
_MOST: Final = 0.5
_FEWEST_KEYED: Final = 3
_MOST_LAYERS: Final = 4


def sampled(items: Sequence[Any]) -> Sequence[Any]:
    """Some of the items, from the whole list."""
    return items[:: len(items) // SAMPLE + 1]


def likeness(records: Iterable[Record]) -> float:
    """How much of their keys neighbours have in common, from 0 to 1."""
    shares = [_common(one, other) for one, other in islice(pairwise(records), SAMPLE)]
    return sum(shares) / len(shares) if shares else 1.0


def _common(one: Record, other: Record) -> float:
    union = one.keys() | other.keys()
    return len(one.keys() & other.keys()) / len(union) if union else 1.0


def is_keyed(path: str, objects: Sequence[Record]) -> bool:
    """Whether the objects hold records under their names: {"sda": {…}, "sdb": {…}}."""
    if not all(isinstance(v, Mapping | None) for held in objects for v in held.values()):
        return False
    inner = [value for held in sampled(objects) for value in held.values()]
    known = speaks_of(path, "things", "parts") and path.endswith("s")
    if known or not inner:
        return bool(inner)
    if not all(isinstance(v, Mapping) for v in inner) or likeness(inner) < _ALIKE:
        return False
    names = {key for held in sampled(objects) for key in held}
    return len(names) >= _FEWEST_KEYED and all(any(map(str.isalpha, name)) for name in names)


def is_keyed_document(document: Record) -> bool:
    """Whether a whole file is records under their names, as Ansible writes its hosts."""
    if not document or not all(isinstance(value, Mapping) for value in document.values()):
        return False
    if len(document) > 1:
        return likeness(document.values()) >= _ALIKE
    ((key, value),) = document.items()
    is_told = any(compact(name) in listed("names") for name in value)
    return not is_told and any(sign in key for sign in ".-0123456789")


def with_names(held: Record) -> list[dict[str, Any]]:
    """The records of an object, each with the name that it stood under."""
    return [
        {"key" if value and "name" in value else "name": key, **(value or {})}
        for key, value in held.items()
    ]


def unwrapped(items: Sequence[Record]) -> Sequence[Record]:
    """The records without the object that most of them is in: {"pk": 1, "fields": {…}}.

    Nor do they keep an object that tells of the thing itself, such as `metadata`. A key that stands
    in both keeps the name of that object before it.
    """
    for _ in range(_MOST_LAYERS):
        wrapping = _wrapping(sampled(items))
        if wrapping is None:
            break
        outer = {key for item in items for key in item} - {wrapping}
        items = [_merged(item, wrapping, outer) for item in items]
    return items


def _wrapping(items: Sequence[Record]) -> str | None:
    """The key of such an object, if most records have it."""
    total = sum(map(_leaves, items))
    for key in items[0] if items else ():
        inner = [item[key] for item in items if isinstance(item.get(key), Mapping)]
        if not any(inner) or len(inner) < _MOST * len(items):
            continue
        is_most = sum(map(_leaves, inner)) * 2 > total and compact(key) not in listed("tags")
        if (is_most or compact(key) in listed("own_sections")) and not is_keyed(key, inner):
            return key
    return None


def _leaves(value: object, depth: int = 0) -> int:
    if not isinstance(value, Mapping) or depth > DEEPEST:
        return 1
    return sum(_leaves(inner, depth + 1) for inner in value.values())


def _merged(item: Record, wrapping: str, outer: set[str]) -> Record:
    merged: dict[str, Any] = {}
    for key, value in item.items():
        if key == wrapping and isinstance(value, Mapping):
            for name, inner in value.items():
                merged[f"{wrapping}.{name}" if name in outer else name] = inner
        else:
            merged[key] = value
    return merged
