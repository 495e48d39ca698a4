"""A program: writes the cells of a workbook, as text, to its standard output.

`python -I sheets.py PATH BYTES SECONDS SHEET`, where SHEET is `ascii()` of the name of the only
sheet to read, or of None. calamine aborts its process where it asks for more memory
than there is, and a workbook of 5 kB can make it ask for terabytes. So it runs in a process of its
own, within limits of memory and processor time. It knows nothing of this project, which would take
longer to import than most workbooks take to read.

Each frame is its length, then a value in marshal: first the names of all sheets, then, again and
again, (index of the sheet, name, first column), (row numbers, columns). A column is the text of its
cells with SEPARATOR between them, which is much faster to hand over than one object a cell.
"""

import gc
import marshal
import os
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetMetadata,
    SheetTypeEnum,
)

FAULT: Final = 1  # Python's own code for an exception that nobody expected
DAMAGED: Final = 3
OUT_OF_MEMORY: Final = 4
LENGTH_BYTES: Final = 8

SEPARATOR: Final = "\x1f"
"""It stands in no cell: XML cannot hold it, and Excel's escape _x001F_ for it is dropped."""

SAMPLE_ROWS: Final = 100
"""The rows of a sheet's first frame: the reader looks for the header in them."""

BATCH_ROWS: Final = 2_000
"""Cells are Python objects only this long, so that memory stays with calamine."""

SHOWN_DIGITS: Final = 15
"""As many significant digits as Excel keeps and shows: 0.1 + 0.2 is 0.3 there."""


_DROPPED: Final = dict.fromkeys(map(ord, ("\x00", SEPARATOR)))


def main(path: str, most_bytes: int, most_seconds: int, wanted: str) -> int:
    with suppress(ValueError, OSError):  # macOS knows no limit of memory
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds))
    gc.disable()  # nothing here makes cycles, and looking for them takes a fifth of the time
    try:
        _write(Path(path), wanted)
    except MemoryError:
        return OUT_OF_MEMORY
    except BrokenPipeError:  # the reader has seen enough
        return 0
    except CalamineError:
        return DAMAGED
    except BaseException as error:
        # A panic in Rust comes as a BaseException whose class cannot be imported.
        if type(error).__name__ == "PanicException":
            return DAMAGED
        raise
    return 0


def _write(path: Path, wanted: str) -> None:
    # From a path, calamine would believe the extension.
    with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        found = [sheet for sheet in enumerate(book.sheets_metadata) if _holds_cells(sheet[1])]
        _send([sheet.name for _, sheet in found])
        for index, name in ((index, sheet.name) for index, sheet in found):
            if wanted in (ascii(None), ascii(name)):
                _write_sheet(index, book.get_sheet_by_index(index))
    sys.stdout.buffer.flush()


def _holds_cells(sheet: SheetMetadata) -> bool:
    """Not a chart, nor a dialogue."""
    return sheet.typ == SheetTypeEnum.WorkSheet


def _write_sheet(index: int, sheet: CalamineSheet) -> None:
    first_column = sheet.start[1] + 1 if sheet.start else 1
    for batch in _batches(sheet):
        _send(((index, sheet.name, first_column), batch))


def _send(value: Any) -> None:
    frame = marshal.dumps(value)
    sys.stdout.buffer.write(len(frame).to_bytes(LENGTH_BYTES, "big"))
    sys.stdout.buffer.write(frame)


def _batches(sheet: CalamineSheet) -> Iterator[tuple[list[int], list[str]]]:
    """The rows that have a cell in use: their 1-based numbers, and their cells by column."""
    blank = [""] * sheet.width
    rows = ((number, row) for number, row in enumerate(sheet.iter_rows(), start=1) if row != blank)
    size = SAMPLE_ROWS
    while batch := list(islice(rows, size)):
        numbers, lines = zip(*batch, strict=True)
        yield list(numbers), [_joined(cells) for cells in zip(*lines, strict=True)]
        size = BATCH_ROWS


def _joined(cells: Sequence[Any]) -> str:
    texts = _texts(cells)
    joined = SEPARATOR.join(texts)
    if "\x00" in joined or joined.count(SEPARATOR) != len(texts) - 1:
        return SEPARATOR.join(text.translate(_DROPPED) for text in texts)
    return joined


def _texts(cells: Sequence[Any]) -> Sequence[str]:
    if set(map(type, cells)) <= {str}:
        return cells
    return [TEXT[type(cell)](cell) for cell in cells]


def _number(value: float) -> str:
    return f"{value + 0.0:.{SHOWN_DIGITS}g}"  # 8.0 as "8", and -0.0 as "0"


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

if __name__ == "__main__":
    code = main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    # Not sys.exit(): it would take time to give back memory that ends with the process.
    os._exit(code)
