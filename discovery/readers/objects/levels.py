"""One list of records taken apart: its own columns, and the lists that stand in the records."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from discovery.readers.grid import check_size, too_many_columns
from discovery.readers.table import Limits, Unreadable

from .cells import longest
from .records import Column, Columns, Records, by_key, identity, named
from .shape import sampled, unwrapped
from .spreading import Spread
from .structures import compact, last, listed, part, speaks_of

_FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Level:
    """`columns` of the records, None for those that only wrap others; the lists `below` them."""

    columns: Columns | None
    below: Sequence[Records] = ()


def taken_apart(records: Records, limits: Limits) -> Level:
    """What stands in an envelope gets its columns. What stands in a record gets its identity."""
    spread = _spread(records, limits)
    own = [(name, column) for name, column in spread.columns if _is_own(name, column)]
    if spread.lists and _is_envelope(records, own, spread.lists):
        return Level(None, [_list_below(records, *pair, own, limits) for pair in spread.lists])
    if records.is_document and not own and not spread.lists:
        return Level(None)
    if records.is_document and not spread.lists and all(_holds_lists(c) for _, c in own):
        raise _only_values()
    return _of_records(records, spread, identity(records, spread.columns))


def _of_records(records: Records, spread: Spread, known: Columns) -> Level:
    """Lists of things and, where they can say of what, of parts are tables. Others stay cells."""
    most = spread.limits.max_cell_chars
    followed: Columns = []
    kept: Columns = []
    for name, column in spread.lists:
        is_table = speaks_of(name, "things") or (known and speaks_of(name, "parts"))
        (followed if is_table or longest(column) > most else kept).append((name, column))
    columns = [*records.inherited, *_qualified(records, spread.columns), *kept]
    # A thing of its own is told one of them alone: the other's id could be taken for its own.
    return Level(
        columns,
        [
            _list_below(
                records, *pair, known[:1] if speaks_of(pair[0], "things") else known, spread.limits
            )
            for pair in followed
        ],
    )


def _qualified(records: Records, columns: Columns) -> Columns:
    """The columns of a part, whose name and type are not those of the whole named beside them."""
    kind = part(records.name) if records.inherited else None
    if kind is None:
        return columns
    words = listed("names") | listed("ids") | listed("shared")
    return [
        (f"{kind}.{name}" if compact(name) in words else name, column) for name, column in columns
    ]


def _spread(records: Records, limits: Limits) -> Spread:
    keys = set(chain.from_iterable(records.items))
    if len(keys) > limits.max_columns:
        raise too_many_columns(records.place, len(keys), limits)
    check_size(records.place, len(records.items), len(keys), limits)
    spread = Spread(records.place, limits)
    items = list(unwrapped(records.items))
    for key, column in by_key(Column(list(range(len(items))), items)).items():
        spread.add(key, column)
    return spread


def _is_own(name: str, column: Column) -> bool:
    """Whether it tells of the record, and not of the answer that the record came in."""
    is_metadata = compact(name) in listed("metadata") or name.startswith("@")
    return bool(column.values) and not is_metadata


def _is_envelope(records: Records, own: Columns, lists: Columns) -> bool:
    """Whether the records only hold others together: pages, reservations, a cluster's hosts."""
    if not own:
        return True
    if named(own, len(records.items)):
        return False
    held = [(name, column) for name, column in lists if not speaks_of(name, "parts")]
    is_heading = records.is_document and len(own) <= _FEW
    if is_heading and any(speaks_of(name, "things") for name, _ in held):
        return True
    holders = {place for _, column in held for place in column.places}
    if identity(records, own) or len(holders) < len(records.items):
        return False
    return max(_width(column) for _, column in held) > len(own)


def _width(column: Column) -> int:
    """How many columns the records of a list would have, about."""
    items = list(chain.from_iterable(column.values))
    return len(set(chain.from_iterable(unwrapped(sampled(items)))))


def _holds_lists(column: Column) -> bool:
    return all(isinstance(value, list) for value in column.values)


def _list_below(
    records: Records, path: str, column: Column, handed: Columns, limits: Limits
) -> Records:
    items = list(chain.from_iterable(column.values))
    owners = [place for place, held in zip(column.places, column.values, strict=True) for _ in held]
    key = last(path)
    inherited = [*records.inherited, *(pair for pair in handed if not _lists_things(*pair))]
    # Before the cells are made: a list in a list in a list has a column of each, for all its rows.
    check_size(f"The list “{key}”", len(items), len(inherited), limits)
    return Records(
        name=records.name if compact(key) in listed("envelopes") else key,
        items=items,
        numbers=range(1, len(items) + 1),
        inherited=[(name, told.picked(owners)) for name, told in inherited],
        owner=records.name,
    )


def _lists_things(name: str, column: Column) -> bool:
    """Names of the members of a group, which say nothing of each of them."""
    return speaks_of(name, "things") and _holds_lists(column)


def _only_values() -> Unreadable:
    return Unreadable(
        "json",
        "The file holds lists of values alone. Export a list of objects, with a name for each "
        "value.",
    )
