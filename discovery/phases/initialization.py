"""Checks that there is something to analyse before any work begins."""

from django.db import transaction

from assets.models import Asset
from discovery.engine import Claim, PhaseFailed
from discovery.models import Flow
from discovery.phases import Outcome


@transaction.atomic
def run(held: Claim) -> Outcome:
    flow = Flow.objects.select_related("data_import").get(pk=held.flow_id)
    if flow.data_import is None:
        return Outcome({"source": "inventory", "assets": Asset.objects.count()})
    upload = flow.data_import.upload
    if not upload.storage.exists(str(upload.name)):
        raise PhaseFailed(
            "upload_missing",
            f"The file of the import {flow.data_import.file_name} is not in the storage any "
            "more. Import it again and start a new flow.",
        )
    return Outcome({"source": "import", "file_name": flow.data_import.file_name})
