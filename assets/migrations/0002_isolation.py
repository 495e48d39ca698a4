from django.db import migrations

from tenancy.rls import IsolateTenant


class Migration(migrations.Migration):
    dependencies = [("assets", "0001_initial"), ("tenancy", "0002_isolation")]

    operations = [IsolateTenant("Asset"), IsolateTenant("Dependency")]
