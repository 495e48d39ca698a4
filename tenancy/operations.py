"""The base of the migration operations that act on a model's table beside its migration."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class TableOperation(Operation):
    """Runs SQL for a model's table; the state of the models stays as it is."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def forwards(self, model: type[models.Model], table: str) -> Iterable[str]:
        raise NotImplementedError

    def backwards(self, model: type[models.Model], table: str) -> Iterable[str]:
        raise NotImplementedError

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._run(self.forwards, schema_editor, to_state.apps.get_model(app_label, self.model_name))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        self._run(self.backwards, schema_editor, model)

    @staticmethod
    def _run(
        statements: Any, schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model]
    ) -> None:
        for statement in statements(model, schema_editor.quote_name(model._meta.db_table)):
            schema_editor.execute(statement)
