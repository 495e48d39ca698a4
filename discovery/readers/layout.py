"""How a delimited text file is laid out: its delimiter, and where its header stands."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path
from typing import Final

from .choices import Choices, no_such_row
from .header import SAMPLE_ROWS, filled, find_header
from .lines import SAMPLE_CHARS, endless
from .signature import empty
from .table import Unreadable

DELIMITERS: Final = (",", ";", "\t", "|")
NO_DELIMITER: Final = "\x00"
"""What separates the cells of a one-column file: a character that no text holds any more."""

LEAST_SHARE: Final = 0.5
MOST_CELLS: Final = 16_384
"""As many columns as a sheet can have, and so as many as an exported text can be padded to."""

_LONE_CR: Final = re.compile(r"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the cells of a text file are.

    `header_row` is the 1-based record of the header, `skipped_lines` the lines up to its end.
    """

    path: Path
    delimiter: str
    header: Sequence[str]
    header_row: int
    skipped_lines: int


@dataclass(frozen=True, slots=True)
class _Record:
    cells: list[str]
    number: int
    last_line: int


def find_layout(path: Path, choices: Choices) -> Layout:
    """The layout that fits the first records best, where a person has not decided it.

    Raises Unreadable if there is no header.
    """
    sample = _sample(path)
    delimiter = choices.delimiter or _delimiter(sample)
    if choices.header_row:
        header = _chosen_header(path, delimiter, choices.header_row)
    else:
        header = _header(sample, delimiter)
    _check_width(header.cells)
    return Layout(
        path=path,
        delimiter=delimiter,
        header=header.cells,
        header_row=header.number,
        skipped_lines=header.last_line,
    )


def _delimiter(sample: Sequence[str]) -> str:
    held = [sign for sign in DELIMITERS if any(sign in line for line in sample)]
    return max((NO_DELIMITER, *held), key=lambda sign: _fitness(sample, sign))


def _header(sample: Sequence[str], delimiter: str) -> _Record:
    records = list(islice(_records(sample, delimiter), SAMPLE_ROWS))
    index = find_header([record.cells for record in records])
    if index is None:
        raise empty()
    return records[index]


def _chosen_header(path: Path, delimiter: str, row: int) -> _Record:
    """The record in that row, however far down it is."""
    last = 0
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for record in _records(lines(file), delimiter):
            if record.number == row:
                return record
            last = record.number
    raise no_such_row("The file", row, last)


def lines(source: Iterable[str]) -> Iterator[str]:
    """Lines that end with LF only: a bare CR within one is white space, as it is for Polars."""
    return (_LONE_CR.sub(" ", line) if "\r" in line else line for line in source)


def _sample(path: Path) -> Sequence[str]:
    """The first lines, all of them whole."""
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        text = file.read(SAMPLE_CHARS)
        is_whole = not file.read(1)
    sample = list(lines(io.StringIO(text, newline="\n")))
    if is_whole:
        return sample
    if len(sample) == 1:
        raise endless()
    return sample[:-1]


def _records(source: Iterable[str], delimiter: str) -> Iterator[_Record]:
    """The records that hold a value, up to one whose quote is never closed."""
    reader = csv.reader(source, delimiter=delimiter, skipinitialspace=True)
    with suppress(csv.Error):
        for number, cells in enumerate(reader, start=1):
            if filled(cells):
                yield _Record(cells, number, reader.line_num)


def _fitness(sample: Sequence[str], delimiter: str) -> float:
    """How well the delimiter explains the sample.

    That is the number of columns it makes, less the first, times the share of the rows below the
    header that it cuts and that are no longer than the header. Each row above the header speaks
    against it: decimal commas make a row of figures look like a wide header. A sign that few rows
    hold, or fewer than stand above the header, belongs to the text.
    """
    rows = [record.cells for record in islice(_records(sample, delimiter), SAMPLE_ROWS)]
    index = find_header(rows)
    if index is None:
        return inf  # the file holds delimiters and no value, and not one column of delimiters
    body = rows[index + 1 :]
    width = len(rows[index])
    fitting = sum(1 for row in body if len(row) > 1 and span(row) <= width)
    share = fitting / max(len(body), index) if body else 1
    return (width - 1) * share / (index + 1) if share >= LEAST_SHARE else 0


def span(row: Sequence[str]) -> int:
    """The place of the last cell that is not blank."""
    return next((place for place in range(len(row), 0, -1) if row[place - 1].strip()), 0)


def _check_width(header: Sequence[str]) -> None:
    if len(header) > MOST_CELLS:
        raise Unreadable(
            "too_many_columns",
            f"The header has {len(header):,} cells; a table can have {MOST_CELLS:,}. Check the "
            "line ends of the file.",
        )
