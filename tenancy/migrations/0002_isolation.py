from django.db import migrations

from tenancy.rls import GrantTables, IsolateTenant


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]

    operations = [
        GrantTables(),
        IsolateTenant("ClientAccount", account_column="id"),
        IsolateTenant("Engagement"),
    ]
