"""Has the import's tables read, unless a worker did so when the upload came."""

from django.db import transaction

from discovery import imports
from discovery.engine import Claim, PhaseFailed
from discovery.models import DataImport, Flow
from discovery.phases import Outcome


def run(held: Claim) -> Outcome:
    with transaction.atomic():
        import_id = Flow.objects.values_list("data_import_id", flat=True).get(pk=held.flow_id)
    if import_id is None:
        return Outcome(skipped=True)
    data_import = imports.read(import_id)
    if data_import.status == DataImport.Status.FAILED:
        raise PhaseFailed(data_import.error_code, data_import.error)
    if not data_import.row_count:
        raise PhaseFailed(
            "no_rows",
            f"{data_import.file_name} has headers at most, and no rows. Export it again with data.",
        )
    with transaction.atomic():
        tables = data_import.tables.count()
    return Outcome({"rows": data_import.row_count, "tables": tables})
