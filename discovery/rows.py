"""The rows of a table as they were read, a page at a time: ADR 6."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final, Self

import orjson
from rest_framework.exceptions import ValidationError

from discovery.models import ImportTable
from discovery.programs import environment
from discovery.storage import RowsUnavailable

MOST_CHARS: Final = 200  # of a cell
MOST_CELLS: Final = 100_000  # of a page
_ROW: Final = "__row__"  # as the readers call it, which the API does not load
_PROGRAM: Final = Path(__file__).parent / "readers" / "page.py"
_SECONDS: Final = 30


class TableRows:
    """As much of a queryset as a page needs."""

    def __init__(self, table: ImportTable) -> None:
        self.table = table

    def order_by(self) -> Self:
        return self

    def count(self) -> int:
        return self.table.row_count

    def __getitem__(self, page: slice) -> list[dict[str, Any]]:
        start, count = page.start, page.stop - page.start
        most = MOST_CELLS // max(len(self.table.columns), 1)
        if count > most:
            raise ValidationError(
                {"page_size": f"At most {most:,} rows of so many columns make a page."}
            )
        return [_shown(orjson.loads(line)) for line in self._lines(start, count)]

    def _lines(self, start: int, count: int) -> list[bytes]:
        program = [sys.executable, "-I", str(_PROGRAM), str(start), str(count), str(MOST_CHARS)]
        try:
            with self.table.parquet.open("rb") as stored:
                done = subprocess.run(  # noqa: S603 - our own program
                    program,
                    stdin=stored,
                    stdout=subprocess.PIPE,
                    env=environment(POLARS_MAX_THREADS="1"),  # the page is small
                    timeout=_SECONDS,
                    check=True,
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise RowsUnavailable from error
        return done.stdout.splitlines()


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Its place, and what stands in it; blank cells are left out."""
    place = row.pop(_ROW)
    return {"row": place, "cells": {name: cell for name, cell in row.items() if cell is not None}}
