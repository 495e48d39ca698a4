"""Fixtures, as Django and so NetBox writes them: keys of other records become their names."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .records import Record, is_text
from .structures import compact, structures

_SHAPE: Final = frozenset({"model", "fields"})
_LABELS: Final = ("name", "model", "address", "label", "slug")

Labels = dict[str, dict[Any, str]]


def with_names(document: Any) -> Any:
    """The document with `"site": 2` as `"site": "DM-Akron"`, where it is a fixture."""
    if not is_fixture(document):
        return document
    labels = _labels(document)
    kinds = {compact(model.rpartition(".")[2]): model for model in reversed(labels)}
    referring = _referring(document, labels, kinds)
    return [_named(record, labels, referring[record["model"]]) for record in document]


def is_fixture(document: Any) -> bool:
    """Whether it lists records of models, each with the fields of its own."""
    return (
        isinstance(document, Sequence)
        and not isinstance(document, str)
        and bool(document)
        and all(
            isinstance(record, Mapping)
            and record.keys() >= _SHAPE
            and isinstance(record["model"], str)
            and isinstance(record["fields"], Mapping)
            for record in document
        )
    )


def _labels(records: Sequence[Record]) -> Labels:
    """For each model, what its records are called by their keys."""
    labels: defaultdict[str, dict[Any, str]] = defaultdict(dict)
    for record in records:
        fields, key = record["fields"], record.get("pk")
        text = next((fields[name] for name in _LABELS if fields.get(name)), None)
        if isinstance(key, int | str) and isinstance(text, str):
            labels[record["model"]][key] = text
    return labels


def _referring(
    records: Sequence[Record], labels: Labels, kinds: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """For each model, its fields whose values are all keys of the model that they are named for."""
    seen: defaultdict[str, defaultdict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
    for record in records:
        for name, value in record["fields"].items():
            if isinstance(value, int) and not isinstance(value, bool):
                seen[record["model"]][name].add(value)
    referring: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for model, fields in seen.items():
        for name, values in fields.items():
            other = kinds.get(_kind_of(name, kinds))
            if other and values <= labels[other].keys():
                referring[model][name] = other
    return referring


def _kind_of(name: str, kinds: Mapping[str, str]) -> str:
    spelt = compact(name)
    return spelt if spelt in kinds else structures()["references"].get(spelt, "")


def _named(record: Record, labels: Labels, referring: Mapping[str, str]) -> Record:
    fields = {
        name: labels[referring[name]].get(value, value)
        if name in referring and is_text(value)
        else value
        for name, value in record["fields"].items()
    }
    return {**record, "fields": fields}
