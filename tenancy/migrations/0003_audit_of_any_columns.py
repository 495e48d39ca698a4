from pathlib import Path

from django.db import migrations

AUDIT = (Path(__file__).parents[1] / "audit.sql").read_text()
# In databases that were made before its columns could be called as its variables are.
TRIGGER = AUDIT[AUDIT.index("CREATE FUNCTION tenancy_audit()") :].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
)


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_isolation_and_audit")]

    operations = [migrations.RunSQL(TRIGGER, migrations.RunSQL.noop)]
