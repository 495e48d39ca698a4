from django.db import migrations

from tenancy.audit import Audit
from tenancy.rls import IsolateTenant


class Migration(migrations.Migration):
    dependencies = [("assets", "0001_initial"), ("tenancy", "0002_isolation_and_audit")]

    operations = [
        IsolateTenant("Asset"),
        IsolateTenant("Dependency"),
        Audit("Asset", ignored=["updated_at", "sources"], bulk=True),
        Audit("Dependency", ignored=["updated_at"], bulk=True),
    ]
