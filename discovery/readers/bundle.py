"""A zip archive of inventories: each file in it that is one, by its content."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import ZipFile, ZipInfo

import polars as pl

from .archive import BROKEN, LOCKED, Unpacked, damaged, is_workbook, pieces
from .signature import Kind, kind_of
from .table import Limits, Table, Unreadable, too_many_tables

INVENTORIES: Final = frozenset(
    {".csv", ".tsv", ".tab", ".json", ".ndjson", ".jsonl", ".xlsx", ".xlsm", ".xlsb", ".xls"}
)
"""A member that calls itself one of these must be readable. Others are read if they can be."""

ABOUT: Final = ("readme", "license", "licence", "changelog", "notice", "copying")
OFFICE: Final = frozenset({"[Content_Types].xml", "mimetype"})
LITTER: Final = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
"""What systems put into archives on their own account, besides files with a dot before the name."""

MOST_NOTES: Final = 20
MOST_SHOWN: Final = 200

Read = Callable[[Path, str], list[Table]]


@dataclass(frozen=True, slots=True)
class _Member:
    """`path` is where it says that it belongs: a name to show, and never a place to write to."""

    part: ZipInfo
    path: PurePosixPath

    @property
    def shown(self) -> str:
        return str(self.path)[:MOST_SHOWN]

    @property
    def is_litter(self) -> bool:
        steps = [step.lower() for step in self.path.parts]
        return any(step in LITTER or step.startswith("._") for step in steps) or (
            self.path.name.startswith(".")
        )

    @property
    def is_inventory(self) -> bool:
        return self.path.suffix.lower() in INVENTORIES

    @property
    def is_about(self) -> bool:
        return not self.is_inventory and self.path.stem.lower().startswith(ABOUT)


def read_bundle(path: Path, limits: Limits, read: Read) -> list[Table]:
    """The tables of all members, called after them. Raises Unreadable if one cannot be read.

    Documents, pictures and the like are left out, which the notes of the first table tell. Members
    are unpacked one by one, under names of our own, and their rows kept beside `path`.
    """
    bundle = _Bundle(path, limits, read)
    with _opened(path) as archive:
        members = _members(archive)
        found = [(member, bundle.tables(archive, member)) for member in members]
    tables = _named([(member, tables) for member, tables in found if tables])
    if not tables:
        raise _nothing(bundle.left_out)
    return [replace(tables[0], notes=_notes(bundle.left_out)), *tables[1:]]


def _opened(path: Path) -> ZipFile:
    try:
        return ZipFile(path)
    except BROKEN as error:
        raise damaged() from error


def _members(archive: ZipFile) -> list[_Member]:
    parts = [part for part in archive.infolist() if not part.filename.endswith("/")]
    if any(part.flag_bits & LOCKED for part in parts):
        raise Unreadable(
            "encrypted",
            "The zip archive is protected by a password. Pack it again without one, and upload "
            "that file.",
        )
    if any(part.filename in OFFICE for part in parts):
        raise Unreadable(
            "unsupported",
            "The file is a document of an office program, but no XLSX workbook. Save its tables as "
            "XLSX or CSV.",
        )
    members = [_Member(part, _path(part.filename)) for part in parts]
    return [member for member in members if not member.is_litter]


def _path(name: str) -> PurePosixPath:
    """Without signs that cannot be shown, or that turn the direction of writing."""
    shown = "".join(filter(str.isprintable, name.replace("\\", "/")))
    return PurePosixPath(shown or "nameless")


def _pieces(archive: ZipFile, member: _Member) -> Iterator[bytes]:
    try:
        yield from pieces(archive, member.part)
    except BROKEN as error:
        raise Unreadable("damaged", f"{member.shown}: {damaged().message}") from error


class _Bundle:
    """Reads members, within the limits of the archive as a whole."""

    def __init__(self, path: Path, limits: Limits, read: Read) -> None:
        self.left_out: list[str] = []
        self._folder = path.with_name(f"{path.name}.members")
        self._limits = limits
        self._read = read
        self._unpacked = Unpacked(path.stat().st_size, limits)
        self._tables = 0

    def tables(self, archive: ZipFile, member: _Member) -> list[Table]:
        """The tables of a member, none if it is no inventory."""
        if member.is_about:
            return self._without(member, "It describes the archive.")
        place = self._folder / "member"
        place.mkdir(parents=True)
        try:
            path = self._unpack(archive, member, place / "upload")
            return [self._kept(table) for table in self._read_member(path, member)]
        finally:
            shutil.rmtree(place)

    def _read_member(self, path: Path, member: _Member) -> list[Table]:
        if self._is_archive(path):
            raise _nested(member)
        try:
            tables = self._read(path, member.path.name)
        except Unreadable as error:
            if member.is_inventory and error.code != "empty":
                raise Unreadable(error.code, f"{member.shown}: {error.message}") from error
            return self._without(member, error.message)
        if not member.is_inventory and any(t.encoding and not t.delimiter for t in tables):
            return self._without(member, "It is text without columns.")
        return tables

    def _is_archive(self, path: Path) -> bool:
        try:
            is_zip = kind_of(path) is Kind.ZIP
            is_book = is_zip and is_workbook(path, self._limits)
        except Unreadable:  # reading it says why
            return False
        if is_book:
            with ZipFile(path) as workbook:
                self._unpacked.add(sum(part.file_size for part in workbook.infolist()))
        return is_zip and not is_book

    def _without(self, member: _Member, why: str) -> list[Table]:
        self.left_out.append(f"{member.shown} was left out. {why}")
        return []

    def _unpack(self, archive: ZipFile, member: _Member, path: Path) -> Path:
        with path.open("wb") as file:
            for piece in _pieces(archive, member):
                self._unpacked.add(len(piece))
                file.write(piece)
        return path

    def _kept(self, table: Table) -> Table:
        """The table with its rows on disk, so that those of one member at a time are in memory."""
        self._tables += 1
        if self._tables > self._limits.max_tables:
            raise too_many_tables(self._limits)
        path = self._folder / f"{self._tables}.parquet"
        table.rows.sink_parquet(path)
        return replace(table, rows=pl.scan_parquet(path, glob=False))


def _named(found: Sequence[tuple[_Member, list[Table]]]) -> list[Table]:
    """Each table under the name of its member, and its own where a member has several."""
    stems = Counter(member.path.stem for member, _ in found)
    named = []
    for member, tables in found:
        stem = member.path.stem
        own = stem if stems[stem] == 1 else str(member.path).removesuffix(member.path.suffix)
        named += [
            replace(t, name=own if t.name == stem else _below(own, t.name, len(found)))
            for t in tables
        ]
    return named


def _below(member: str, table: str, members: int) -> str:
    return f"{member}/{table}" if members > 1 else table


def _notes(left_out: Sequence[str]) -> tuple[str, ...]:
    more = len(left_out) - MOST_NOTES
    rest = (f"{more:,} more were left out.",) if more > 0 else ()
    return (*left_out[:MOST_NOTES], *rest)


def _nested(member: _Member) -> Unreadable:
    return Unreadable(
        "unsupported",
        f"{member.shown} is a zip archive inside the zip archive. Unpack it, and pack its files "
        "with the others or upload them one by one.",
    )


def _nothing(left_out: Sequence[str]) -> Unreadable:
    told = " ".join(_notes(left_out)[:3]) or "It is empty."
    return Unreadable(
        "unsupported",
        f"The zip archive holds no inventory. {told} Pack CSV, XLSX, XLS, JSON or NDJSON files.",
    )
