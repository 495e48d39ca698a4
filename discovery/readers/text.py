"""Delimited text, in any encoding and with any of the usual delimiters, as a lazy scan."""

from pathlib import Path
from typing import Final

import polars as pl

from .choices import Choices
from .encoding import CHUNK, as_utf8
from .grid import Grid, Irregular, keys, to_table
from .layout import NO_DELIMITER, Layout, find_layout, too_long_a_header
from .repair import repaired
from .table import ROW, Limits, Table, Unreadable

HELD_BYTES: Final = 64 * 1024**2
HELD_CELLS: Final = 8_000_000
"""Files up to this size are parsed once and held (in some 300 MiB); larger ones are parsed once to
be checked and once more when their rows are written, so that memory stays bounded."""


def read_text(path: Path, name: str, limits: Limits, choices: Choices) -> Table:
    """The table in a text file. May leave clean copies of the file beside it.

    Raises Unreadable, among others for rows that have values beyond the last column.
    """
    source, encoding = as_utf8(path, choices.encoding)
    lines = _line_count(source, limits)
    layout = find_layout(source, choices)
    cells = lines * len(layout.header)
    if cells > limits.max_cells:
        raise _too_many_cells(len(layout.header), limits)
    held = cells <= HELD_CELLS and source.stat().st_size <= HELD_BYTES
    try:
        return to_table(_grid(layout, name, encoding, held=held, doubted=True), limits)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError, Irregular):
        # Polars refuses rows longer than the header and stray quotes, without saying where.
        clean = repaired(layout)
        return to_table(_grid(clean, name, encoding, held=held, doubted=False), limits)


def _line_count(path: Path, limits: Limits) -> int:
    """How many lines there are, each of them within the limit.

    Polars and Python's own parser take some hundred times the memory of a line that is all
    delimiters.
    """
    count = length = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            ends = chunk.count(b"\n")
            length += chunk.find(b"\n") if ends else len(chunk)
            if length > limits.max_line_bytes:
                raise _too_long(count + 1, limits)
            length = len(chunk) - chunk.rfind(b"\n") - 1 if ends else length
            count += ends
    return count + 1


def _too_long(line: int, limits: Limits) -> Unreadable:
    if line == 1:
        return too_long_a_header()
    return Unreadable(
        "line_too_long",
        f"Line {line:,} is longer than {limits.max_line_bytes // 2**20:,} MB (MAX_LINE_MB). Put "
        "each machine on a line of its own, and shorten long cells.",
    )


def _too_many_cells(columns: int, limits: Limits) -> Unreadable:
    return Unreadable(
        "too_many_cells",
        f"The file has more than {limits.max_cells // columns:,} lines of {columns:,} columns, "
        f"which makes more than {limits.max_cells:,} cells (MAX_IMPORT_CELLS). Split it into "
        "several files, or delete columns that do not belong to the inventory.",
    )


def _grid(layout: Layout, name: str, encoding: str, *, held: bool, doubted: bool) -> Grid:
    return Grid(
        name=name,
        place="The file",
        cells=_scan(layout),
        header=layout.header,
        header_row=layout.header_row,
        held=held,
        doubted=doubted,
        encoding=encoding,
        delimiter=None if layout.delimiter == NO_DELIMITER else layout.delimiter,
    )


def _scan(layout: Layout) -> pl.LazyFrame:
    scan = pl.scan_csv(
        layout.path,
        has_header=False,
        separator=layout.delimiter,
        skip_lines=layout.skipped_lines,
        schema=dict.fromkeys(keys(len(layout.header)), pl.String()),
        null_values="",
        missing_columns="insert",
        row_index_name=ROW,
        row_index_offset=layout.header_row + 1,
        glob=False,
    )
    return scan.with_columns(pl.col(ROW).cast(pl.Int64))
