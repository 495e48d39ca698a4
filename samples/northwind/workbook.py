"""What a tab of the workbook is, and how the workbook is written the same on every machine.

A column carries its own truth: the canonical field a reader should map it to, and the unit of its
figures. `expected.json` takes it from here, so the file and the truth about it have one source.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

Cell = str | int | float | datetime | None

CREATED: Final = datetime.fromisoformat("2026-11-16T07:42:00")


@dataclass(frozen=True)
class Column:
    """A header, the cell of a row (or the cell of every row), and what the header means.

    `target` is a canonical field or None; `also` are further targets that a reviewer would accept,
    where None means that leaving the column unmapped is fine too.
    """

    header: str
    value: Callable[[Any], Cell] | Cell
    target: str | None = None
    unit: str | None = None
    also: tuple[str | None, ...] = ()

    def cell(self, row: Any) -> Cell:
        return self.value(row) if callable(self.value) else self.value


@dataclass(frozen=True)
class Tab:
    """A sheet: one row for each of `rows`. `grain` says what a row is; None is no inventory."""

    name: str
    grain: str | None
    rows: Sequence[Any]
    columns: tuple[Column, ...]


def settings(values: dict[str, Cell]) -> tuple[Column, ...]:
    """Columns that hold the same in every row and mean no canonical field."""
    return tuple(Column(header, value) for header, value in values.items())


def flag(truth: bool) -> str:
    """RVTools writes booleans as text."""
    return "True" if truth else "False"


def write_workbook(path: Path, tabs: Iterable[Tab]) -> None:
    """Writes the tabs. In memory, because the zip then has no file times of this machine."""
    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"author": "RVTools", "created": CREATED})
        header = book.add_format({"bold": True, "bg_color": "#D9E2F3", "bottom": 1})
        moment = book.add_format({"num_format": "yyyy/mm/dd hh:mm:ss"})
        for tab in tabs:
            _write_tab(book.add_worksheet(tab.name), tab, header, moment)


def _write_tab(sheet: Any, tab: Tab, header: Any, moment: Any) -> None:
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(tab.rows), len(tab.columns) - 1)
    for position, column in enumerate(tab.columns):
        sheet.set_column(position, position, min(40, len(column.header) + 5))
        sheet.write_string(0, position, column.header, header)
        for number, row in enumerate(tab.rows, start=1):
            _write_cell(sheet, number, position, column.cell(row), moment)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, moment: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell, moment)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    else:
        sheet.write_number(row, column, cell)
