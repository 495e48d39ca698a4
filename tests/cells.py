"""A column or a small table of cells, cleaned: what the tests of cleaning begin with."""

import json
from typing import Any

import polars as pl

from discovery.cleaning import Cleaned, ColumnRule, clean_table

FIRST_ROW = 2


def table(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    rows = pl.int_range(FIRST_ROW, FIRST_ROW + height, eager=True, dtype=pl.Int64)
    texts = [pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items()]
    return pl.DataFrame([rows.alias("__row__"), *texts])


def column(target: str | None, *cells: str | None, unit: str | None = None) -> Cleaned:
    """The cells as a column called `Cell`, beside one that keeps every row alive."""
    frame = table(Cell=list(cells), Beside=["x"] * len(cells))
    return clean_table(frame, [ColumnRule("Cell", target, unit)])


def values(target: str, *cells: str | None, unit: str | None = None) -> list[Any]:
    return column(target, *cells, unit=unit).frame[target].to_list()


def kept(cleaned: Cleaned) -> list[str | None]:
    return [json.loads(text).get("Cell") for text in cleaned.frame["attributes"]]
