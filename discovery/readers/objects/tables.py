"""The tables of a JSON document: one for each list of records in it."""

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from discovery.readers.grid import too_many_columns
from discovery.readers.signature import empty
from discovery.readers.table import Limits, Table, Unreadable, too_many_tables

from . import fixtures, graph
from .cells import table
from .document import parsed, too_deep
from .kinds import parted
from .levels import taken_apart
from .records import Records
from .shape import is_keyed_document, with_names


def read_json(path: Path, name: str, limits: Limits) -> list[Table]:
    """The tables of a JSON or NDJSON file, the outermost list first."""
    try:
        tables = list(_tables(_whole(parsed(path, limits), name), limits))
    except RecursionError as error:
        raise too_deep() from error
    if not tables:
        raise empty()
    return tables


def _whole(document: Any, name: str) -> Records:
    """The list that the file is; an object is a list of one."""
    document = fixtures.with_names(graph.with_names(document))
    if isinstance(document, Mapping):
        items = with_names(document) if is_keyed_document(document) else [document]
    else:
        items = _flat(document)
    for number, item in enumerate(items, start=1):
        if not isinstance(item, Mapping):
            raise Unreadable(
                "json",
                "The file must hold objects with a name for each value, as a list of objects or "
                f"inside one; row {number:,} is none.",
            )
    if not items:
        raise empty()
    return Records(name, items, range(1, len(items) + 1))


def _flat(document: Any) -> list[Any]:
    """A list of lists of records is one list, as `--query Reservations[].Instances` prints it."""
    items = document if isinstance(document, list) else [document]
    while items and all(isinstance(item, list) for item in items):
        items = list(chain.from_iterable(items))
    return items


def _tables(whole: Records, limits: Limits) -> Iterator[Table]:
    waiting = deque([whole])
    called: set[str] = set()
    while waiting:
        several = waiting.popleft()
        _check_width(several, limits)
        for records in parted(several):
            level = taken_apart(records, limits)
            waiting += level.below
            if level.columns is not None:
                if len(called) >= limits.max_tables:
                    raise too_many_tables(limits)
                called.add(name := _free_name(records, called))
                yield table(records, name, level.columns, limits)


def _check_width(records: Records, limits: Limits) -> None:
    """Before the keys of all records are compared."""
    widest = max(map(len, records.items), default=0)
    if widest > limits.max_columns:
        raise too_many_columns(records.place, widest, limits)


def _free_name(records: Records, called: set[str]) -> str:
    """What the list is called, with what it stands in, and with a number, if need be."""
    name = records.name if records.name not in called else f"{records.owner}.{records.name}"
    numbered = (f"{records.name} ({number})" for number in range(2, len(called) + 3))
    return next(n for n in chain([records.name, name.strip(".")], numbered) if n not in called)
