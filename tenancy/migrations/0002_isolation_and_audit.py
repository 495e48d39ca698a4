from pathlib import Path

from django.db import migrations

from tenancy.audit import Audit
from tenancy.rls import IsolateTenant

# Lets the application read and write the tables of this schema, also later ones.
GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO inventory_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO inventory_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO inventory_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO inventory_app;
"""
AUDIT = (Path(__file__).parents[1] / "audit.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]

    operations = [
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        IsolateTenant("ClientAccount", account_column="id"),
        IsolateTenant("Engagement"),
        IsolateTenant("AuditEvent"),
        migrations.RunSQL(AUDIT, "DROP FUNCTION tenancy_audit; DROP FUNCTION tenancy_keep"),
        Audit("ClientAccount"),
        Audit("Engagement", ignored=["updated_at"]),
    ]
