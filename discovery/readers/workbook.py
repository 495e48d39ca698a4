"""The sheets of a workbook, XLSX or XLS, from the program that reads them with calamine."""

import marshal
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Final

import polars as pl

from discovery.programs import environment

from . import sheets
from .archive import check_workbook, damaged
from .choices import Choices, no_such_row, no_such_sheet
from .grid import Grid, check_size, keys, to_table
from .header import header_at, header_index
from .signature import empty
from .table import ROW, Limits, Table, Unreadable

Sheet = tuple[int, str, int]
Batch = tuple[Sequence[int], Sequence[str]]
Frame = tuple[Sheet, Batch]

_BROKEN: Final = (sheets.DAMAGED, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL)


def read_workbook(path: Path, limits: Limits, choices: Choices, *, is_archive: bool) -> list[Table]:
    """A table for each sheet with a value, hidden ones too, in order, or for the chosen one alone.
    Charts are passed over.

    Cells are given as people see them, as far as the file tells: 8.0 as "8", dates as ISO 8601,
    a formula as its last result, an error as blank; a percentage stays the fraction that it is.
    Raises Unreadable for a workbook that is damaged, wholly empty, or beyond a limit.
    """
    with _frames(path, limits, choices.sheet) as frames:
        if is_archive:
            # Beside the program, which keeps within its own limits until it is found harmless.
            check_workbook(path, limits)
        names = next(frames, ())
        grids = (
            _grid(sheet, map(itemgetter(1), found), limits, choices.header_row)
            for sheet, found in groupby(frames, key=itemgetter(0))
        )
        tables = [to_table(grid, limits) for grid in grids if grid]
    if not tables:
        raise _nothing(choices.sheet, names)
    return tables


def _nothing(sheet: str | None, names: Sequence[str]) -> Unreadable:
    if sheet is None:
        return empty()
    return no_such_sheet(sheet, [name for name in names if name != sheet])


@contextmanager
def _frames(path: Path, limits: Limits, sheet: str | None) -> Iterator[Iterator[Any]]:
    """What the program sends: the names of the sheets, then each Frame."""
    arguments = [str(path), str(limits.max_workbook_bytes), str(limits.max_seconds), ascii(sheet)]
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", sheets.__file__, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment(RUST_BACKTRACE="0"),  # one line in the log says enough
    ) as program:
        try:
            yield _read(program, limits)
        finally:
            program.kill()


def _read(program: "subprocess.Popen[bytes]", limits: Limits) -> Iterator[Any]:
    pipe: IO[bytes] = program.stdout  # type: ignore[assignment]
    total = 0
    while head := pipe.read(sheets.LENGTH_BYTES):
        size = int.from_bytes(head, "big")
        total += size
        if total > limits.max_text_bytes:
            raise _too_much_text(limits)
        frame = pipe.read(size)
        if len(frame) < size:
            break
        yield marshal.loads(frame)  # noqa: S302 - written by our own program
    if code := program.wait():
        raise _verdict(code, limits)


def _too_much_text(limits: Limits) -> Unreadable:
    return Unreadable(
        "too_large",
        f"The cells of the workbook hold more than {limits.max_text_bytes // 2**20:,} MB of text "
        "(MAX_UPLOAD_MB). Split it into several files.",
    )


def _verdict(code: int, limits: Limits) -> Unreadable:
    """What the end of the program says about the workbook."""
    if code == sheets.FAULT:
        raise RuntimeError(f"{sheets.__name__} failed: the log holds its traceback.")
    if code in _BROKEN:
        return damaged()
    remedy = "Delete cells far outside the table, or export the sheets as CSV."
    if code == -signal.SIGXCPU:
        return Unreadable(
            "too_large",
            f"Reading the workbook takes more than {limits.max_seconds:,} seconds, which is half "
            f"of PHASE_TIME_LIMIT. {remedy}",
        )
    return Unreadable(
        "too_large",
        f"Reading the workbook takes more than {limits.max_workbook_bytes // 2**20:,} MB of memory "
        f"(MAX_WORKBOOK_MB). {remedy}",
    )


def _grid(
    sheet: Sheet, batches: Iterator[Batch], limits: Limits, header_row: int | None
) -> Grid | None:
    """The cells below the header of a sheet, or None if it has no value."""
    _, name, first_column = sheet
    place = f"Sheet “{name}”"
    numbers, columns = _from_row(header_row, place, batches) if header_row else next(batches)
    sample = list(zip(*(column.split(sheets.SEPARATOR) for column in columns), strict=True))
    index = numbers.index(header_row) if header_row else header_index(sample)
    if index is None:
        return None
    header = header_at(sample, index, is_chosen=bool(header_row))
    below = _frame((numbers, columns))[header.last + 1 :]
    return Grid(
        name=name,
        place=place,
        cells=_cells(place, chain([below], map(_frame, batches)), limits).lazy(),
        header=header.cells,
        header_row=numbers[header.row],
        held=True,
        first_column=first_column,
    )


def _from_row(row: int, place: str, batches: Iterator[Batch]) -> Batch:
    """The batch that holds the row which a person chose as the header."""
    last = 0
    for batch in batches:
        if row in batch[0]:
            return batch
        last = batch[0][-1]
    raise no_such_row(place, row, last)


def _cells(place: str, batches: Iterator[pl.DataFrame], limits: Limits) -> pl.DataFrame:
    """Refuses a sheet that is too long at its first row too many, not at its last."""
    frames = []
    rows = 0
    for frame in batches:
        frames.append(frame)
        rows += frame.height
        check_size(place, rows, frame.width - 1, limits)
    return pl.concat(frames)


def _frame(batch: Batch) -> pl.DataFrame:
    numbers, columns = batch
    joined = pl.DataFrame([columns], schema=keys(len(columns)), orient="row")
    cells = joined.select(pl.all().str.split(sheets.SEPARATOR).explode())
    return cells.insert_column(0, pl.Series(ROW, numbers, dtype=pl.Int64))
