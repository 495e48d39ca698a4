"""How a delimited text file is laid out: its delimiter, and where its header stands."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path
from typing import Final

from .cells import filled, span
from .choices import Choices, no_such_row
from .header import SAMPLE_ROWS, header_at, header_index
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

    `header_row` is the 1-based record that names the columns, `first_row` that of the first data,
    `skipped_lines` the lines above it. `has_quoted_blanks` says that some blank cells are written
    as two quotes.
    """

    path: Path
    delimiter: str
    header: Sequence[str]
    header_row: int
    first_row: int
    skipped_lines: int
    has_quoted_blanks: bool


@dataclass(frozen=True, slots=True)
class _Record:
    cells: list[str]
    number: int
    last_line: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """The first records as one delimiter cuts them, and which of them is the header."""

    delimiter: str
    records: list[_Record]
    header: int | None

    @property
    def rows(self) -> list[list[str]]:
        return [record.cells for record in self.records]


def find_layout(path: Path, choices: Choices) -> Layout:
    """The layout that fits the first records best, where a person has not decided it.

    Raises Unreadable if there is no header.
    """
    sample = _sample(path)
    reading = _best_reading(sample, choices)
    if choices.header_row:
        reading = _chosen_reading(path, reading.delimiter, choices.header_row)
    if reading.header is None:
        raise empty()
    header = header_at(reading.rows, reading.header, is_chosen=bool(choices.header_row))
    _check_width(header.cells)
    return Layout(
        path=path,
        delimiter=reading.delimiter,
        header=header.cells,
        header_row=reading.records[header.row].number,
        first_row=reading.records[header.last].number + 1,
        skipped_lines=reading.records[header.last].last_line,
        has_quoted_blanks=any('""' in line for line in sample),
    )


def _best_reading(sample: Sequence[str], choices: Choices) -> _Reading:
    held = [sign for sign in DELIMITERS if any(sign in line for line in sample)]
    signs = [choices.delimiter] if choices.delimiter else [NO_DELIMITER, *held]
    return max((_reading(sample, sign, choices.header_row) for sign in signs), key=_fitness)


def _reading(sample: Sequence[str], delimiter: str, row: int | None) -> _Reading:
    records = list(islice(_records(sample, delimiter), SAMPLE_ROWS))
    chosen = (index for index, record in enumerate(records) if record.number == row)
    index = next(chosen, header_index([record.cells for record in records]))
    return _Reading(delimiter, records, index)


def _chosen_reading(path: Path, delimiter: str, row: int) -> _Reading:
    """What stands around that row, however far down it is."""
    before: deque[_Record] = deque(maxlen=1)
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        records = _records(lines(file), delimiter)
        for record in records:
            if record.number == row:
                around = [*before, record, *islice(records, SAMPLE_ROWS)]
                return _Reading(delimiter, around, len(before))
            before.append(record)
    raise no_such_row("The file", row, before[0].number if before else 0)


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


def _fitness(reading: _Reading) -> float:
    """How well the delimiter explains the sample.

    That is the number of columns it makes, less the first, times the share of the rows below the
    header that it cuts and that are no longer than the header. Each row above the header speaks
    against it: decimal commas make a row of figures look like a wide header. A sign that few rows
    hold, or fewer than stand above the header, belongs to the text.
    """
    index = reading.header
    if index is None:
        return inf  # the file holds delimiters and no value, and not one column of delimiters
    body = reading.rows[index + 1 :]
    width = len(reading.rows[index])
    fitting = sum(1 for row in body if len(row) > 1 and span(row) <= width)
    share = fitting / max(len(body), index) if body else 1
    return (width - 1) * share / (index + 1) if share >= LEAST_SHARE else 0


def _check_width(header: Sequence[str]) -> None:
    if len(header) > MOST_CELLS:
        raise Unreadable(
            "too_many_columns",
            f"The header has {len(header):,} cells; a table can have {MOST_CELLS:,}. Check the "
            "line ends of the file.",
        )
