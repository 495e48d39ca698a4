"""A strict copy of a text file that a strict parser refuses."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from .cells import span
from .layout import Layout, lines
from .table import Unreadable

END: Final = "\x1e"
"""A last record of our own. A cell whose quote is never closed swallows it."""


def repaired(layout: Layout) -> Layout:
    """The layout of a copy, beside the file, with regular quotes and no row past the header.

    This is Python's own forgiving parser, some ten times slower than Polars, so it serves only
    files that need it. Raises Unreadable for values beyond the last column and for a quote that is
    never closed.
    """
    copy = layout.path.with_name(f"{layout.path.name}.repaired")
    lengths = _Lengths(layout)
    with copy.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, delimiter=layout.delimiter, lineterminator="\n")
        for number, cells in enumerate(_records(layout), start=layout.first_row):
            lengths.note(number, cells)
            writer.writerow(cells[: lengths.width])
    lengths.check()
    return replace(layout, path=copy, skipped_lines=0)


def _records(layout: Layout) -> Iterator[list[str]]:
    """Every record below the header, blank ones too."""
    with layout.path.open(encoding="utf-8-sig", newline="\n") as file:
        for _ in range(layout.skipped_lines):
            file.readline()
        reader = csv.reader(
            chain(lines(file), [END]), delimiter=layout.delimiter, skipinitialspace=True
        )
        number = layout.first_row
        try:
            for cells in reader:
                if cells == [END]:
                    return
                yield cells
                number += 1
        except csv.Error as error:
            raise _unclosed(number) from error
    raise _unclosed(number - 1)


def _unclosed(number: int) -> Unreadable:
    return Unreadable(
        "quotes",
        f"A quote that opens in row {number:,} is never closed, or closes more than "
        f"{csv.field_size_limit():,} characters later. Double it or remove it.",
    )


@dataclass(slots=True)
class _Tally:
    """How many rows, and the first of them."""

    first: int = 0
    total: int = 0

    def add(self, number: int) -> None:
        self.first = self.first or number
        self.total += 1


class _Lengths:
    """Which rows are longer than the header.

    If most rows are, by blank cells, then each line ends with a delimiter and nothing is wrong. If
    a few are, an unquoted delimiter has shifted their cells, even where the last ones are blank.
    """

    def __init__(self, layout: Layout) -> None:
        self.width = len(layout.header)
        self._header_row = layout.header_row
        self._rows = 0
        self._longer = _Tally()
        self._overflowing = _Tally()

    def note(self, number: int, cells: list[str]) -> None:
        is_used = any(cells)
        self._rows += is_used
        if is_used and len(cells) > self.width:
            self._longer.add(number)
            if span(cells) > self.width:
                self._overflowing.add(number)

    def check(self) -> None:
        if self._overflowing.total:
            raise self._ragged(self._overflowing)
        if 0 < self._longer.total < self._rows / 2:
            raise self._ragged(self._longer)

    def _ragged(self, wrong: _Tally) -> Unreadable:
        others = f", and so do {wrong.total - 1:,} more rows" if wrong.total > 1 else ""
        return Unreadable(
            "ragged",
            f"Row {wrong.first:,} has more cells than the header in row {self._header_row:,}, "
            f"which has {self.width:,}{others}. Put quotes around cells that contain the "
            "delimiter.",
        )
