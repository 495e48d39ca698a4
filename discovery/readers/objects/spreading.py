"""The columns of a list of records, and the further lists that stand in the records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from discovery.readers.grid import too_many_columns
from discovery.readers.table import Limits, Unreadable

from .records import Column, Columns, Record, by_key, is_text
from .shape import DEEPEST, is_keyed, sampled, with_names
from .structures import compact, is_called, last, listed, speaks_of, structures

_MOST_KEYS: Final = 200
_FEWEST_SCATTERED: Final = 4
_SCATTERED: Final = 3
_MOST_TOLD: Final = 3
_MOST_TAGS: Final = 30


@dataclass(slots=True)
class Spread:
    """`columns` hold what fits into cells, `lists` the lists of records, by dotted name.

    Objects become columns (`State.Name`), lists of scalars stay lists, tags become lists of
    `key=value` and, where most records bear the tag, a column of it. What is nested too deeply, or
    under keys that are data themselves, stays an object, to be written as JSON.
    """

    place: str
    limits: Limits
    columns: Columns = field(default_factory=list)
    lists: Columns = field(default_factory=list)

    def add(self, path: str, column: Column, depth: int = 0) -> None:
        self._check(path)
        plain, objects, lists = _by_type(column)
        if plain.values or not (objects.values or lists.values):
            self.columns.append((path, plain))
        if objects.values:
            self._objects(path, objects, depth)
        if lists.values:
            self._lists(path, lists, depth)

    def _check(self, path: str) -> None:
        """Each column has the whole path for its name, and so has each list."""
        width = max(len(self.columns), len(self.lists))
        if width > self.limits.max_columns:
            raise too_many_columns(self.place, width, self.limits)
        if len(path) > self.limits.max_cell_chars:
            raise _endless_name(self.place, self.limits)

    def _objects(self, path: str, column: Column, depth: int) -> None:
        if compact(last(path)) in listed("tags") and _all_flat(column.values):
            self._tags(path, column)
        elif is_keyed(path, column.values):
            named = [with_names(held) for held in column.values]
            self.lists.append((path, Column(column.places, named)))
        elif depth >= DEEPEST or _is_scattered(column.values):
            self.columns.append((path, column))
        else:
            for key, inner in by_key(column).items():
                self.add(f"{path}.{key}", inner, depth + 1)

    def _lists(self, path: str, column: Column, depth: int) -> None:
        plain, objects = Column(), Column()
        for place, held in zip(column.places, column.values, strict=True):
            is_list_of_objects = held and all(isinstance(item, Mapping) for item in held)
            (objects if is_list_of_objects else plain).add(place, held)
        if plain.values and any(plain.values):
            self.columns.append((path, plain))
        elif not objects.values:
            self.columns.append((path, Column()))
        if objects.values:
            self._records(path, objects, depth)

    def _records(self, path: str, column: Column, depth: int) -> None:
        items = list(chain.from_iterable(column.values))
        pair = _pair(items)
        if pair:
            told = [{str(i[pair[0]]): i.get(pair[1]) for i in held} for held in column.values]
            self._tags(path, Column(column.places, told))
        elif speaks_of(path, "single") and all(len(held) == 1 for held in column.values):
            self._objects(path, Column(column.places, [held[0] for held in column.values]), depth)
        elif _are_mentions(items) and not is_called(path, "things", "parts"):
            for key in dict.fromkeys(chain.from_iterable(items)):
                texts = [[item.get(key) for item in held] for held in column.values]
                self.columns.append((f"{path}.{key}", Column(column.places, texts)))
        else:
            self.lists.append((path, column))

    def _tags(self, path: str, column: Column) -> None:
        written = [
            [f"{k}={v}" if v not in (None, "") else k for k, v in held.items()]
            for held in column.values
        ]
        self.columns.append((path, Column(column.places, written)))
        borne = {
            key: found
            for key, found in by_key(column).items()
            if len(found.places) * 2 >= len(column.places)
        }
        if len(borne) <= _MOST_TAGS:
            self.columns += ((f"{path}.{key}", found) for key, found in borne.items())


def _endless_name(place: str, limits: Limits) -> Unreadable:
    return Unreadable(
        "cell_too_long",
        f"{place} has a key of more than {limits.max_cell_chars:,} characters (MAX_CELL_CHARS). "
        "Shorten it.",
    )


def _by_type(column: Column) -> tuple[Column, Column, Column]:
    """What is text, an object, a list. Empty objects say nothing."""
    plain, objects, lists = Column(), Column(), Column()
    for place, value in zip(column.places, column.values, strict=True):
        if isinstance(value, dict):
            if value:
                objects.add(place, value)
        else:
            (lists if isinstance(value, list) else plain).add(place, value)
    return plain, objects, lists


def _all_flat(objects: Sequence[Record]) -> bool:
    return all(is_text(value) for held in objects for value in held.values())


def _is_scattered(objects: Sequence[Record]) -> bool:
    """Whether the keys are data: each object has few of the many that there are."""
    keys: set[str] = set()
    for held in objects:
        keys |= held.keys()
        if len(keys) > _MOST_KEYS:
            return True
    held_on_average = sum(map(len, objects)) / len(objects)
    return len(keys) >= _FEWEST_SCATTERED and held_on_average * _SCATTERED < len(keys)


def _pair(items: Sequence[Record]) -> tuple[str, str] | None:
    """The two keys of {"Key": …, "Value": …}, when the items are all such."""
    keys = set(chain.from_iterable(items))
    spelt = {compact(key): key for key in keys}
    for name, value in structures()["pairs"]:
        if spelt.keys() == {name, value} and all(spelt[name] in item for item in items):
            return (spelt[name], spelt[value]) if _all_flat(items) else None
    return None


def _are_mentions(items: Sequence[Record]) -> bool:
    """Whether the items are texts that mention something, such as groups by name and id."""
    if any(len(item) > _MOST_TOLD for item in items):
        return False
    keys = set(chain.from_iterable(items))
    texts: Iterator[Any] = chain.from_iterable(item.values() for item in sampled(items))
    return len(keys) <= _MOST_TOLD and all(isinstance(text, str | None) for text in texts)
