"""Delimited text, in any encoding and with any of the usual delimiters, as a lazy scan."""

from pathlib import Path
from typing import Final

import polars as pl

from .encoding import as_utf8
from .grid import Grid, Irregular, keys, to_table
from .layout import NO_DELIMITER, Layout, find_layout
from .repair import repaired
from .table import ROW, Limits, Table

HELD_BYTES: Final = 64 * 1024**2
HELD_CELLS: Final = 8_000_000
"""Files up to this size are parsed once and held (in some 300 MiB); larger ones are parsed once to
be checked and once more when their rows are written, so that memory stays bounded."""


def read_text(path: Path, name: str, limits: Limits) -> Table:
    """The table in a text file. May leave clean copies of the file beside it.

    Raises Unreadable, among others for rows that have values beyond the last column.
    """
    source, encoding = as_utf8(path)
    layout = find_layout(source)
    try:
        return to_table(_grid(layout, name, encoding, doubted=True), limits)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError, Irregular):
        # Polars refuses rows longer than the header and stray quotes, without saying where.
        return to_table(_grid(repaired(layout), name, encoding, doubted=False), limits)


def _grid(layout: Layout, name: str, encoding: str, *, doubted: bool) -> Grid:
    return Grid(
        name=name,
        place="The file",
        cells=_scan(layout),
        header=layout.header,
        header_row=layout.header_row,
        held=_is_small(layout),
        doubted=doubted,
        encoding=encoding,
        delimiter=None if layout.delimiter == NO_DELIMITER else layout.delimiter,
    )


def _is_small(layout: Layout) -> bool:
    size = layout.path.stat().st_size
    return size <= HELD_BYTES and size / layout.row_chars * len(layout.header) <= HELD_CELLS


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
