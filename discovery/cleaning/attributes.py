"""The attributes of a row as JSON text: what has no canonical field, and what could not be read.

Every value is a string and every object is written here, so objects can be taken apart and merged
by column expressions instead of a JSON parser per row.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

import orjson
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
    name = json.dumps(_storable(key), ensure_ascii=False)
    value = escaped(texts.str.slice(0, MAX_VALUE))
    return pl.select(pl.concat_str(pl.lit(f'{name}:"'), value, pl.lit('"'))).to_series()


def of_table(columns: Mapping[str, pl.Series], height: int) -> pl.Series:
    """The attributes of each row; objects in a column `attributes` are taken apart into theirs."""
    cells = columns.get("attributes")
    if cells is None or (inside := opened(cells)).null_count() == height:
        return objects([*columns.items()], height)
    others = cells.zip_with(inside.is_null(), pl.Series([None], dtype=pl.String))
    beside = objects([*{**columns, "attributes": others}.items()], height)
    return together(beside, inside.fill_null("{}"))


def opened(texts: pl.Series) -> pl.Series:
    """The objects in cells of JSON, which our exports hold; null where a cell is anything else."""
    return texts.map_elements(_with_texts, return_dtype=pl.String)


def _with_texts(cell: str) -> str | None:
    try:
        found = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict):
        return None
    said = {
        key: value if isinstance(value, str) else orjson.dumps(value).decode()
        for key, value in found.items()
    }
    return orjson.dumps({_storable(key): _storable(value) for key, value in said.items()}).decode()


def _storable(text: str) -> str:
    return text.replace("\0", "")  # PostgreSQL refuses NUL


def escaped(texts: pl.Series) -> pl.Series:
    if not texts.str.contains(r'["\\\n\t\r]').any():
        return texts
    return texts.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))


def with_entries(rows: pl.Series, columns: Sequence[tuple[str, pl.Series]]) -> pl.Series:
    """The objects with further entries behind their own."""
    if all(texts.null_count() == len(rows) for _, texts in columns):
        return rows
    return together(rows, objects(columns, len(rows)))


def together(rows: pl.Series, added: pl.Series) -> pl.Series:
    """The entries of both objects of each row."""
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


def keys(rows: pl.Series) -> list[str]:
    """The keys of the objects, the most frequent first."""
    entries = rows.str.extract_all(_ENTRY).explode().drop_nulls()
    counted = entries.str.extract(_KEY).value_counts(sort=True, name="count")
    ordered = counted.sort("count", counted.columns[0], descending=[True, False])
    return [str(orjson.loads(key)) for key in ordered[:, 0]]


def value(rows: pl.Expr, key: str) -> pl.Expr:
    """The text that the objects have under the key, escaped as it stands in JSON."""
    name = pl.escape_regex(json.dumps(key, ensure_ascii=False))
    return rows.str.extract(name + r':"((?:[^"\\]|\\.)*)"')
