"""Delimited text, in any encoding and with any of the usual delimiters, as a lazy scan."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from .choices import Choices
from .encoding import Text, as_utf8, text_of
from .grid import Grid, Irregular, keys, to_table
from .layout import DELIMITERS, NO_DELIMITER, Layout, find_layout
from .lines import Lines
from .repair import repaired
from .table import ROW, Limits, Table, Unreadable

HELD_CELLS: Final = 8_000_000
"""Held files up to this size are parsed once (into some 300 MiB); others are parsed once to be
checked and once more when their rows are written, so that memory stays bounded."""


def read_text(path: Path, name: str, limits: Limits, choices: Choices) -> Table:
    """The table in a text file. May leave clean copies of the file beside it.

    Raises Unreadable, among others for rows that have values beyond the last column.
    """
    text = as_utf8(path, limits, choices.encoding)
    layout = find_layout(text.path, choices)
    try:
        return to_table(_grid(name, text, layout, limits), limits)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError, Irregular):
        # Polars refuses rows longer than the header and stray quotes, without saying where.
        clean = repaired(layout)
        copy = text_of(clean.path, text.encoding, limits)
        return to_table(replace(_grid(name, copy, clean, limits), doubted=False), limits)


def _grid(name: str, text: Text, layout: Layout, limits: Limits) -> Grid:
    cells = text.lines.number * len(layout.header)
    if cells > limits.max_cells:
        raise _too_many_cells(len(layout.header), limits)
    grid = Grid(
        name=name,
        place="The file",
        cells=_scan(text.source, layout),
        header=layout.header,
        header_row=layout.header_row,
        held=cells <= HELD_CELLS and isinstance(text.source, bytes),
        doubted=True,
        encoding=text.encoding,
        delimiter=None if layout.delimiter == NO_DELIMITER else layout.delimiter,
    )
    return _parsed(grid, text.lines, layout) if grid.held else grid


def _parsed(grid: Grid, lines: Lines, layout: Layout) -> Grid:
    """The grid with its cells parsed, and what its lines tell of them."""
    frame = grid.cells.collect()
    cells = replace(grid, cells=frame.lazy())
    if frame.height + layout.skipped_lines != lines.number:
        return cells  # some cell has several lines
    is_usual = layout.delimiter in (NO_DELIMITER, *DELIMITERS)
    return replace(cells, plain=lines.plain and is_usual, longest=lines.longest)


def _too_many_cells(columns: int, limits: Limits) -> Unreadable:
    return Unreadable(
        "too_many_cells",
        f"The file has more than {limits.max_cells // columns:,} lines of {columns:,} columns, "
        f"which makes more than {limits.max_cells:,} cells (MAX_IMPORT_CELLS). Split it into "
        "several files, or delete columns that do not belong to the inventory.",
    )


def _scan(source: Path | bytes, layout: Layout) -> pl.LazyFrame:
    scan = pl.scan_csv(
        source,
        has_header=False,
        separator=layout.delimiter,
        skip_lines=layout.skipped_lines,
        schema=dict.fromkeys(keys(len(layout.header)), pl.String()),
        # Polars takes two quotes for an empty text; telling it otherwise takes time for each cell.
        null_values="" if layout.has_quoted_blanks else None,
        missing_columns="insert",
        row_index_name=ROW,
        row_index_offset=layout.first_row,
        glob=False,
    )
    return scan.with_columns(pl.col(ROW).cast(pl.Int64))
