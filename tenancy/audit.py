"""The audit trail: triggers that keep who changed what, beside a model's migration.

PostgreSQL writes it, once a statement, so that bulk writes, raw SQL and the admin are in it too.
What acted is told with the scope (tenancy/postgresql).
"""

from collections.abc import Sequence
from typing import Final

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

FUNCTION: Final = "tenancy_audit"  # made in tenancy/migrations
_TRANSITIONS: Final = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}


class Audit(Operation):
    """Keeps every change of a model's rows.

    `ignored` columns do not count as changes; of `secret` ones only the change is kept. With
    `bulk`, a statement that makes over 1000 rows of a tenant keeps who made each and not of what.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(
        self,
        model_name: str,
        ignored: Sequence[str] = (),
        secret: Sequence[str] = (),
        bulk: bool = False,
    ) -> None:
        self.model_name = model_name
        self.ignored = ignored
        self.secret = secret
        self.bulk = bulk

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
        kind = str(model._meta.verbose_name).replace(" ", "_")
        texts = (kind, ",".join(self.ignored), ",".join(self.secret), "bulk" if self.bulk else "")
        arguments = ", ".join(f"'{text}'" for text in texts)
        for event, transition in _TRANSITIONS.items():
            schema_editor.execute(
                f"CREATE TRIGGER audit_{event} AFTER {event.upper()} ON {model._meta.db_table} "
                f"{transition} FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}({arguments})"
            )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = from_state.apps.get_model(app_label, self.model_name)._meta.db_table
        for event in _TRANSITIONS:
            schema_editor.execute(f"DROP TRIGGER audit_{event} ON {table}")
