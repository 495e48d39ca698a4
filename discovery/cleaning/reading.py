"""What is asked about a column, and what reading it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """Where a source column goes.

    `target` is a canonical field, an `edge.…` field or None (keep it in the attributes). `unit` is
    the unit of the source values, None when they are canonical or say their unit themselves.
    """

    source_field: str
    target: str | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """What a column's texts are read as; `unit` as in ColumnRule."""

    name: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a column as a whole; `example` is the first text that it concerns."""

    example: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the texts of a column mean, place by place.

    `values` holds a typed series per target: a host name that is fully qualified gives two.
    `fault` says why a text could not be (wholly) read, as a predicate: 'is not a number …'.
    `aside` marks texts that are kept in the attributes although nothing is wrong with them.
    """

    values: Mapping[str, pl.Series]
    fault: pl.Series | None = None
    aside: pl.Series | None = None
    notices: tuple[Notice, ...] = field(default=())


Reader = Callable[[pl.Series, Target], Reading]


def faults(mask: pl.Series, reason: str) -> pl.Series:
    """The reason where the mask holds, null elsewhere."""
    return pl.select(pl.when(mask).then(pl.lit(reason))).to_series()
