from django.db import migrations

from tenancy.rls import IsolateTenant


class Migration(migrations.Migration):
    dependencies = [("discovery", "0001_initial"), ("tenancy", "0002_isolation")]

    operations = [
        IsolateTenant("DataImport"),
        IsolateTenant("ImportTable"),
        IsolateTenant("Flow"),
        IsolateTenant("PhaseRun"),
        IsolateTenant("FlowEvent"),
        IsolateTenant("TableReading"),
        IsolateTenant("FieldMapping"),
        IsolateTenant("Finding"),
    ]
