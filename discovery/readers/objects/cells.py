"""The columns of records as text."""

import json
from typing import Any

import polars as pl

from discovery.readers.grid import Grid, check_size, keys, to_table, too_many_columns
from discovery.readers.table import ROW, Limits, Table

from .document import too_deep
from .records import Column, Columns, Records, is_text


def table(records: Records, name: str, columns: Columns, limits: Limits) -> Table:
    """A row for each record. Numbers and booleans become the text that JSON writes for them, lists
    of scalars are joined with ";", other values stay JSON text.
    """
    place, rows = records.place, len(records.items)
    if len(columns) > limits.max_columns:
        raise too_many_columns(place, len(columns), limits)
    check_size(place, rows, len(columns), limits)
    cells = {
        key: _series(column, rows)
        for key, (_, column) in zip(keys(len(columns)), columns, strict=True)
    }
    numbers = pl.Series(ROW, records.numbers, dtype=pl.Int64)
    grid = Grid(
        name=_clean(name),
        place=place,
        cells=pl.DataFrame([numbers]).with_columns(**cells).lazy(),
        header=[_clean(header) for header, _ in columns],
        header_row=0,
        held=True,
    )
    return to_table(grid, limits)


def longest(column: Column) -> int:
    """The characters of the longest cell that the column would have."""
    return max((len(_text(value) or "") for value in column.values), default=0)


def _series(column: Column, rows: int) -> pl.Series:
    texts: list[str | None] = [None] * rows
    for place, value in zip(column.places, column.values, strict=True):
        texts[place] = _text(value)
    return pl.Series(texts, dtype=pl.String)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    if isinstance(value, list) and all(map(is_text, value)):
        return ";".join(text for item in value if item is not None and (text := _text(item)))
    return _clean(_json(value))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError as error:
        raise too_deep() from error


def _clean(text: str) -> str:
    """The text without what neither Polars nor PostgreSQL takes: NUL and half a surrogate pair."""
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode()
    return whole.replace("\x00", "")
