"""Lists of records and their columns, on the way from a document to tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .structures import compact, last, listed, singular, speaks_of

Record = Mapping[str, Any]


@dataclass(slots=True)
class Column:
    """The values of a key, none of them null, and the 0-based places of the records they are of."""

    places: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, place: int, value: Any) -> None:
        self.places.append(place)
        self.values.append(value)

    def picked(self, places: Sequence[int]) -> "Column":
        """The column for other records, given the place here that each gets its value from."""
        told = dict(zip(self.places, self.values, strict=True))
        picked = Column()
        for place, source in enumerate(places):
            if source in told:
                picked.add(place, told[source])
        return picked


Columns = list[tuple[str, Column]]
"""Columns by name, in order. A name may come twice: `a.b` is a key, and the key `b` in `a`."""


@dataclass(frozen=True, slots=True)
class Records:
    """Objects of one list of the file.

    `name` is what the list is called, `owner` what the one that it stands in is called. `numbers`
    are the places in the list, from 1. `inherited` are columns of what the list stands in, by the
    places of `items`.
    """

    name: str
    items: Sequence[Record]
    numbers: Sequence[int]
    inherited: Columns = field(default_factory=list)
    owner: str = ""

    @property
    def is_document(self) -> bool:
        """Whether it is an object that the whole file is."""
        return not self.owner and len(self.items) == 1

    @property
    def place(self) -> str:
        """How a message names the list."""
        return f"The list “{self.name}”" if self.owner else "The file"


def by_key(column: Column) -> dict[str, Column]:
    """The keys of the objects in a column, in order of first appearance."""
    found: dict[str, Column] = {}
    for place, record in zip(column.places, column.values, strict=True):
        for key, value in record.items():
            if value is not None:
                if key not in found:
                    found[key] = Column()
                found[key].add(place, value)
            else:
                found.setdefault(key, Column())
    return found


def is_text(value: object) -> bool:
    """Whether the value is one of text, number or boolean: what fits into a cell."""
    return not isinstance(value, list | dict)


def named(columns: Columns, rows: int) -> tuple[str, Column] | None:
    """The column that names most of the records, and it is their own name."""
    return _identity(columns, rows, listed("names"))


def identity(records: Records, columns: Columns) -> Columns:
    """What tells others which record is meant: its name and its id, under names that say whose."""
    noun = singular(records.name) if records.owner and _is_noun(records.name) else "asset"
    ids = listed("ids") | {compact(noun) + "id"}
    found = (named(columns, len(records.items)), _identity(columns, len(records.items), ids))
    return [(_header(noun, name), column) for name, column in filter(None, found)]


def _is_noun(name: str) -> bool:
    return speaks_of(name, "things", "parts")


def _identity(columns: Columns, rows: int, words: Iterable[str]) -> tuple[str, Column] | None:
    """The least nested one; a name inside another object than the thing itself is not its own."""
    fitting = [
        (name, column)
        for name, column in columns
        if compact(last(name)) in words and _is_own(name) and len(column.places) * 2 >= rows
        if all(map(is_text, column.values))
    ]
    return min(fitting, key=lambda pair: pair[0].count("."), default=None)


def _is_own(name: str) -> bool:
    section = name.rpartition(".")[0]
    return not section or compact(last(section)) in listed("tags")


def _header(noun: str, name: str) -> str:
    key = last(name)
    return key if compact(key).startswith(compact(noun)) else f"{noun}.{key}"
