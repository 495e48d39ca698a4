"""To ask an operation and to see that the answer tells and changes nothing that is hidden."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from rest_framework.permissions import SAFE_METHODS

from config.throttling import counters
from tests.callers import Answer, Caller, Tenants, send
from tests.estates import Estate
from tests.isolation import ENTRIES, OPERATIONS, Operation


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def forget_failed_attempts() -> None:
    for key in counters().scan_iter("rate:*"):
        counters().delete(key)


@pytest.fixture(scope="module")
def tenants(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenants]:
    """Made once, in a transaction that is never committed. Every request takes itself back."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = Tenants()
        known = [each for each in OPERATIONS if (each.method, each.path) in ENTRIES]
        made.alone = {str(operation): _alone(made, operation) for operation in known}
        made.rival_comes()
        yield made
        transaction.set_rollback(True)


def _alone(tenants: Tenants, operation: Operation) -> Answer:
    """What the house's admin is answered while nobody else is there."""
    ids = tenants.home.ids
    with transaction.atomic():
        answer = send(operation, tenants.admin, operation.place(ids), operation.body(ids))
        transaction.set_rollback(True)
    return answer


def of_all(which: list[Operation]) -> Any:
    return pytest.mark.parametrize("operation", which, ids=str)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def ask(
    tenants: Tenants,
    operation: Operation,
    caller: Caller,
    place: str,
    body: Any = None,
    query: dict[str, str] | None = None,
    more: dict[str, str] | None = None,
) -> Answer:
    """The answer, of which is certain that it tells and changes nothing that is hidden.

    What stands in the request itself, in its path or body, may be said back.
    """
    hidden = tenants.hidden(operation, caller)
    if operation.path.startswith("auth/"):
        forget_failed_attempts()
    with transaction.atomic():
        with transaction.atomic():  # what a view without a transaction marks for rollback
            answer = send(operation, caller, place, body, query, more)
        text = answer.text.casefold()
        for said in (*place.split("/"), *strings(body)):
            if any(secret in said for secret in hidden.secrets):
                text = text.replace(said.casefold(), "")
        told = [secret for secret in hidden.secrets if secret in text]
        assert not told, f"{operation} told {caller.name}: {told}\n{answer.text[:2000]}"
        if operation.method not in SAFE_METHODS:
            assert hidden.digest() == hidden.before, f"{operation} by {caller.name} changed rows"
        transaction.set_rollback(True)
    return answer


def ask_with(tenants: Tenants, operation: Operation, caller: Caller, ids: dict[str, str]) -> Answer:
    return ask(tenants, operation, caller, operation.place(ids), operation.body(ids))


def inside(tenants: Tenants, operation: Operation) -> list[Caller]:
    """Of the callers that the operation serves, one for each place to stand and each victim.

    The last one of several: a member of both, who is the nearest to what he must not see.
    """
    if operation.is_public:
        return [tenants.callers[0]]
    served = [c for c in tenants.callers if c.is_in(operation) and c.stands]
    return list({(id(c.stands), id(c.victim)): c for c in served}.values())


def at_home(tenants: Tenants, caller: Caller) -> Estate:
    """Whose ids are the caller's own; a personal route is also for those who stand nowhere."""
    return caller.stands or tenants.home


def same(one: Answer, other: Answer, *ids: str) -> bool:
    """Whether two answers differ in nothing but `ids` and what no two answers share."""
    apart = [*ids, r'"request_id":"[^"]*"']
    bodies = {re.sub("|".join(apart), "…", answer.body) for answer in (one, other)}
    return one.status == other.status and len(bodies) == 1
