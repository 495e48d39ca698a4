"""The scope: for which engagement of which client account the running code works.

A request or a task binds it once; every tenant query, foreign key and save then holds to it
(tenancy/models.py). Without a scope a tenant query can be built but not run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    client_account_id: UUID
    engagement_id: UUID


class _Everyone(Enum):
    EVERY_TENANT = "every tenant"


EVERY_TENANT: Final = _Everyone.EVERY_TENANT
Active = Scope | Literal[_Everyone.EVERY_TENANT]


class ScopeMissing(RuntimeError):
    """A tenant query was about to run outside the scope it belongs to."""


class ForeignTenant(RuntimeError):
    """An object of one tenant was about to be written in the scope of another."""


_active: ContextVar[Active | None] = ContextVar("tenant_scope", default=None)


def active() -> Active | None:
    return _active.get()


def current() -> Scope:
    """The tenant scope. Raises ScopeMissing outside one, and in work across tenants."""
    bound = _active.get()
    if not isinstance(bound, Scope):
        raise ScopeMissing("No tenant scope is bound: use `with scope(…)`.")
    return bound


def current_client_account_id() -> UUID:
    return current().client_account_id


def current_engagement_id() -> UUID:
    return current().engagement_id


def bind(scope: Active | None) -> Token[Active | None]:
    """Binds until `release`: for a request, whose end the middleware knows and a block does not."""
    return _active.set(scope)


def release(token: Token[Active | None]) -> None:
    _active.reset(token)


@contextmanager
def scope(client_account_id: UUID, engagement_id: UUID) -> Iterator[Scope]:
    bound = Scope(client_account_id, engagement_id)
    token = bind(bound)
    try:
        yield bound
    finally:
        release(token)


@contextmanager
def all_tenants() -> Iterator[None]:
    """The one way around the scope. pyproject.toml lists the files that may name it."""
    token = bind(EVERY_TENANT)
    try:
        yield
    finally:
        release(token)
