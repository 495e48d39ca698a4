"""Lock two: row-level security and foreign keys that carry the tenant, beside a model's migration.

The owner of the tables is not bound (no FORCE): a data migration of a bound role would change no
row and say nothing. The application logs in as a role that owns nothing (tenancy/roles.sql).
"""

from collections.abc import Iterator
from typing import Any, Final

from django.db import models

from tenancy.operations import TableOperation
from tenancy.postgresql.base import ACCOUNT, ENGAGEMENT, OPERATORS, USER

# A sub-select runs once a statement, a bare call once a row. The empty text is what a local
# setting leaves behind at the end of its transaction.
_SETTING: Final = "(SELECT nullif(current_setting('{}', true), '')::uuid)"
_ACCOUNT_IN_SCOPE: Final = _SETTING.format(ACCOUNT)
_ENGAGEMENT_IN_SCOPE: Final = _SETTING.format(ENGAGEMENT)
USER_ACTING: Final = _SETTING.format(USER)


class IsolateTenant(TableOperation):
    """Closes a model's table to all but the tenant in scope."""

    def __init__(self, model_name: str, account_column: str = "client_account_id") -> None:
        super().__init__(model_name)
        self.account_column = account_column

    def forwards(self, model: type[models.Model], table: str) -> Iterator[str]:
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        visible = f"{self.account_column} = {_ACCOUNT_IN_SCOPE}"
        if _has(model, "engagement"):
            visible += f" AND engagement_id = {_ENGAGEMENT_IN_SCOPE}"
        yield f"CREATE POLICY tenant ON {table} USING ({visible})"
        yield f"CREATE POLICY operators ON {table} TO {OPERATORS} USING (true)"
        for field in _tenant_links(model):
            yield f"ALTER TABLE {table} ADD CONSTRAINT {_constraint(field)}"

    def backwards(self, model: type[models.Model], table: str) -> Iterator[str]:
        for field in _tenant_links(model):
            yield f"ALTER TABLE {table} DROP CONSTRAINT {_name(field)}"
        yield f"DROP POLICY tenant ON {table}"
        yield f"DROP POLICY operators ON {table}"
        yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.fields)


def _tenant_links(model: type[models.Model]) -> "Iterator[models.ForeignKey[Any, Any]]":
    """The foreign keys from one tenant model to another."""
    for field in model._meta.fields:
        if isinstance(field, models.ForeignKey) and _has(
            field.remote_field.model, "client_account"
        ):
            yield field


def _name(field: "models.ForeignKey[Any, Any]") -> str:
    return f"{field.model._meta.db_table}_{field.column}_of_tenant"


def _constraint(field: "models.ForeignKey[Any, Any]") -> str:
    """A key on the id alone would let one tenant's row point at another's, or probe for it.

    What belongs to no engagement may point into any of its account's. Django writes no composite
    constraints: a TenantForeignKey has none, and gets it here.
    """
    target = field.remote_field.model
    tenant = "client_account_id"
    if _has(target, "engagement") and _has(field.model, "engagement"):
        tenant += ", engagement_id"
    return (
        f"{_name(field)} FOREIGN KEY ({tenant}, {field.column}) "
        f"REFERENCES {target._meta.db_table} ({tenant}, id) DEFERRABLE INITIALLY DEFERRED"
    )
