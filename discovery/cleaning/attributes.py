"""The attributes of a row as JSON text: what has no canonical field, and what could not be read.

Every value is a string and every object is written here, so objects can be taken apart and merged
by column expressions instead of a JSON parser per row.
"""

import json
from collections.abc import Sequence
from typing import Final

import polars as pl

MAX_VALUE: Final = 10_000

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ENTRY: Final = r'"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"'
_KEY: Final = r'^("(?:[^"\\]|\\.)*"):'
_STRING: Final = r'^"(?:[^"\\]|\\.)*":"((?:[^"\\]|\\.)*)"$'


def objects(columns: Sequence[tuple[str, pl.Series]], height: int) -> pl.Series:
    """One JSON object a row of the (key, texts) pairs, without nulls; `{}` when all are null."""
    pieces = [_entry(key, texts) for key, texts in columns if texts.null_count() < height]
    if not pieces:
        return pl.repeat("{}", height, eager=True, dtype=pl.String)
    joined = pl.concat_str(pieces, separator=",", ignore_nulls=True)
    return pl.select(pl.concat_str(pl.lit("{"), joined, pl.lit("}"))).to_series()


def _entry(key: str, texts: pl.Series) -> pl.Series:
    name = json.dumps(key.replace("\0", ""), ensure_ascii=False)  # PostgreSQL refuses NUL
    value = escaped(texts.str.slice(0, MAX_VALUE))
    return pl.select(pl.concat_str(pl.lit(f'{name}:"'), value, pl.lit('"'))).to_series()


def escaped(texts: pl.Series) -> pl.Series:
    if not texts.str.contains(r'["\\\n\t\r]').any():
        return texts
    return texts.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))


def with_entries(rows: pl.Series, columns: Sequence[tuple[str, pl.Series]]) -> pl.Series:
    """The objects with further entries behind their own."""
    if all(texts.null_count() == len(rows) for _, texts in columns):
        return rows
    added = objects(columns, len(rows))
    apart = pl.select(
        pl.when(rows == "{}").then(added).otherwise(rows.str.head(-1) + "," + added.str.slice(1))
    ).to_series()
    return rows.zip_with(added == "{}", apart)


def merged(groups: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """One object per group of the rows; the first row that has a key gives its value."""
    entries = (
        pl.DataFrame({"group": groups, "entry": rows.str.extract_all(_ENTRY)})
        .explode("entry", empty_as_null=True)
        .with_columns(key=pl.col("entry").str.extract(_KEY))
        .unique(["group", "key"], keep="first", maintain_order=True)
    )
    joined = entries.group_by("group", maintain_order=True).agg(pl.col("entry").str.join(","))
    together = pl.concat_str(pl.lit("{"), "entry", pl.lit("}"))
    return joined.select("group", attributes=together)


def texts(rows: pl.Series) -> pl.Series:
    """The values of each object in order, as a list."""
    value = (
        pl.element().str.extract(_STRING).str.replace_many(list(_ESCAPES.values()), list(_ESCAPES))
    )
    return rows.str.extract_all(_ENTRY).list.eval(value)
