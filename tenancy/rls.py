"""Lock two: row-level security and foreign keys that carry the tenant, beside a model's migration.

The owner of the tables is not bound (no FORCE): a data migration of a bound role would change no
row and say nothing. The application logs in as a role that owns nothing (tenancy/roles.sql).
"""

from collections.abc import Iterator
from typing import Any, Final

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenancy.postgresql.base import ACCOUNT, OPERATORS, USER

APPLICATION: Final = "inventory_app"
# A sub-select runs once a statement, a bare call once a row. The empty text is what a local
# setting leaves behind at the end of its transaction.
_SETTING: Final = "(SELECT nullif(current_setting('{}', true), '')::uuid)"
ACCOUNT_IN_SCOPE: Final = _SETTING.format(ACCOUNT)
USER_ACTING: Final = _SETTING.format(USER)


class GrantTables(Operation):
    """Lets the application read and write the tables of this schema, also later ones."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        for statement in (
            "GRANT {rights} ON ALL {kind} IN SCHEMA public TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON {kind} TO {role}",
        ):
            for rights, kind in (
                ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
                ("USAGE, SELECT", "SEQUENCES"),
            ):
                schema_editor.execute(statement.format(rights=rights, kind=kind, role=APPLICATION))

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        """What the role may do to tables that go is nobody's concern."""


class IsolateTenant(Operation):
    """Closes a model's table to all but the tenant in scope."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, account_column: str = "client_account_id") -> None:
        self.model_name = model_name
        self.account_column = account_column

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table = schema_editor.quote_name(model._meta.db_table)
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant ON {table} USING ({self.account_column} = {ACCOUNT_IN_SCOPE})",
            f"CREATE POLICY operators ON {table} TO {OPERATORS} USING (true)",
            *_foreign_keys(model),
        ):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table = schema_editor.quote_name(model._meta.db_table)
        for field in _tenant_links(model):
            schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {_name(field)}")
        schema_editor.execute(f"DROP POLICY tenant ON {table}")
        schema_editor.execute(f"DROP POLICY operators ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _tenant_links(model: type[models.Model]) -> "Iterator[models.ForeignKey[Any, Any]]":
    """The foreign keys from one tenant model to another."""
    for field in model._meta.fields:
        if isinstance(field, models.ForeignKey) and any(
            other.name == "client_account" for other in field.remote_field.model._meta.fields
        ):
            yield field


def _name(field: "models.ForeignKey[Any, Any]") -> str:
    return f"{field.model._meta.db_table}_{field.column}_of_tenant"


def _foreign_keys(model: type[models.Model]) -> Iterator[str]:
    """A key on the id alone would let one tenant's row point at another's, or probe for it.

    Django writes no composite constraints: a TenantForeignKey has none, and gets it here.
    """
    for field in _tenant_links(model):
        yield (
            f"ALTER TABLE {model._meta.db_table} ADD CONSTRAINT {_name(field)} "
            f"FOREIGN KEY (client_account_id, {field.column}) "
            f"REFERENCES {field.remote_field.model._meta.db_table} (client_account_id, id) "
            "DEFERRABLE INITIALLY DEFERRED"
        )
