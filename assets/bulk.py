"""Polars frames into PostgreSQL and out of it by COPY, the fastest way that it has."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Func, QuerySet, TextField, Value
from django.db.models.functions import NullIf

_ROWS_AT_ONCE: Final = 20_000
_UNIT_SEPARATOR: Final = "\x1f"


def _array_literal(column: str, kind: pl.List) -> pl.Expr:
    """`{"a","b"}`: PostgreSQL's text form of an array."""
    item = pl.element().cast(pl.String)
    if kind.inner == pl.String:
        escaped = item.str.replace_all("\\", "\\\\", literal=True)
        escaped = escaped.str.replace_all('"', '\\"', literal=True)
        item = pl.lit('"') + escaped + pl.lit('"')
    joined = pl.col(column).list.eval(item).list.join(",")
    return (pl.lit("{") + joined + pl.lit("}")).alias(column)


@contextmanager
def joining_by_hash(cursor: CursorWrapper) -> Iterator[None]:
    """For statements over rows that were just written, of which PostgreSQL has no statistics.

    It takes them for a handful and would compare each with each in a loop: hours for an import.
    """
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop = on")


def copy(cursor: CursorWrapper, table: str, frame: pl.DataFrame) -> None:
    """Appends `frame` to the columns of `table` that bear the names of its own."""
    columns = ", ".join(map(connection.ops.quote_name, frame.columns))
    text = frame.with_columns(
        _array_literal(name, kind)
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List)
    )
    statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)"
    # Django wraps the errors of `execute`, but not those of psycopg's copy.
    with connection.wrap_database_errors, cursor.copy(statement) as stream:
        for part in text.iter_slices(_ROWS_AT_ONCE):
            stream.write(part.write_csv(include_header=False))


def append(cursor: CursorWrapper, table: str, frame: pl.DataFrame) -> None:
    """`copy` for a table under row-level security, into which PostgreSQL does not COPY directly."""
    columns = ", ".join(map(connection.ops.quote_name, frame.columns))
    cursor.execute(
        f"CREATE TEMPORARY TABLE appended ON COMMIT DROP AS SELECT {columns} FROM {table} "
        "WITH NO DATA"
    )
    copy(cursor, "appended", frame)
    cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM appended")
    cursor.execute("DROP TABLE appended")


def _joined(column: str) -> NullIf:
    separator, nothing = Value(_UNIT_SEPARATOR), Value("", output_field=TextField())
    text = Func(column, separator, function="array_to_string", output_field=TextField())
    return NullIf(text, nothing)


def fetch(
    rows: QuerySet[Any, Any], columns: tuple[str, ...], lists: frozenset[str]
) -> pl.DataFrame:
    """The `columns` of `rows` as text, those in `lists` as lists of text; an empty list is null."""
    selected = [_joined(name) if name in lists else name for name in columns]
    # The queryset's own SQL, so that its scope is in the statement.
    inner, parameters = rows.order_by("pk").values_list(*selected).query.sql_with_params()
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY ({inner}) TO STDOUT (FORMAT csv)", parameters) as out,
    ):
        text = b"".join(bytes(part) for part in out)
    schema = dict.fromkeys(columns, pl.String)
    if not text:
        frame = pl.DataFrame(schema=schema)
    else:
        frame = pl.read_csv(text, has_header=False, schema=schema)
    return frame.with_columns(pl.col(name).str.split(_UNIT_SEPARATOR) for name in lists)


def new_ids(count: int) -> list[str]:
    """UUIDs of version 7, in the order of time: random ones would scatter over the indexes."""
    milliseconds = time.time_ns() // 1_000_000
    noise = os.urandom(10 * count).hex()
    ids = []
    for n in range(count):
        tail = noise[20 * n : 20 * n + 20]
        variant = "89ab"[int(tail[3], 16) & 3]
        head = f"{milliseconds:012x}"
        ids.append(f"{head[:8]}-{head[8:]}-7{tail[:3]}-{variant}{tail[4:7]}-{tail[8:20]}")
    return ids
