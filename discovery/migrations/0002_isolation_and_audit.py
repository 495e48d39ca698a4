from django.db import migrations

from tenancy.audit import Audit
from tenancy.rls import IsolateTenant


class Migration(migrations.Migration):
    dependencies = [("discovery", "0001_initial"), ("tenancy", "0002_isolation_and_audit")]

    operations = [
        IsolateTenant("DataImport"),
        IsolateTenant("ImportTable"),
        IsolateTenant("Flow"),
        IsolateTenant("PhaseRun"),
        IsolateTenant("FlowEvent"),
        IsolateTenant("TableReading"),
        IsolateTenant("FieldMapping"),
        IsolateTenant("Finding"),
        IsolateTenant("LearnedMapping"),
        Audit("DataImport", ignored=["nudged_at", "nudges", "upload"]),
        Audit("Flow", ignored=["nudged_at"]),
        Audit(
            "LearnedMapping",
            ignored=["source_field", "held", "overruled", "decided_by_id", "decided_at"],
        ),
    ]
