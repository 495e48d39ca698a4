"""Taking an inventory in, and reading it into tables."""

import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson
from celery import current_app
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from discovery.models import DataImport, ImportTable
from discovery.models.imports import table_path, upload_path
from discovery.storage import storing
from tenancy.scope import current

if TYPE_CHECKING:
    import polars as pl

    from discovery.readers.table import Limits, Table

PREVIEW_ROWS: Final = 20
PREVIEW_COLUMNS: Final = 200
PREVIEW_CHARS: Final = 200  # of a cell


@transaction.atomic
def receive_file(upload: "File[bytes]", file_name: str, source_type: str, by: User) -> DataImport:
    """Keeps an upload as it came and has a worker read it."""
    return _receive(upload, file_name, source_type, by)


@transaction.atomic
def receive_rows(rows: list[Any], file_name: str, source_type: str, by: User) -> DataImport:
    return _receive(ContentFile(orjson.dumps(rows)), file_name, source_type, by, len(rows))


def _receive(
    content: "File[bytes]", file_name: str, source_type: str, by: User, rows: int | None = None
) -> DataImport:
    data_import = DataImport(
        file_name=file_name,
        source_type=source_type,
        size_bytes=content.size,
        row_count=rows,
        created_by=by,
    )
    with ExitStack() as undo:
        # Also what was written of it when the disk was full.
        undo.callback(_discard, data_import)
        with storing():
            data_import.upload.save("upload", content, save=False)
        data_import.save(force_insert=True)
        undo.pop_all()
    nudge(data_import.pk)
    return data_import


def _discard(data_import: DataImport) -> None:
    with suppress(OSError):
        data_import.upload.storage.delete(upload_path(data_import, ""))


def nudge(data_import_id: UUID) -> None:
    """Tells the workers, once the transaction is committed, that there is an upload to read."""
    scope = current()
    arguments = [str(scope.client_account_id), str(scope.engagement_id), str(data_import_id)]
    unread = DataImport.objects.filter(pk=data_import_id)
    unread.update(nudged_at=Now(), nudges=F("nudges") + 1)
    transaction.on_commit(
        lambda: current_app.send_task("discovery.tasks.read_import", args=arguments), robust=True
    )


@transaction.atomic
def delete(data_import: DataImport) -> None:
    """Deletes the import with its files; the files go once the database agreed.

    Raises OperationalError at once while a worker reads it: the tables of a half-read import would
    be in the way, and a reader may take long.
    """
    data_import = DataImport.objects.select_for_update(nowait=True).get(pk=data_import.pk)
    files = [data_import.upload, *(table.parquet for table in data_import.tables.all())]
    data_import.delete()
    for stored in files:
        transaction.on_commit(_remover(stored.storage, stored.name))


def _remover(storage: Any, name: str | None) -> Any:
    return lambda: storage.delete(name) if name else None


@transaction.atomic
def read(data_import_id: UUID) -> DataImport:
    """Reads an import into its tables, once. Raises DataImport.DoesNotExist.

    The row stays locked meanwhile, so that a second reader waits and finds the work done.
    A file that cannot be read is not an error here: `status` and `error` say so.
    """
    locked = DataImport.objects.select_for_update(no_key=True)
    data_import: DataImport = locked.get(pk=data_import_id)
    if data_import.status == DataImport.Status.UPLOADED:
        from discovery.readers import Unreadable  # noqa: PLC0415 - the API process needs no Polars

        try:
            with transaction.atomic():
                _read_tables(data_import)
            data_import.status = DataImport.Status.READ
        except Unreadable as error:
            data_import.status = DataImport.Status.FAILED
            data_import.error_code, data_import.error = error.code, error.message
        data_import.save()
    return data_import


def _read_tables(data_import: DataImport) -> None:
    with tempfile.TemporaryDirectory(prefix="import-") as name:
        folder = Path(name)
        tables = _tables(data_import, folder)
        for position, table in enumerate(tables):
            _keep(data_import, position, table, folder / f"{position}.parquet")
        data_import.row_count = sum(table.row_count for table in tables)
        data_import.notes = [note for table in tables for note in table.notes]


def _tables(data_import: DataImport, folder: Path) -> "list[Table]":
    from discovery.readers import read_file  # noqa: PLC0415

    path = folder / "upload"
    with data_import.upload.open("rb") as stored, path.open("wb") as local:
        shutil.copyfileobj(stored, local)
    return read_file(path, data_import.file_name, limits=_limits())


def _limits() -> "Limits":
    from discovery.readers import Limits  # noqa: PLC0415

    return Limits(
        max_rows=settings.MAX_IMPORT_ROWS,
        max_columns=settings.MAX_IMPORT_COLUMNS,
        max_cells=settings.MAX_IMPORT_CELLS,
        max_tables=settings.MAX_IMPORT_TABLES,
        max_cell_chars=settings.MAX_CELL_CHARS,
        max_line_bytes=settings.MAX_LINE_MB * 2**20,
        max_json_bytes=settings.MAX_JSON_MB * 2**20,
        max_archive_bytes=settings.MAX_ARCHIVE_MB * 2**20,
        max_archive_ratio=settings.MAX_ARCHIVE_RATIO,
        max_archive_files=settings.MAX_ARCHIVE_FILES,
        max_workbook_bytes=settings.MAX_WORKBOOK_MB * 2**20,
        max_text_bytes=settings.MAX_UPLOAD_MB * 2**20,
        # Half of it, so that the verdict comes before the phase is ended.
        max_seconds=max(settings.CELERY_TASK_TIME_LIMIT // 2, 1),
    )


def _keep(data_import: DataImport, position: int, table: "Table", path: Path) -> None:
    table.rows.sink_parquet(path)
    kept = ImportTable(
        data_import=data_import,
        position=position,
        name=table.name[:255],
        columns=list(table.columns),
        row_count=table.row_count,
        header_row=table.header_row,
        encoding=table.encoding or "",
        delimiter=table.delimiter or "",
        preview=_preview(table.rows),
    )
    kept.parquet.storage.delete(table_path(kept, ""))  # an attempt that was cut short left one
    with path.open("rb") as stored:
        kept.parquet.save("table.parquet", File(stored), save=False)
    kept.save(force_insert=True)


def _preview(rows: "pl.LazyFrame") -> list[list[Any]]:
    """Cut: a cell may hold a whole document, and everybody who looks at the import gets these."""
    import polars as pl  # noqa: PLC0415 - the API process needs no Polars

    shown = rows.head(PREVIEW_ROWS).with_columns(pl.col(pl.String).str.slice(0, PREVIEW_CHARS))
    return [list(row[:PREVIEW_COLUMNS]) for row in shown.collect().rows()]
