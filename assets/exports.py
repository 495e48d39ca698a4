"""Assets and dependencies as CSV and XLSX: harmless in a spreadsheet, readable by the importer."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import IO, Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.http import FileResponse
from rest_framework.exceptions import Throttled, ValidationError
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from assets.fields import FIELDS
from tenancy.scope import current_client_account_id

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_AT_ONCE: Final = 2_000
_AT_ONCE: Final = 2  # exports of one client account
_WAIT: Final = 10  # seconds
_HELD_BYTES: Final = 2**20  # a larger file goes to the disk
_EXACT: Final = 10**15  # a spreadsheet keeps 15 digits of a number
_LONGEST: Final = 32_767  # what a cell of a sheet holds, in units of UTF-16
_CUT: Final = " … [cut here: the CSV export holds the whole text]"
# What a spreadsheet takes for the start of a formula, also behind white space and quotes. On the
# way back discovery/cleaning/texts.py takes the apostrophe off.
_FORMULA: Final = re.compile(r"""[\s'"]*[=+\-@＝＋－＠]|[\t\r\n]""")  # noqa: RUF001

Number = int | float | Decimal
Cell = str | Number | None


@dataclass(frozen=True, slots=True)
class Column:
    """`source`: the field, path or expression that a queryset reads it from."""

    name: str
    source: str | Combinable


ASSET_COLUMNS: Final = (
    *(Column(field.name, field.name) for field in FIELDS),
    Column("attributes", Cast("attributes", TextField())),
)
DEPENDENCY_COLUMNS: Final = (
    Column("source_asset", "source_asset__name"),
    Column("target_asset", "target_asset__name"),
    *(Column(name, name) for name in ("dependency_type", "origin", "confidence", "evidence")),
)


def take_turn() -> None:
    """Until the transaction ends. Raises Throttled.

    An export holds a web thread and a processor for seconds, and there are few of either.
    """
    account = str(current_client_account_id())
    with connection.cursor() as cursor:
        for place in range(_AT_ONCE):
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))", [account, place]
            )
            if cursor.fetchone() == (True,):
                return
    raise Throttled(_WAIT)


def export(
    rows: QuerySet[Any, Any], columns: Sequence[Column], name: str, file_format: str
) -> FileResponse:
    """All `rows` as a file to download.

    It is finished before the answer begins: the tenant's scope and the transaction end with the
    view, and an error half way is an error and not a short file.
    """
    count = rows.order_by().count()
    if count > settings.MAX_EXPORT_ROWS:
        raise ValidationError(
            f"The export would have {count:,} rows; at most {settings.MAX_EXPORT_ROWS:,} are "
            "allowed (MAX_EXPORT_ROWS). Narrow it with filters."
        )
    kind = FILE_KINDS[file_format]
    # The answer closes it.
    file = SpooledTemporaryFile(max_size=_HELD_BYTES)  # noqa: SIM115
    kind.write(file, [column.name for column in columns], _cells(rows, columns))
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}.{file_format}",
        content_type=kind.media_type,
    )


def _cells(rows: QuerySet[Any, Any], columns: Sequence[Column]) -> Iterator[list[Cell]]:
    sources = [column.source for column in columns]
    for row in rows.values_list(*sources).iterator(_ROWS_AT_ONCE):
        yield [_cell(value) for value in row]


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, (str, int, float, Decimal)):
        return value
    if isinstance(value, list):
        return _joined(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _joined(items: list[Any]) -> str:
    """`a; b`. A single item with a comma ends in `;`, or the importer would take it for two."""
    text = "; ".join(map(str, items))
    return f"{text};" if "," in text and len(items) == 1 else text


def _write_csv(file: IO[bytes], header: list[str], rows: Iterable[list[Cell]]) -> None:
    """With a byte order mark, without which Excel does not read UTF-8."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_guarded(cell) if isinstance(cell, str) else cell for cell in row])
    text.detach()


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _write_xlsx(file: IO[bytes], header: list[str], rows: Iterable[list[Cell]]) -> None:
    """One row in memory at a time, and nothing to guess: a text is written as a text."""
    with Workbook(file, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Export")
        # What a typed apostrophe does: the text stays a text when somebody edits the cell.
        as_text = workbook.add_format({"quote_prefix": True})
        sheet.write_row(0, 0, header)
        for place, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                _write_cell(sheet, (place, column), cell, as_text)


def _write_cell(sheet: Worksheet, place: tuple[int, int], cell: Cell, as_text: Format) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        sheet.write_string(*place, _cut(cell), as_text if _FORMULA.match(cell) else None)
    elif abs(number := float(cell)) < _EXACT:
        sheet.write_number(*place, number)
    else:  # also infinity and NaN
        sheet.write_string(*place, str(cell))


def _cut(text: str) -> str:
    """What fits a cell. Only characters outside Unicode's first plane count twice there."""
    if len(text) <= _LONGEST // 2 or len(text.encode("utf-16-le")) <= 2 * _LONGEST:
        return text
    kept = text.encode("utf-16-le")[: 2 * (_LONGEST - len(_CUT))]
    return kept.decode("utf-16-le", errors="ignore") + _CUT


@dataclass(frozen=True, slots=True)
class FileKind:
    media_type: str
    write: Callable[[IO[bytes], list[str], Iterable[list[Cell]]], None]


FILE_KINDS: Final = MappingProxyType(
    {
        "csv": FileKind(CSV, _write_csv),
        "xlsx": FileKind(XLSX, _write_xlsx),
    }
)
