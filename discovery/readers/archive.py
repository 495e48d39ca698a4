"""Whether the zip archive behind an XLSX can be opened without harm."""

import lzma
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from .signature import encrypted
from .table import Limits, Unreadable

CHUNK: Final = 1024 * 1024
CELL_BYTES: Final = 32
"""What calamine takes for each cell, used or not, between the outermost ones of a sheet."""

SHEET_ROWS: Final = 1_048_576

BROKEN: Final = (
    BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)
"""What `zipfile` raises for a damaged or odd archive."""

# Cells that are only formatted are written as `<c r="XFD9" s="1"/>`, and calamine passes them over.
_ATTRIBUTE: Final = rb"""\s+[\w:]+\s*=\s*(?:"[^"<]*"|'[^'<]*')"""
_IN_USE: Final = rb"(?!(?:" + _ATTRIBUTE + rb")*\s*/>)"
_WIDE_CELL: Final = re.compile(rb"""r\s*=\s*["']([A-Za-z]{2,3})\d{1,7}["']""" + _IN_USE)
_CELL: Final = re.compile(rb"""r\s*=\s*["'][A-Za-z]+(\d{1,7})["']""" + _IN_USE)


def check_archive(path: Path, limits: Limits) -> None:
    """Raises Unreadable for what is no workbook, is damaged, or would fill the memory.

    Reading each part to its end proves the sizes that the archive declares: `zipfile` stops there
    and compares checksums. It takes a tenth of the time that calamine takes.
    """
    try:
        with ZipFile(path) as archive:
            _check_contents(archive, limits)
            for part in archive.infolist():
                _check_extent(archive, part, limits)
    except BROKEN as error:
        raise damaged() from error


def damaged() -> Unreadable:
    """The verdict on a workbook that is cut off or garbled."""
    return Unreadable(
        "damaged",
        "The workbook is damaged or was not transferred completely. Open it, save it again as "
        "XLSX, and upload that file.",
    )


def _check_contents(archive: ZipFile, limits: Limits) -> None:
    parts = archive.infolist()
    if not any(part.filename.startswith("xl/") for part in parts):
        raise Unreadable(
            "unsupported",
            "The file is a zip archive but no XLSX workbook. Unpack it and upload its CSV or XLSX "
            "files one by one; save other workbooks as XLSX.",
        )
    if any(part.flag_bits & 1 for part in parts):
        raise encrypted()
    size = sum(part.file_size for part in parts)
    if size > limits.max_expanded_bytes:
        raise _too_large(f"It unpacks to {size:,} bytes", limits)


def _check_extent(archive: ZipFile, part: ZipInfo, limits: Limits) -> None:
    """Refuses a sheet whose outermost cells span a grid that does not fit into memory."""
    columns = {name for tags in _tags(archive, part) for name in _WIDE_CELL.findall(tags)}
    width = max(map(_column_number, columns), default=26)
    if width * SHEET_ROWS * CELL_BYTES <= limits.max_expanded_bytes:
        return
    rows = (int(row) for tags in _tags(archive, part) for row in _CELL.findall(tags))
    height = max(rows, default=0)
    if width * height * CELL_BYTES > limits.max_expanded_bytes:
        raise _too_large(f"{part.filename} spans {height:,} rows and {width:,} columns", limits)


def _tags(archive: ZipFile, part: ZipInfo) -> Iterator[bytes]:
    """The part in pieces that do not cut a tag in two."""
    rest = b""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            tags, _, rest = (rest + chunk).rpartition(b"<")
            yield tags
            rest = rest[:CHUNK]  # no tag is that long: this is no XML
    yield rest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _too_large(why: str, limits: Limits) -> Unreadable:
    return Unreadable(
        "too_large",
        f"The workbook is too large to read: {why}, and {limits.max_expanded_bytes:,} bytes is the "
        "most. Delete cells far outside the table, or export the sheets as CSV.",
    )
