"""What an IntegrityError of PostgreSQL was about, in the words of the API."""

from functools import cache
from typing import Any, Final

from django.apps import apps
from django.db import IntegrityError
from django.db.models import Field, Model, UniqueConstraint

_TENANT: Final = frozenset({"client_account", "engagement"})
_FOREIGN_KEY: Final = "23503"
_NOT_NULL: Final = "23502"
_UNIQUE: Final = "23505"


@cache
def _model(table: str) -> type[Model] | None:
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)


def _of_constraint(model: type[Model], name: str) -> list[str]:
    """The fields of a constraint: one that the model lists, or one that Django named itself."""
    for constraint in model._meta.constraints:
        if constraint.name == name and isinstance(constraint, UniqueConstraint):
            return [field for field in constraint.fields if field not in _TENANT]
    named = [field for field in model._meta.local_fields if _begins(name, model, field)]
    return [max(named, key=lambda field: len(str(field.column))).name] if named else []


def _begins(name: str, model: type[Model], field: "Field[Any, Any]") -> bool:
    return name.startswith(f"{model._meta.db_table}_{field.column}_")


def _fields(diagnosis: Any) -> list[str]:
    model = _model(diagnosis.table_name or "")
    if model is None:
        return []
    if diagnosis.column_name:
        return [f.name for f in model._meta.local_fields if f.column == diagnosis.column_name]
    return _of_constraint(model, diagnosis.constraint_name or "")


def _sentence(state: str | None, fields: list[str]) -> str:
    named = " and ".join(filter(None, (", ".join(fields[:-1]), *fields[-1:])))
    if state == _FOREIGN_KEY:
        subject = f"What {named} refers to" if named else "What the object refers to"
        return f"{subject} does not exist any more, or is still referred to."
    if state == _NOT_NULL:
        return f"{named or 'A field'} must have a value."
    if state == _UNIQUE:
        return f"An object with {f'this {named}' if named else 'these values'} exists already."
    return "The values do not go together with what the database holds."


def explained(error: IntegrityError) -> tuple[str, list[str]]:
    """A sentence, and the fields it is about. Never a value: it may be another tenant's."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return "The request conflicts with what the database holds.", []
    fields = _fields(diagnosis)
    return _sentence(diagnosis.sqlstate, fields), fields
