"""From a grid of raw cells to a table: blank padding goes, columns get names, limits are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from .header import column_names, is_nameless
from .table import ROW, Limits, Table, Unreadable


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows below a header: `cells` has `ROW` and String columns "0", "1", … for `header`.

    `place` is how a message names the source, `first_column` the 1-based place of column "0".
    `held` says that the cells lie in memory, or are few enough to be put there; else they are read
    from the file whenever they are needed. `doubted` says that a strict parser cut the cells, which
    takes `, "a, b"`, with its space, for two cells. `plain` says that no cell
    ends with white space, nor begins with any beyond ASCII; `longest` that none has more bytes.
    """

    name: str
    place: str
    cells: pl.LazyFrame
    header: Sequence[str]
    header_row: int
    held: bool
    doubted: bool = False
    plain: bool = False
    longest: int | None = None
    first_column: int = 1
    encoding: str | None = None
    delimiter: str | None = None


class Irregular(Exception):
    """Cells of a doubted grid begin with a quote: they were cut in the wrong places."""


def keys(width: int) -> list[str]:
    """The names that the columns of a grid of this width have."""
    return [str(index) for index in range(width)]


def to_table(grid: Grid, limits: Limits) -> Table:
    """The table in a grid. Raises Unreadable where it passes a limit, and Irregular."""
    _check_header(grid, limits)
    cells, trimmed = _trimmed(grid)
    facts = _Facts(cells, grid, trimmed)
    if grid.doubted and facts.quoted:
        raise Irregular
    _check(grid, cells, facts, limits)
    names = column_names(grid.header, grid.first_column)
    columns = {key: names[int(key)] for key in facts.kept}
    filled_rows = cells.filter(_has_value(facts.kept)) if facts.blank_rows else cells
    return Table(
        name=grid.name,
        rows=filled_rows.select(ROW, *columns).rename(columns),
        columns=tuple(columns.values()),
        row_count=facts.rows,
        header_row=grid.header_row,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
    )


def _trimmed(grid: Grid) -> tuple[pl.LazyFrame, list[str]]:
    """The cells without outer white space, null where nothing is left; and the columns trimmed."""
    columns = keys(len(grid.header))
    if not grid.held:
        return grid.cells.with_columns(map(_stripped, columns)), columns
    cells = grid.cells.collect().lazy()
    untidy = _untidy(cells, columns, plain=grid.plain)
    return cells.with_columns(map(_stripped, untidy)).collect().lazy(), untidy


def _stripped(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text).alias(column)


def _untidy(cells: pl.LazyFrame, columns: Sequence[str], *, plain: bool) -> list[str]:
    """The columns with a cell that may need trimming, or that begins with a quote.

    Looking at the outer bytes takes half the time of trimming everything. All that is neither white
    space nor a quote in ASCII lies above "#"; beyond ASCII any character may be white space.
    """
    text = pl.col(columns)
    odd = text < "#"
    if not plain:
        last_byte = text.cast(pl.Binary).bin.get(-1, null_on_oob=True)
        odd |= (text > "~") | ~last_byte.is_between(ord("!"), ord("~"))
    found = cells.select(odd.any()).collect().row(0, named=True)
    return [column for column in columns if found[column]]


def _has_value(columns: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(columns).is_not_null()) if columns else pl.lit(value=False)


class _Facts:
    """What one pass over the cells tells: how many rows there are and which columns are in use."""

    def __init__(self, cells: pl.LazyFrame, grid: Grid, trimmed: Sequence[str]) -> None:
        columns = keys(len(grid.header))
        nameless = [
            key for key, cell in zip(columns, grid.header, strict=True) if is_nameless(cell)
        ]
        quotes = pl.col(trimmed).str.starts_with('"').any()
        facts = (
            cells.select(
                pl.len().alias("all"),
                _has_value(columns).sum().alias("rows"),
                _longest(grid, columns).alias("longest"),
                pl.any_horizontal(quotes if trimmed else pl.lit(value=False)).alias("quoted"),
                *(pl.col(key).is_not_null().any() for key in nameless),
            )
            .collect(engine="streaming")
            .row(0, named=True)
        )
        self.rows: int = facts["rows"]
        self.blank_rows: int = facts["all"] - self.rows
        self.quoted: bool = facts["quoted"]
        self.longest_bytes: int = facts["longest"] or 0
        self.kept = [key for key in columns if facts.get(key, True)]


def _longest(grid: Grid, columns: Sequence[str]) -> pl.Expr:
    if grid.longest is not None:
        return pl.lit(grid.longest)
    return pl.max_horizontal(pl.col(columns).str.len_bytes().max())


def _check(grid: Grid, cells: pl.LazyFrame, facts: _Facts, limits: Limits) -> None:
    if len(facts.kept) > limits.max_columns:
        raise too_many_columns(grid.place, len(facts.kept), limits)
    check_size(grid.place, facts.rows, len(facts.kept), limits)
    # A text has at least as many bytes as characters: most files need no second look.
    if facts.longest_bytes > limits.max_cell_chars:
        _check_lengths(grid, cells, limits.max_cell_chars)


def _check_header(grid: Grid, limits: Limits) -> None:
    """Columns that have a name are too many whatever the rows below them hold."""
    named = sum(1 for cell in grid.header if not is_nameless(cell))
    if named > limits.max_columns:
        raise too_many_columns(grid.place, named, limits)


def check_size(place: str, rows: int, columns: int, limits: Limits) -> None:
    """Raises Unreadable for a table that is too long, or takes too much memory in all."""
    if rows > limits.max_rows:
        raise Unreadable(
            "too_many_rows",
            f"{place} has more than {limits.max_rows:,} rows (MAX_IMPORT_ROWS). Split it into "
            "several files.",
        )
    if rows * columns > limits.max_cells:
        raise Unreadable(
            "too_many_cells",
            f"{place} has {rows:,} rows and {columns:,} columns, which is more than "
            f"{limits.max_cells:,} cells (MAX_IMPORT_CELLS). Split it into several files, or "
            "delete columns that do not belong to the inventory.",
        )


def too_many_columns(place: str, number: int, limits: Limits) -> Unreadable:
    """The verdict on a table that is too wide."""
    return Unreadable(
        "too_many_columns",
        f"{place} has {number:,} columns; at most {limits.max_columns:,} can be read "
        "(MAX_IMPORT_COLUMNS). Delete those that do not belong to the inventory.",
    )


def _check_lengths(grid: Grid, cells: pl.LazyFrame, most: int) -> None:
    too_long = pl.any_horizontal(pl.col(keys(len(grid.header))).str.len_chars() > most)
    found = cells.filter(too_long).select(ROW).head(1).collect(engine="streaming")
    if found.height:
        raise Unreadable(
            "cell_too_long",
            f"{grid.place} has a cell of more than {most:,} characters in row {found.item():,} "
            "(MAX_CELL_CHARS). Shorten it.",
        )
