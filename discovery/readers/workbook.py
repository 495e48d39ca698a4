"""The sheets of a workbook, XLSX or XLS, read with calamine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import polars as pl
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
)

from .archive import damaged
from .grid import Grid, keys, to_table
from .header import SAMPLE_ROWS, find_header
from .signature import empty
from .table import ROW, Limits, Table

NumberedRow = tuple[int, list[Any]]

BATCH_ROWS: Final = 2_000
"""Cells are Python objects only this long, so that memory stays with calamine and Polars."""

SHOWN_DIGITS: Final = 15
"""As many significant digits as Excel keeps and shows: 0.1 + 0.2 is 0.3 there."""


def read_workbook(path: Path, limits: Limits) -> list[Table]:
    """A table for each sheet with a value, hidden ones too, in order. Charts are passed over.

    Cells are given as people see them, as far as the file tells: 8.0 as "8", dates as ISO 8601,
    a formula as its last result, an error as blank; a percentage stays the fraction that it is.
    Raises Unreadable for a damaged or wholly empty workbook.
    """
    # From a path, calamine would believe the extension.
    with (
        _calamine_verdicts(),
        path.open("rb") as file,
        CalamineWorkbook.from_filelike(file) as book,
    ):
        tables = [to_table(grid, limits) for grid in map(_grid, _sheets(book)) if grid]
    if not tables:
        raise empty()
    return tables


@contextmanager
def _calamine_verdicts() -> Iterator[None]:
    try:
        yield
    except CalamineError as error:
        raise damaged() from error
    except BaseException as error:
        # A panic in Rust comes as a BaseException whose class cannot be imported.
        if type(error).__name__ == "PanicException":
            raise damaged() from error
        raise


def _sheets(book: CalamineWorkbook) -> Iterator[CalamineSheet]:
    for index, sheet in enumerate(book.sheets_metadata):
        if sheet.typ == SheetTypeEnum.WorkSheet:
            yield book.get_sheet_by_index(index)


def _grid(sheet: CalamineSheet) -> Grid | None:
    """The cells below the header of a sheet, or None if it has no value."""
    rows = _filled_rows(sheet)
    sample = list(islice(rows, SAMPLE_ROWS))
    index = find_header([_texts(row) for _, row in sample])
    if index is None or sheet.start is None:
        return None
    header_row, header = sample[index]
    return Grid(
        name=sheet.name,
        place=f"Sheet “{sheet.name}”",
        cells=_cells(chain(sample[index + 1 :], rows), len(header)),
        header=_texts(header),
        header_row=header_row,
        held=True,
        first_column=sheet.start[1] + 1,
    )


def _filled_rows(sheet: CalamineSheet) -> Iterator[NumberedRow]:
    """The rows of a sheet with their 1-based numbers, without those that have no cell in use."""
    blank = [""] * sheet.width
    return ((number, row) for number, row in enumerate(sheet.iter_rows(), start=1) if row != blank)


def _cells(rows: Iterator[NumberedRow], width: int) -> pl.LazyFrame:
    batches = iter(lambda: list(islice(rows, BATCH_ROWS)), [])
    nothing = pl.DataFrame(schema={ROW: pl.Int64, **dict.fromkeys(keys(width), pl.String)})
    cells = pl.concat([nothing, *map(_frame, batches)])
    # XML cannot hold a NUL, but Excel's escape _x0000_ can.
    return cells.lazy().with_columns(pl.col(keys(width)).str.replace_all("\x00", "", literal=True))


def _frame(batch: Sequence[NumberedRow]) -> pl.DataFrame:
    numbers, rows = zip(*batch, strict=True)
    columns = [pl.Series(ROW, numbers, dtype=pl.Int64)]
    for index, cells in enumerate(zip(*rows, strict=True)):
        columns.append(pl.Series(str(index), _texts(cells), dtype=pl.String))
    return pl.DataFrame(columns)


def _texts(cells: Sequence[Any]) -> Sequence[str]:
    if set(map(type, cells)) <= {str}:
        return cells
    return [TEXT[type(cell)](cell) for cell in cells]


def _number(value: float) -> str:
    is_whole = value.is_integer() and abs(value) < 10**SHOWN_DIGITS
    return str(int(value)) if is_whole else f"{value:.{SHOWN_DIGITS}g}"


def _moment(value: datetime | time) -> str:
    return value.isoformat(timespec="seconds")


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


TEXT: Final[dict[type, Callable[[Any], str]]] = {
    str: str,
    float: _number,
    int: str,
    bool: lambda value: "true" if value else "false",
    date: date.isoformat,
    datetime: _moment,
    time: _moment,
    timedelta: _duration,
}
"""How a cell of each type that calamine knows is written out."""
