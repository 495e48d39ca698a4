"""Whose export a table is: told by the columns that are characteristic of a product."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from discovery.mapping.header import compact
from discovery.mapping.knowledge import knowledge

# Of the characteristic columns a version or a person may leave out some, but not many of few.
_LEAST_SHARE: Final = 0.6
_LEAST_COLUMNS: Final = 4
_LONGEST: Final = 100  # characters; whatever is longer is no column of a product


def known_format(columns: Sequence[str]) -> str | None:
    """The product that writes tables with such columns, or None if no known one does.

    Of several the one whose columns are there most completely, then the one with more of them.
    """
    present = frozenset(compact(column) for column in columns if len(column) <= _LONGEST)
    fits = [(len(own & present), len(own), product) for product, own in _formats()]
    found = [
        (there / own, there, product)
        for there, own, product in fits
        if there >= _LEAST_COLUMNS and there / own >= _LEAST_SHARE
    ]
    return max(found)[-1] if found else None


@cache
def _formats() -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple(_each_format())


def _each_format() -> Iterator[tuple[str, frozenset[str]]]:
    for product, tables in knowledge("formats").items():
        for columns in tables.values():
            yield product, frozenset(map(compact, columns))
