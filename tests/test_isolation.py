"""No byte of one tenant reaches another: every route, every caller, the ids of others.

tests/callers.py has the callers and the rules, tests/isolation.py the routes, tests/estates.py the
tenants. test_isolation_values.py goes on with bodies, parameters and headers.
"""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.urls import resolve

from discovery.views.parts import PartViewSet
from tests.asking import (
    _quick_passwords,
    ask,
    ask_with,
    at_home,
    inside,
    of_all,
    same,
    tenants,
)
from tests.callers import Caller, Tenants
from tests.estates import has, tenant_models
from tests.isolation import (
    ENTRIES,
    KINDS,
    NOBODYS_ID,
    NOT_OF_A_TENANT,
    OPERATIONS,
    PERSONAL,
    PUBLIC,
    Operation,
)
from tests.people import seen
from tests.test_sweeps import our_views

__all__ = ["_quick_passwords", "tenants"]
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# By the status, and whether the caller was refused whatever his role.
REASONS = {
    (401, True): "Could not validate credentials",
    (400, True): "The header X-",
    (403, True): "No access to this client account",
    (403, False): "Insufficient permissions",
}
# What an object that was just made has for itself: its id, its times, its age.
FRESH = (r"[0-9a-f-]{36}", r"\d{4}-\d\d-\d\dT[^\"]+", r'"execution_time":[\d.]+')
READS = [
    operation
    for operation in OPERATIONS
    if operation.method == "GET" and operation.path not in NOT_OF_A_TENANT
]


# --- The table is whole ------------------------------------------------------------------------


def test_every_entry_has_a_route_and_every_route_an_entry():
    documented = {(operation.method, operation.path) for operation in OPERATIONS}

    assert documented - ENTRIES.keys() == set(), "add them to ENTRIES of tests/isolation.py"
    assert ENTRIES.keys() - documented == set(), "gone from the document"
    assert {path for _, path in documented} >= PUBLIC | PERSONAL


def test_every_route_is_in_the_document():
    """One that the document hides would be in no table."""
    anybody = dict.fromkeys(KINDS.values(), NOBODYS_ID)
    documented = set()
    for operation in OPERATIONS:
        function = resolve(operation.place(anybody)).func
        action = getattr(function, "actions", {}).get(operation.method.lower())
        documented.add((function.cls, action))
    routed = {
        (view, action)
        for view, actions in our_views()
        for action in set(actions.values()) or {None}
    }
    assert documented == routed


def test_an_estate_holds_something_of_every_model(tenants: Tenants):
    home = tenants.home
    for model in tenant_models():
        owner = (
            {"engagement": home.engagement}
            if has(model, "engagement")
            else {"client_account": home.account.row}
        )
        found = seen(lambda model=model, owner=owner: model.objects.filter(**owner).count())
        assert found, f"tests/estates.py makes no {model.__name__}"


# --- Nobody but the house ----------------------------------------------------------------------


@of_all([operation for operation in OPERATIONS if not operation.is_public])
def test_an_answer_does_not_depend_on_who_else_is_there(tenants: Tenants, operation: Operation):
    """Totals, order, versions, sentences about what is in use: all as before the others came."""
    answer = ask_with(tenants, operation, tenants.admin, tenants.home.ids)

    fresh = () if operation.method == "GET" else FRESH
    assert same(answer, tenants.alone[str(operation)], *fresh)
    if operation.method == "GET":
        assert answer.headers.get("ETag") == tenants.alone[str(operation)].headers.get("ETag")


# --- Every caller ------------------------------------------------------------------------------


@of_all(OPERATIONS)
def test_every_caller_with_the_ids_of_others(tenants: Tenants, operation: Operation):
    for caller in tenants.callers:
        ids = caller.victim.ids
        own = ids if caller.refused else at_home(tenants, caller).ids
        answer = ask(tenants, operation, caller, operation.place(ids), operation.body(own))

        assert answer.status == tenants.expected(operation, caller, caller.victim), caller.name
        if not operation.is_public:
            assert REASONS.get((answer.status, bool(caller.refused)), "") in answer.body
        if answer.status == 404:
            unknown = dict.fromkeys(ids, str(uuid4()))
            place = operation.place(unknown)
            nothing = ask(tenants, operation, caller, place, operation.body(own))
            assert same(answer, nothing, *ids.values(), *unknown.values()), caller.name


@of_all(OPERATIONS)
def test_every_caller_with_ids_of_his_own(tenants: Tenants, operation: Operation):
    for caller in tenants.callers:
        own = at_home(tenants, caller)
        answer = ask_with(tenants, operation, caller, own.ids)

        assert answer.status == tenants.expected(operation, caller, own), caller.name


@of_all(READS)
def test_a_reader_sees_his_own(tenants: Tenants, operation: Operation):
    """Otherwise that he sees nothing else would say nothing."""
    for caller in inside(tenants, operation):
        if caller.stands is not None:
            answer = ask_with(tenants, operation, caller, caller.stands.ids)
            mark = (
                caller.stands.account.mark
                if operation.is_personal or operation.is_of_the_account
                else caller.stands.mark
            )
            assert mark in answer.text, caller.name


# --- Other methods -----------------------------------------------------------------------------


PATHS = sorted({operation.path for operation in OPERATIONS})


def other_methods(path: str) -> list[Operation]:
    known = [operation for operation in OPERATIONS if operation.path == path]
    methods = {operation.method for operation in known}
    return [replace(known[0], method=method) for method in METHODS if method not in methods]


def status_of(tenants: Tenants, operation: Operation, caller: Caller) -> int:
    """Of a method that the document does not have, with the ids of the victim."""
    of_tenant = not (operation.is_public or operation.is_personal)
    if caller.refused and (of_tenant or (caller.refused == 401 and operation.is_personal)):
        return caller.refused
    options = operation.method == "OPTIONS"
    if options and of_tenant and caller.role not in operation.roles():
        return 403
    is_part = isinstance(operation.view(), PartViewSet)
    if is_part and options and not tenants.reachable(operation, caller, caller.victim):
        return 404
    return 200 if options else 405


def one_of_each(tenants: Tenants) -> list[Caller]:
    return list({(c.refused, c.role, id(c.stands)): c for c in tenants.callers}.values())


@pytest.mark.parametrize("path", PATHS)
def test_no_other_method_opens_anything(tenants: Tenants, path: str):
    for operation in other_methods(path):
        reading = replace(operation, method="GET")
        for caller in one_of_each(tenants):
            victim = caller.victim
            answer = ask(tenants, operation, caller, operation.place(victim.ids), {})
            if operation.method == "HEAD" and reading in OPERATIONS:
                assert answer.status == tenants.expected(reading, caller, victim), caller.name
                assert answer.body == ""
            else:
                assert answer.status == status_of(tenants, operation, caller), (
                    operation,
                    caller.name,
                )
