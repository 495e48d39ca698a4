"""What every reader hands on: tables of text cells that know their place in the source."""

from dataclasses import dataclass
from typing import Final

import polars as pl

ROW: Final = "__row__"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file.

    `rows` holds `ROW` (Int64) and one String column for each of `columns`. A blank cell is null,
    every other cell is the text of the source without its outer white space. Rows and nameless
    columns without any value are left out.

    `ROW` is the 1-based place of a row as a spreadsheet program shows it: the row of the sheet, or
    the record of a text file (blank ones count). That is the line of the file too, unless a cell
    above holds a line break. For JSON it is the place in the list or, for a list that stands in
    records of another, among all its records in the file. `header_row` counts the same way: it is
    the row that names the columns, where a header has several, and 0 for JSON, which has none.

    `notes` are sentences for the uploader about what was left out of the file, on its first table.

    A `LazyFrame` over a large text file reads it again when it runs, so `rows` must be written
    away before the folder of that file is removed.
    """

    name: str
    rows: pl.LazyFrame
    columns: tuple[str, ...]
    row_count: int
    header_row: int
    encoding: str | None = None
    delimiter: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be read before it is refused. Messages name the settings that these come from.

    `max_rows` to `max_cells` hold for each table, `max_tables` for a file, `max_line_bytes` for a
    line of text. `max_archive_…` bound what an XLSX or a zip archive unpacks to, by its bytes, as a
    multiple of its own size, and in files. `max_workbook_bytes` and `max_seconds` are what the
    program may take that reads workbooks, `max_text_bytes` what it may hand over.
    """

    max_rows: int = 2_000_000
    max_columns: int = 2_000
    max_cell_chars: int = 100_000
    max_cells: int = 100_000_000
    max_tables: int = 500
    max_line_bytes: int = 16 * 2**20
    max_json_bytes: int = 64 * 2**20
    max_archive_bytes: int = 2 * 2**30
    max_archive_ratio: int = 200
    max_archive_files: int = 10_000
    max_workbook_bytes: int = 2 * 2**30
    max_text_bytes: int = 512 * 2**20
    max_seconds: int = 1_800


class Unreadable(Exception):
    """A file that cannot be read, and what its owner can do about it.

    `code` is one of empty, binary, encrypted, damaged, unsupported, encoding, ragged, quotes, json,
    choice, too_large, too_many_rows, too_many_columns, too_many_cells, too_many_tables,
    cell_too_long, line_too_long.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def too_many_tables(limits: Limits) -> Unreadable:
    """The verdict on a file of too many lists or members."""
    return Unreadable(
        "too_many_tables",
        f"The file holds more than {limits.max_tables:,} tables (MAX_IMPORT_TABLES). Split it into "
        "several files.",
    )
