"""Lock two's key: PostgreSQL, told in every transaction whose rows it may show and who acts."""

from types import MappingProxyType
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db.backends import utils
from django.db.backends.postgresql import base
from psycopg import ClientCursor, Connection, Copy
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from tenancy.actor import NOBODY, Actor, Origin, acting
from tenancy.scope import EVERY_TENANT, Active, Scope, active

OPERATORS: Final = "inventory_operators"
ACCOUNT: Final = "tenancy.client_account_id"
ENGAGEMENT: Final = "tenancy.engagement_id"
USER: Final = "tenancy.user_id"
ORIGIN: Final = "tenancy.origin"
ADDRESS: Final = "tenancy.address"
REQUEST: Final = "tenancy.request_id"

_SETTINGS: Final = ("role", ACCOUNT, ENGAGEMENT, USER, ORIGIN, ADDRESS, REQUEST)
_PATIENCE: Final = ("lock_timeout", "statement_timeout")
_TELL: Final = "SELECT " + ", ".join(
    f"set_config('{name}', %s, true)" for name in (*_SETTINGS, *_PATIENCE)
)
# Somebody waits for these, and the web server has few threads for all. Workers have leases.
_IMPATIENT: Final = MappingProxyType({Origin.API: ("5s", "60s"), Origin.ADMIN: ("5s", "60s")})
_BYPASSES: Final = """
    SELECT rolname FROM pg_roles
    WHERE rolname = current_user AND (rolsuper OR rolbypassrls OR EXISTS (
        SELECT FROM pg_class WHERE relrowsecurity AND pg_has_role(relowner, 'MEMBER')
    ))
"""
_NOTHING: Final = (None, NOBODY)


class CursorWrapper(utils.CursorWrapper):
    """Has the scope told before each statement: it may have changed since the cursor was opened."""

    db: "DatabaseWrapper"

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        self.db.tell()
        return super().execute(*args, **kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        self.db.tell()
        return super().executemany(*args, **kwargs)

    def copy(self, *args: Any, **kwargs: Any) -> "Copy | Any":
        self.db.tell()
        return self.cursor.copy(*args, **kwargs)


class CursorDebugWrapper(CursorWrapper, utils.CursorDebugWrapper):
    """The same with Django's log of statements."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Carries scope and actor into the transaction, where policies and triggers read them.

    The settings are local to the transaction, so that neither a pool nor PgBouncer can hand them
    to somebody else. Every statement has them told first; `told` saves the repetition.
    """

    told: tuple[Active | None, Actor] | None = _NOTHING

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        """Raises ImproperlyConfigured for a role that row-level security does not bind."""
        connection: Connection[Any] = super().get_new_connection(conn_params)
        bypassing = connection.execute(_BYPASSES).fetchone()
        connection.rollback()
        if bypassing:
            connection.close()
            raise ImproperlyConfigured(
                f"The database role {bypassing[0]} of DATABASE_URL would see the rows of every "
                "tenant: it is a superuser, has BYPASSRLS or owns the tables. Name a role as "
                "tenancy/roles.sql makes it, and the owner in OWNER_DATABASE_URL."
            )
        self.told = _NOTHING
        return connection

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return CursorWrapper(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        return CursorDebugWrapper(cursor, self)

    def tell(self) -> None:
        bound, actor = active(), acting()
        if not self.in_atomic_block or self.needs_rollback or self.told == (bound, actor):
            return
        if self.told is _NOTHING and bound is None and actor.user_id is None:
            return  # nobody has come in yet: a round trip can be spared
        self._tell(bound, actor)

    def _tell(self, bound: Active | None, actor: Actor) -> None:
        role = OPERATORS if bound is EVERY_TENANT else "none"
        tenant = (
            (bound.client_account_id, bound.engagement_id) if isinstance(bound, Scope) else ("", "")
        )
        who = (actor.user_id or "", actor.origin, actor.address, actor.request_id)
        patience = _IMPATIENT.get(actor.origin, ("0", "0"))
        values = [str(value) for value in (role, *tenant, *who, *patience)]
        with self.wrap_database_errors:
            self._begin_with(ClientCursor(self.connection).mogrify(_TELL, values))
        self.told = (bound, actor)

    def _begin_with(self, statement: str) -> None:
        """Runs a statement, which saves a round trip if it is the first of its transaction.

        By itself psycopg sends the BEGIN and waits for its answer.
        """
        idle = self.connection.info.transaction_status == TransactionStatus.IDLE
        begin = "BEGIN; " if idle else ""
        result = self.connection.pgconn.exec_(f"{begin}{statement}".encode())
        if result.status != ExecStatus.TUPLES_OK:
            raise error_from_result(result)

    def _commit(self) -> None:
        self.told = _NOTHING
        super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        self.told = _NOTHING
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        """Takes back what was told since the savepoint: nobody knows what holds then."""
        self.told = (active(), acting())  # a transaction that failed hears of nothing else
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self.told = None
