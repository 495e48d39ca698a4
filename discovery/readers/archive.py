"""Whether a zip archive, such as an XLSX is, can be opened without harm."""

import re
import sys
import zlib
from collections.abc import Iterator
from copy import copy
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from .signature import encrypted
from .table import Limits, Unreadable

CHUNK: Final = 1024 * 1024
CELL_BYTES: Final = 32
"""What calamine takes for each cell, used or not, between the outermost ones of a sheet."""

METHODS: Final = frozenset({ZIP_STORED, ZIP_DEFLATED})
"""How parts may be packed. Of BZIP2 and LZMA `zipfile` unpacks all that it has read at once, which
a few kB can make gigabytes of."""

LOCKED: Final = 1
"""The flag of a part that asks for a password."""

SHEET_ROWS: Final = 1_048_576
MODEST_BYTES: Final = 32 * 1024**2
"""Up to here any ratio will do: a small sheet of equal rows packs well."""

BROKEN: Final = (
    BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)
"""What `zipfile` raises for a damaged or odd archive."""

_ENTRY: Final = rb"PK\x01\x02"
_DECLARATION: Final = b"<!DOCTYPE"  # without one there are no entities
_WIDE_XML: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
"""How XML in UTF-16 begins, of which calamine makes an empty sheet."""


# Cells that are only formatted are written as `<c r="XFD9" s="1"/>`, and calamine passes them over.
_ATTRIBUTE: Final = rb"""\s+[\w:]+\s*=\s*(?:"[^"<]*"|'[^'<]*')"""
_IN_USE: Final = rb"(?!(?:" + _ATTRIBUTE + rb")*\s*/>)"
_WIDE_CELL: Final = re.compile(rb"""r\s*=\s*["']([A-Za-z]{2,3})\d{1,7}["']""" + _IN_USE)
_CELL: Final = re.compile(rb"""r\s*=\s*["'][A-Za-z]+(\d{1,7})["']""" + _IN_USE)


def is_workbook(path: Path, limits: Limits) -> bool:
    """Whether the archive has the parts of a workbook; there may be anything in it besides."""
    try:
        _check_directory(path, limits)
        with ZipFile(path) as archive:
            return any(part.filename.startswith("xl/") for part in archive.infolist())
    except BROKEN as error:
        raise damaged() from error


def check_workbook(path: Path, limits: Limits) -> None:
    """Raises Unreadable for a workbook that is damaged, or would fill the memory.

    It takes a tenth of the time that calamine takes.
    """
    try:
        with ZipFile(path) as archive:
            if any(part.flag_bits & LOCKED for part in archive.infolist()):
                raise encrypted()
            _Contents(archive, path.stat().st_size, limits).check()
    except BROKEN as error:
        raise damaged() from error


def damaged() -> Unreadable:
    """The verdict on a workbook or an archive that is cut off or garbled."""
    return Unreadable(
        "damaged",
        "The workbook or zip archive is damaged or was not transferred completely. Open it, save "
        "it again, and upload that file.",
    )


def _check_directory(path: Path, limits: Limits) -> None:
    """Before `zipfile` makes an object of each of the million entries that a file has room for."""
    most = limits.max_archive_files
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        entries = sum(1 for _ in islice(re.finditer(_ENTRY, content), most + 1))
    if entries > most:
        raise _too_large(f"it holds more than {most:,} files (MAX_ARCHIVE_FILES)")


class Unpacked:
    """Adds up what really comes out of an archive, whatever it declares."""

    def __init__(self, packed: int, limits: Limits) -> None:
        self._limits = limits
        self._ratio_bytes = max(MODEST_BYTES, packed * limits.max_archive_ratio)
        self.bytes = 0

    def add(self, size: int) -> None:
        self.bytes += size
        most, ratio = self._limits.max_archive_bytes, self._limits.max_archive_ratio
        if self.bytes > most:
            raise _too_large(f"it unpacks to more than {most // 2**20:,} MB (MAX_ARCHIVE_MB)")
        if self.bytes > self._ratio_bytes:
            raise _too_large(f"it unpacks to {ratio:,} times its size (MAX_ARCHIVE_RATIO)")


class _Contents:
    """Reads each part to its end."""

    def __init__(self, archive: ZipFile, packed: int, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._unpacked = Unpacked(packed, limits)

    def check(self) -> None:
        for part in self._archive.infolist():
            columns = {name for tags in self._counted(part) for name in _WIDE_CELL.findall(tags)}
            self._check_extent(part, max(map(_column_number, columns), default=26))

    def _counted(self, part: ZipInfo) -> Iterator[bytes]:
        before = self._unpacked.bytes
        is_xml = part.filename.lower().endswith((".xml", ".rels"))
        for tags in _tags(self._archive, part):
            if is_xml and self._unpacked.bytes == before and tags.startswith(_WIDE_XML):
                raise _odd(part, "is written in UTF-16")
            self._unpacked.add(len(tags))
            if is_xml and _DECLARATION in tags:
                raise _odd(part, "declares a document type or entities")
            yield tags
        if self._unpacked.bytes - before != part.file_size:
            raise damaged()

    def _check_extent(self, part: ZipInfo, width: int) -> None:
        """Refuses a sheet whose outermost cells span a grid that does not fit into memory."""
        most = self._limits.max_workbook_bytes
        if width * SHEET_ROWS * CELL_BYTES <= most:
            return
        tags = _tags(self._archive, part)
        height = max((int(row) for piece in tags for row in _CELL.findall(piece)), default=0)
        if width * height * CELL_BYTES > most:
            raise _too_large(
                f"{part.filename} spans {height:,} rows and {width:,} columns, which takes more "
                f"than {most // 2**20:,} MB (MAX_WORKBOOK_MB)"
            )


def _tags(archive: ZipFile, part: ZipInfo) -> Iterator[bytes]:
    """The part in pieces that do not cut a tag in two."""
    rest = b""
    for chunk in pieces(archive, part):
        tags, sign, last = (rest + chunk).rpartition(b"<")
        if len(last) > CHUNK:  # no tag is that long: this is no XML
            tags, sign, last = rest + chunk, b"", b""
        yield tags
        rest = sign + last
    yield rest


def pieces(archive: ZipFile, part: ZipInfo) -> Iterator[bytes]:
    """The part up to the stream's own end: the directory may tell a smaller size than it has."""
    if part.compress_type not in METHODS:
        raise _oddly_packed()
    whole = copy(part)
    whole.file_size = sys.maxsize
    with archive.open(whole) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _too_large(why: str) -> Unreadable:
    return Unreadable(
        "too_large",
        f"The archive or workbook is too large to read: {why}. Split it; delete cells far outside "
        "the table of a workbook, or export its sheets as CSV.",
    )


def _oddly_packed() -> Unreadable:
    return Unreadable(
        "unsupported",
        "The archive or workbook is packed by another method than Deflate. Pack it again as an "
        "ordinary zip archive, or save the workbook again, and upload that file.",
    )


def _odd(part: ZipInfo, what: str) -> Unreadable:
    return Unreadable(
        "unsupported",
        f"{part.filename} in the workbook {what}, as no spreadsheet program does. Open it, save "
        "it again as XLSX, and upload that file.",
    )
