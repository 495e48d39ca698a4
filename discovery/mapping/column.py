"""A column as the mapping sees it: what it is called and what stands in it."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from discovery.mapping import header as headers
from discovery.mapping.header import Header
from discovery.mapping.values import Profile, profile
from discovery.readers.table import ROW


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `place` counts from 0 and leaves out the reserved row number."""

    place: int
    header: Header
    look: Profile

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.header.words)


def columns_of(frame: pl.DataFrame) -> tuple[Column, ...]:
    return tuple(_columns(frame))


def _columns(frame: pl.DataFrame) -> Iterator[Column]:
    names = [name for name in frame.columns if name != ROW]
    for place, name in enumerate(names):
        yield Column(place, headers.parse(name), profile(frame[name]))
