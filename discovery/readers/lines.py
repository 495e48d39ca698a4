"""What the lines of a text file tell, before anything is cut into cells."""

from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

import polars as pl

from .table import Limits, Unreadable

SAMPLE_CHARS: Final = 256 * 1024
"""The header, and what tells the delimiter, stand among these first characters."""

HELD_BYTES: Final = 64 * 1024**2
"""A file up to this size is read into memory once; a larger one is read again by each pass."""

_LINE: Final = pl.col("line").str
_MAY_END_A_CELL: Final = r' [,;\t|"\r]'
"""A space before a delimiter, a quote, or a CR. An expression that begins with one sign, or is a
set of a few, is looked for as fast as memory is read; others take ten times as long."""

_ODD_SIGN: Final = r"[\x00\t\v\f\r]"
_LEADS_OF_SPACES: Final = (b"\xc2", b"\xe1", b"\xe2", b"\xe3")
"""How white space beyond ASCII begins in UTF-8, and other signs too; letters of the West do not."""


@dataclass(frozen=True, slots=True)
class Lines:
    """How many lines there are, the bytes of the longest, and whether one holds a NUL.

    `plain` says that there is no white space beyond ASCII, and that no cell between the usual
    delimiters ends with white space, unless it is the line feed of a cell of several lines.
    """

    number: int
    longest: int
    has_nul: bool
    plain: bool


class NotUtf8(Exception):
    """The file is written in another encoding."""


def source_of(path: Path) -> Path | bytes:
    """What Polars shall read: the content, where it is little enough to be held, or the file."""
    return path.read_bytes() if path.stat().st_size <= HELD_BYTES else path


def look(path: Path, source: Path | bytes, limits: Limits) -> Lines:
    """Looks at every line of a file in UTF-8. Raises NotUtf8, and Unreadable for a long line."""
    _check_lengths(path, limits)
    lines = pl.scan_lines(source, name="line", glob=False)
    found = lines.select(
        number=pl.len(),
        longest=_LINE.len_bytes().max(),
        spaced=(_LINE.contains(_MAY_END_A_CELL) | _LINE.ends_with(" ")).any(),
        odd=_LINE.contains(_ODD_SIGN).any(),
    )
    try:
        number, longest, spaced, odd = found.collect(engine="streaming").row(0)
    except pl.exceptions.ComputeError as error:
        raise NotUtf8 from error
    return Lines(
        number=number,
        longest=longest or 0,
        has_nul=odd and _has_nul(lines),
        plain=not (spaced or odd or _may_hold_wide_spaces(source)),
    )


def _has_nul(lines: pl.LazyFrame) -> bool:
    nul = _LINE.contains("\x00", literal=True).any()
    return bool(lines.select(nul).collect(engine="streaming").item())


def _may_hold_wide_spaces(source: Path | bytes) -> bool:
    if isinstance(source, Path):
        return True
    return not source.isascii() and any(lead in source for lead in _LEADS_OF_SPACES)


def _check_lengths(path: Path, limits: Limits) -> None:
    """Leaps from line to line, as far as a line may reach.

    Polars and Python's own parser take some hundred times the memory of a line that is all
    delimiters.
    """
    most = limits.max_line_bytes
    if path.stat().st_size <= most:
        return
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        start = 0
        while len(content) - start > most:
            end = content.rfind(b"\n", start, start + most + 1)
            if end < 0:
                raise _too_long(content[:start].count(b"\n") + 1, limits)
            start = end + 1


def _too_long(line: int, limits: Limits) -> Unreadable:
    if line == 1:
        return endless()
    return Unreadable(
        "line_too_long",
        f"Line {line:,} is longer than {limits.max_line_bytes // 2**20:,} MB (MAX_LINE_MB). Put "
        "each machine on a line of its own, and shorten long cells.",
    )


def endless() -> Unreadable:
    """The verdict on a file whose first line does not end."""
    return Unreadable(
        "too_many_columns",
        f"The first line is longer than {SAMPLE_CHARS:,} characters. Put each machine on a line "
        "of its own.",
    )
