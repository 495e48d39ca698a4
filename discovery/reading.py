"""An upload read into its tables, as people decided or as the file shows. For workers."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import polars as pl
from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models.functions import Now

from discovery import choices
from discovery.imports import remover
from discovery.mapping import known_format, tell_grain
from discovery.models import DataImport, ImportTable
from discovery.models.imports import table_path
from discovery.readers import Choices, Limits, Table, Unreadable, read_file

# The values of so many rows tell what a column holds; more of them only take longer.
SAMPLE_ROWS: Final = 2_000
PREVIEW_ROWS: Final = 20
PREVIEW_COLUMNS: Final = 200
PREVIEW_CHARS: Final = 200  # of a cell


@transaction.atomic
def read(data_import_id: UUID) -> DataImport:
    """Reads an import into its tables, once. Raises DataImport.DoesNotExist.

    The row stays locked meanwhile, so that a second reader waits and finds the work done.
    A file that cannot be read is not an error here: `status` and `error` say so, and the tables of
    an earlier reading stay.
    """
    locked = DataImport.objects.select_for_update(no_key=True)
    data_import: DataImport = locked.get(pk=data_import_id)
    if data_import.status == DataImport.Status.UPLOADED:
        try:
            with transaction.atomic():
                data_import.row_count = _read_tables(data_import)
            data_import.status = DataImport.Status.READ
            data_import.read_at = Now()
        except Unreadable as error:
            data_import.status = DataImport.Status.FAILED
            data_import.error_code, data_import.error = error.code, error.message
        data_import.save()
        data_import.refresh_from_db(fields=["read_at"])
    return data_import


def _read_tables(data_import: DataImport) -> int:
    places = dict(data_import.tables.values_list("pk", "position"))
    if "sheet" not in data_import.choices:
        places = {}  # all of them are read, in the order of the file
    with tempfile.TemporaryDirectory(prefix="import-") as name:
        folder = Path(name)
        tables = _tables(data_import, folder)
        kept = [
            _keep(data_import, ImportTable(pk=key, position=places.get(key, place)), table, folder)
            for place, (key, table) in enumerate(_keyed(data_import, tables))
        ]
    _part_with_others(data_import, kept)
    data_import.notes = [note for table in tables for note in table.notes]
    return sum(table.row_count for table in kept if not table.skipped)


def _tables(data_import: DataImport, folder: Path) -> list[Table]:
    """The tables of the upload. A table whose header a person chose is read by itself once more."""
    decided = data_import.choices
    tables = _read(data_import, folder / "all", decided.get("sheet"), _header_row(decided))
    if len(tables) > 1 and not decided.keys().isdisjoint(choices.OF_A_TABLE):
        raise Unreadable("choice", choices.SEVERAL_TABLES)
    return [
        _read_again(data_import, folder / str(place), table) for place, table in enumerate(tables)
    ]


def _header_row(decided: choices.Decided) -> int | None:
    """That of the only table, where it is known by name or is the only one there is."""
    chosen: int | None = choices.of_table(decided, decided.get("sheet", "")).header_row
    return chosen


def _read_again(data_import: DataImport, folder: Path, table: Table) -> Table:
    chosen = choices.of_table(data_import.choices, table.name)
    if chosen.skip or chosen.header_row in (None, table.header_row):
        return table
    return _read(data_import, folder, table.name, chosen.header_row)[0]


def _read(
    data_import: DataImport, folder: Path, sheet: str | None, header_row: int | None
) -> list[Table]:
    """In a folder of its own, where the readers leave copies."""
    folder.mkdir()
    path = folder / "upload"
    with data_import.upload.open("rb") as stored, path.open("wb") as local:
        shutil.copyfileobj(stored, local)
    decided = data_import.choices
    asked = Choices(sheet, header_row, decided.get("delimiter"), decided.get("encoding"))
    return read_file(path, data_import.file_name, limits=_limits(), choices=asked)


def _limits() -> Limits:
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


def _keyed(data_import: DataImport, tables: Sequence[Table]) -> Iterator[tuple[UUID, Table]]:
    """Each table with the id that its name has in this import, whenever that is read."""
    seen: Counter[str] = Counter()
    for table in tables:
        seen[table.name] += 1
        yield uuid5(data_import.pk, f"{seen[table.name]} {table.name}"), table


def _keep(data_import: DataImport, kept: ImportTable, table: Table, folder: Path) -> ImportTable:
    path = folder / f"{kept.pk}.parquet"
    table.rows.sink_parquet(path)
    sample = pl.read_parquet(path, n_rows=SAMPLE_ROWS)
    chosen = choices.of_table(data_import.choices, table.name)
    kept.data_import = data_import
    kept.name = table.name[:255]
    kept.columns = list(table.columns)
    kept.row_count = table.row_count
    kept.header_row = table.header_row
    kept.encoding = table.encoding or ""
    kept.delimiter = table.delimiter or ""
    kept.preview = _preview(sample)
    kept.grain, kept.grain_evidence = _grain(table.name, sample, chosen.grain)
    kept.known_format = known_format(table.columns) or ""
    kept.skipped = chosen.skip
    _save(kept, path)
    return kept


def _save(kept: ImportTable, path: Path) -> None:
    """In the place of what an earlier reading left, or one that was cut short."""
    kept.parquet.storage.delete(table_path(kept, ""))
    with path.open("rb") as stored:
        kept.parquet.save("table.parquet", File(stored), save=False)
    known = ImportTable.objects.filter(pk=kept.pk).exists()
    kept.save(force_insert=not known, force_update=known)


def _grain(name: str, sample: pl.DataFrame, chosen: str | None) -> tuple[str, list[str]]:
    told, evidence = tell_grain(name, sample)
    if chosen is None:
        return told, list(evidence)
    return chosen, [f"a person decided it; without that it would be {told}", *evidence]


def _part_with_others(data_import: DataImport, kept: Sequence[ImportTable]) -> None:
    """Tables that were not read: left out by the choice of a sheet, or not in the file any more."""
    others = data_import.tables.exclude(pk__in=[table.pk for table in kept])
    if "sheet" in data_import.choices:
        others.update(skipped=True)
        return
    for table in others:
        transaction.on_commit(remover(table.parquet.storage, table.parquet.name))
    others.delete()


def _preview(sample: pl.DataFrame) -> list[list[Any]]:
    """Cut: a cell may hold a whole document, and everybody who looks at the import gets these."""
    cut = pl.col(pl.String).str.slice(0, PREVIEW_CHARS)
    shown = sample.head(PREVIEW_ROWS).with_columns(cut)
    return [list(row[:PREVIEW_COLUMNS]) for row in shown.rows()]
