"""Taking an inventory in, deciding how it is read, and deleting it. Reading it: reading.py."""

from contextlib import ExitStack, suppress
from typing import Any
from uuid import UUID

import orjson
from celery import current_app
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from discovery import choices
from discovery.models import DataImport, Flow
from discovery.models.imports import upload_path
from discovery.storage import storing
from tenancy.scope import current


class InUse(Exception):
    """A flow works on the import, or may at any time."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(
            f"The flow {flow.name} of this import is {flow.status}. Cancel it, or let it complete; "
            "then send this again."
        )
        self.flow = flow


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
def choose(data_import: DataImport, changes: choices.Decided) -> DataImport:
    """Keeps what a person decided about how the import is read, and has it read again.

    Raises InUse, NotPossible, and OperationalError at once while a worker reads it. A flow cannot
    start meanwhile: its row refers to the one that is locked here.
    """
    data_import = DataImport.objects.select_for_update(nowait=True).get(pk=data_import.pk)
    unfinished = data_import.flows.filter(status__in=[Flow.Status.RUNNING, Flow.Status.PAUSED])
    if flow := unfinished.first():
        raise InUse(flow)
    tables = list(data_import.tables.all())
    decided = choices.merged(data_import.choices, changes, [table.name for table in tables])
    choices.check(decided, changes, tables)
    data_import.choices = decided
    data_import.status = DataImport.Status.UPLOADED
    data_import.row_count = None
    data_import.error = data_import.error_code = ""
    data_import.nudges = 0
    data_import.save()
    nudge(data_import.pk)
    return data_import


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
        transaction.on_commit(remover(stored.storage, stored.name))


def remover(storage: Any, name: str | None) -> Any:
    """What deletes a file once the database agreed that nothing refers to it any more."""
    return lambda: storage.delete(name) if name else None
