"""Rows that come as JSON: in the body of a request, or as a file."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any, Final

import polars as pl

from .grid import Grid, check_size, keys, to_table, too_many_columns
from .signature import empty
from .table import ROW, Limits, Table, Unreadable

MOST_DIGITS: Final = 300
"""Python takes quadratic time for the digits of a number, and refuses more than 4,300."""


def read_rows(rows: Sequence[Mapping[str, object]], *, limits: Limits | None = None) -> Table:
    """The table of a list of JSON objects: a column for each key, in order of first appearance.

    Numbers and booleans become the text that JSON writes for them, lists of scalars are joined
    with ";", other values stay JSON text. Raises Unreadable if `rows` is empty or holds anything
    but objects.
    """
    return _table(rows, "rows", "The list of rows", limits or Limits())


def read_json(path: Path, name: str, limits: Limits) -> Table:
    """The table of a file that is a JSON list of objects, or holds one object a line (NDJSON)."""
    if path.stat().st_size > limits.max_json_bytes:
        raise Unreadable(
            "too_large",
            f"The JSON file is larger than {limits.max_json_bytes // 2**20:,} MB (MAX_JSON_MB). "
            "JSON is parsed whole: export the inventory as CSV.",
        )
    return _table(_parsed(path), name, "The file", limits)


def _parsed(path: Path) -> Any:
    """What the file holds, not yet checked to be a list of objects."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _loads(text) if text.lstrip().startswith("[") else _json_lines(text)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise Unreadable(
            "json",
            "The file looks like JSON, but is neither a list of objects nor one object on each "
            f"line ({error}). Export it as such a list, or as CSV.",
        ) from error


def _json_lines(text: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found.append(_loads(line))
            except ValueError as error:
                raise ValueError(f"line {number:,} of the file: {error}") from error
    return found


def _loads(text: str) -> Any:
    """Numbers beyond what a computer counts with stay the text that they are."""
    return json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=str)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MOST_DIGITS else digits


def _fraction(digits: str) -> float | str:
    return value if isfinite(value := float(digits)) else digits


def _too_deep() -> Unreadable:
    return Unreadable(
        "json", "A value is nested too deeply. Send values that are text, numbers or lists."
    )


def _table(rows: Sequence[Mapping[str, object]], name: str, place: str, limits: Limits) -> Table:
    _check_objects(rows, place)
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    if len(names) > limits.max_columns:
        raise too_many_columns(place, len(names), limits)
    check_size(place, len(rows), len(names), limits)
    columns = zip(keys(len(names)), (_column(rows, key) for key in names), strict=True)
    numbers = pl.int_range(1, len(rows) + 1, eager=True, dtype=pl.Int64).alias(ROW)
    grid = Grid(
        name=name,
        place=place,
        cells=pl.DataFrame([numbers]).with_columns(**dict(columns)).lazy(),
        header=[_clean(key) for key in names],
        header_row=0,
        held=True,
    )
    return to_table(grid, limits)


def _check_objects(rows: Sequence[object], place: str) -> None:
    if not rows:
        raise empty()
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise Unreadable(
                "json",
                f"{place} must hold objects with a name for each value; row {number} is none.",
            )


def _column(rows: Sequence[Mapping[str, object]], key: str) -> pl.Series:
    return pl.Series([_text(row.get(key)) for row in rows], dtype=pl.String)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return _clean(value)
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return None
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return ";".join(text for item in value if (text := _text(item)))
    return _clean(_json(value))


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError as error:
        raise _too_deep() from error


def _clean(text: str) -> str:
    """The text without what neither Polars nor PostgreSQL takes: NUL and half a surrogate pair."""
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode()
    return whole.replace("\x00", "")
