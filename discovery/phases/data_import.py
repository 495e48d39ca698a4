"""Has the import's tables read, unless a worker did so when the upload came."""

import logging
from typing import Final

from django.db import transaction

from discovery import reading
from discovery.engine import Claim, PhaseFailed
from discovery.models import DataImport, Flow
from discovery.phases import Outcome

_log = logging.getLogger(__name__)
_STORAGE: Final = (
    "The disk of the uploads could not be read or written. Ask the operator to look whether it is "
    "full; then retry."
)


def run(held: Claim) -> Outcome:
    with transaction.atomic():
        import_id = Flow.objects.values_list("data_import_id", flat=True).get(pk=held.flow_id)
    if import_id is None:
        return Outcome(skipped=True)
    try:
        data_import = reading.read(import_id)
    except OSError as error:
        _log.exception("Import %s", import_id)
        raise PhaseFailed("storage", _STORAGE, retryable=True) from error
    if data_import.status == DataImport.Status.FAILED:
        raise PhaseFailed(data_import.error_code, data_import.error)
    with transaction.atomic():
        tables = data_import.tables.filter(skipped=False).count()
    return Outcome({"rows": data_import.row_count, "tables": tables})
