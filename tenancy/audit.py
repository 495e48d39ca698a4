"""The audit trail: triggers that keep who changed what, beside a model's migration.

PostgreSQL writes it, once a statement, so that bulk writes, raw SQL and the admin are in it too
(audit.sql). Who acts is told with the scope (tenancy/postgresql).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from django.db import models

from tenancy.operations import TableOperation

_TRANSITIONS: Final = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}


class Audit(TableOperation):
    """Keeps every change of a model's rows.

    `ignored` columns do not count as changes; of `secret` ones only the change is kept. With
    `bulk`, a statement that makes over 1000 rows of a tenant keeps who made each and not of what.
    """

    def __init__(
        self,
        model_name: str,
        ignored: Sequence[str] = (),
        secret: Sequence[str] = (),
        *,
        bulk: bool = False,
    ) -> None:
        super().__init__(model_name)
        self.ignored = ignored
        self.secret = secret
        self.bulk = bulk

    def forwards(self, model: type[models.Model], table: str) -> Iterator[str]:
        kind = str(model._meta.verbose_name).replace(" ", "_")
        texts = (kind, ",".join(self.ignored), ",".join(self.secret), "bulk" if self.bulk else "")
        arguments = ", ".join(f"'{text}'" for text in texts)
        for event, transition in _TRANSITIONS.items():
            yield (
                f"CREATE TRIGGER audit_{event} AFTER {event.upper()} ON {table} {transition} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION tenancy_audit({arguments})"
            )

    def backwards(self, model: type[models.Model], table: str) -> Iterator[str]:
        for event in _TRANSITIONS:
            yield f"DROP TRIGGER audit_{event} ON {table}"
