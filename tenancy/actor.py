"""Who acts, and from where: told to PostgreSQL with the scope, and kept in the audit trail."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.db import models


class Origin(models.TextChoices):
    API = "api"
    ADMIN = "admin"
    WORKER = "worker"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Actor:
    """`request_id` names the request or, for a worker, the flow or import that it works on."""

    origin: Origin
    user_id: UUID | None = None
    address: str = ""
    request_id: str = ""


NOBODY: Final = Actor(Origin.COMMAND)
_acting: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


def acting() -> Actor:
    return _acting.get()


def bind(actor: Actor) -> Token[Actor]:
    """Binds until `release`: for a request, whose end the middleware knows and a block does not."""
    return _acting.set(actor)


def release(token: Token[Actor]) -> None:
    _acting.reset(token)


def identified(user_id: UUID) -> None:
    """Whose request it is, once that is known."""
    bind(replace(acting(), user_id=user_id))


@contextmanager
def acts(actor: Actor) -> Iterator[None]:
    token = bind(actor)
    try:
        yield
    finally:
        release(token)
