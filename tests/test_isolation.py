"""No byte of one tenant reaches another: every route × every caller × every place for an id."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import resolve
from rest_framework.permissions import SAFE_METHODS
from rest_framework.test import APIClient

from config.throttling import counters
from discovery.views import FlowPartViewSet
from tests.callers import Answer, Caller, Tenants, send
from tests.estates import LONG_AGO, Estate, has, tenant_models
from tests.isolation import (
    ENTRIES,
    KINDS,
    NOBODYS_ID,
    OPERATIONS,
    PERSONAL,
    PUBLIC,
    REFUSALS,
    Operation,
    named,
)
from tests.people import seen
from tests.test_sweeps import our_views

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
SMUGGLED = {
    "client_account": "account",
    "client_account_id": "account",
    "engagement": "engagement",
    "engagement_id": "engagement",
}
SAME_FOR_ALL = {"assets/fields"}
NOT_OF_A_TENANT = PUBLIC | SAME_FOR_ALL | {"auth/logout", "auth/password"}
# What an object that was just made has for itself: its id, its times, its age.
FRESH = (r"[0-9a-f-]{36}", r"\d{4}-\d\d-\d\dT[^\"]+", r'"execution_time":[\d.]+')
READS = [
    operation
    for operation in OPERATIONS
    if operation.method == "GET" and operation.path not in NOT_OF_A_TENANT
]


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
        yield Tenants()
        transaction.set_rollback(True)


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


def ask_with(
    tenants: Tenants, operation: Operation, caller: Caller, ids: dict[str, str]
) -> Answer:
    return ask(tenants, operation, caller, operation.place(ids), operation.body(ids))


def inside(tenants: Tenants, operation: Operation) -> list[Caller]:
    """Of the callers that the operation serves, one for each place to stand and each victim."""
    if operation.is_public:
        return [tenants.callers[0]]
    served = [c for c in tenants.callers if c.is_in(operation) and c.stands]
    return list({(c.user is tenants.both, id(c.stands), id(c.victim)): c for c in served}.values())


def at_home(tenants: Tenants, caller: Caller) -> Estate:
    """Whose ids are the caller's own; a personal route is also for those who stand nowhere."""
    return caller.stands or tenants.home


def same(one: Answer, other: Answer, *ids: str) -> bool:
    """Whether two answers differ in nothing but `ids` and what no two answers share."""
    apart = [*ids, r'"request_id":"[^"]*"']
    bodies = {re.sub("|".join(apart), "…", answer.body) for answer in (one, other)}
    return one.status == other.status and len(bodies) == 1


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


@pytest.fixture(scope="module")
def alone(tenants: Tenants) -> dict[str, Answer]:
    """What an admin was answered before anybody else was there."""
    answers = {}
    for operation in OPERATIONS:
        with transaction.atomic():
            ids = tenants.home.ids
            place, body = operation.place(ids), operation.body(ids)
            answers[str(operation)] = send(operation, tenants.admin, place, body)
            transaction.set_rollback(True)
    tenants.rival_comes()
    return answers


@of_all([operation for operation in OPERATIONS if not operation.is_public])
def test_an_answer_does_not_depend_on_who_else_is_there(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    """Totals, order, versions, sentences about what is in use: all as before the others came."""
    answer = ask_with(tenants, operation, tenants.admin, tenants.home.ids)

    fresh = () if operation.method == "GET" else FRESH
    assert same(answer, alone[str(operation)], *fresh)
    if operation.method == "GET":
        assert answer.headers.get("ETag") == alone[str(operation)].headers.get("ETag")


# --- Every caller ------------------------------------------------------------------------------


@of_all(OPERATIONS)
def test_every_caller_with_the_ids_of_others(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    for caller in tenants.callers:
        ids = caller.victim.ids
        own = ids if caller.refused else at_home(tenants, caller).ids
        answer = ask(tenants, operation, caller, operation.place(ids), operation.body(own))

        assert answer.status == tenants.expected(operation, caller, caller.victim), caller.name
        if answer.status == 404:
            unknown = dict.fromkeys(ids, str(uuid4()))
            place = operation.place(unknown)
            nothing = ask(tenants, operation, caller, place, operation.body(own))
            assert same(answer, nothing, *ids.values(), *unknown.values()), caller.name


@of_all(OPERATIONS)
def test_every_caller_with_ids_of_his_own(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    for caller in tenants.callers:
        own = at_home(tenants, caller)
        answer = ask_with(tenants, operation, caller, own.ids)

        assert answer.status == tenants.expected(operation, caller, own), caller.name


@of_all(READS)
def test_a_reader_sees_his_own(tenants: Tenants, alone: dict[str, Answer], operation: Operation):
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


# --- In the body -------------------------------------------------------------------------------


@of_all([operation for operation in OPERATIONS if operation.references()])
def test_no_field_of_a_body_takes_the_id_of_another(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    for caller in inside(tenants, operation):
        own = at_home(tenants, caller).ids
        for name in operation.references():
            told = []
            for key in (caller.victim.ids[named(name)], str(uuid4())):
                body = operation.body(own) | {name: key}
                answer = ask(tenants, operation, caller, operation.place(own), body)
                assert answer.status == REFUSALS.get(name, 422), (caller.name, name)
                told.append(answer)
            assert same(*told), "the answer tells which ids exist elsewhere"


@of_all([operation for operation in OPERATIONS if operation.fields])
def test_no_body_carries_a_tenant(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    for caller in inside(tenants, operation):
        own = at_home(tenants, caller).ids
        for name, kind in SMUGGLED.items():
            body = operation.body(own) | {name: caller.victim.ids[kind]}
            answer = ask(tenants, operation, caller, operation.place(own), body)
            assert answer.status == 422, (caller.name, name)
            assert name in answer.body


@of_all([operation for operation in OPERATIONS if operation.fields])
def test_an_id_in_the_body_is_not_the_id_of_the_object(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    for caller in inside(tenants, operation):
        own = at_home(tenants, caller).ids
        key = caller.victim.ids[KINDS.get(operation.path.split("/")[-1], "user")]
        for name in ("id", "flow_id", "user_id"):
            body = operation.body(own) | {name: key}
            answer = ask(tenants, operation, caller, operation.place(own), body)
            assert answer.status in {422, operation.status}, (caller.name, name)
            if not tenants.reachable(operation, caller, caller.victim):
                assert key not in answer.body, (caller.name, name)


@of_all([operation for operation in OPERATIONS if operation.texts()])
def test_the_names_of_others_are_free(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    for caller in inside(tenants, operation):
        if not tenants.reachable(operation, caller, caller.victim):
            own, account = at_home(tenants, caller).ids, caller.victim.account
            texts = dict.fromkeys(operation.texts(), account.mark)
            texts |= {name: account.email for name in texts if name == "email"}
            if operation.names_an_object:
                texts.pop("email", None)  # a member keeps his
            body = operation.body(own) | texts
            answer = ask_naming(tenants, operation, caller, body)
            assert answer.status == operation.status, (caller.name, answer.body)


def ask_naming(tenants: Tenants, operation: Operation, caller: Caller, body: Any) -> Answer:
    """Whoever invites a person by address is told the person's id, and nothing else."""
    place = operation.place(at_home(tenants, caller).ids)
    known = caller.victim.ids["user"]
    hidden = tenants.hidden(operation, caller)
    if operation.path == "members" and known in hidden.secrets:
        hidden.secrets.remove(known)
        try:
            return ask(tenants, operation, caller, place, body)
        finally:
            hidden.secrets.add(known)
    return ask(tenants, operation, caller, place, body)


def test_an_upload_carries_no_tenant(tenants: Tenants, alone: dict[str, Answer]):
    admin, victim = tenants.admin, tenants.foreign
    for name, kind in SMUGGLED.items():
        form = {"file": SimpleUploadedFile("a.csv", b"Name\na\n"), name: victim.ids[kind]}
        with transaction.atomic():
            answer = APIClient(headers=admin.headers).post(
                "/api/v1/data-import/", form, format="multipart"
            )
            transaction.set_rollback(True)
        assert answer.status_code == 422
        assert name in answer.content.decode()


# --- In the query ------------------------------------------------------------------------------


def text_of(operation: Operation, name: str, whose: Estate) -> str:
    """What this text parameter finds among the objects of the estate."""
    if name == "ip_address":
        return whose.address
    if name == "email":
        return whose.account.email
    if name == "object_type":
        return "asset"
    of_account = operation.is_personal or operation.is_of_the_account
    return whose.account.mark if of_account and name != "request_id" else whose.mark


def values(operation: Operation, name: str, schema: dict[str, Any], whose: Estate) -> list[str]:
    items = schema.get("items", {}).get("enum")
    if items:
        return [",".join(value for value in items if not value.startswith("-"))]
    if "enum" in schema:
        return [str(value) for value in schema["enum"]]
    match schema.get("format"):
        case "uuid":
            return [whose.ids[named(name)]]
        case "date":
            return [str(LONG_AGO.date())]
        case "date-time":
            return [LONG_AGO.isoformat()]
    if schema["type"] in {"integer", "number"}:
        return ["1"]
    return [text_of(operation, name, whose)]


def identifies(name: str, schema: dict[str, Any]) -> bool:
    """Whether a value of it fits the objects of one tenant alone."""
    is_text = schema["type"] == "string" or schema.get("items") == {"type": "string"}
    return is_text and not ({"enum"} & schema.keys() or "date" in schema.get("format", ""))


@of_all([operation for operation in OPERATIONS if operation.query])
def test_no_parameter_finds_anything_of_another(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    for caller in inside(tenants, operation):
        own = at_home(tenants, caller)
        place = operation.place(own.ids)
        every = ask(tenants, operation, caller, place).count()
        for name, schema in operation.query.items():
            for value in values(operation, name, schema, caller.victim):
                answer = ask(tenants, operation, caller, place, query={name: value})
                assert answer.status == 200, (caller.name, name, answer.body)
                if name == "file_format" and value != "csv":
                    continue
                found = answer.count()
                assert found <= every, (caller.name, name)
                strange = not tenants.reachable(operation, caller, caller.victim)
                if strange and identifies(name, schema) and name != "object_type":
                    assert found == 0, (caller.name, name)


@of_all([operation for operation in OPERATIONS if operation.query])
def test_every_parameter_finds_ones_own(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    """Otherwise that it finds nothing of others would say nothing."""
    place = operation.place(tenants.home.ids)
    for name, schema in operation.query.items():
        if identifies(name, schema):
            (value,) = values(operation, name, schema, tenants.home)
            answer = ask(tenants, operation, tenants.admin, place, query={name: value})
            assert answer.count() > 0, name


# --- In the headers ----------------------------------------------------------------------------


def version(operation: Operation, caller: Caller) -> str:
    """The `ETag` of the caller's own object behind the operation's path."""
    assert caller.stands is not None
    reading = replace(operation, method="GET")
    return send(reading, caller, operation.place(caller.stands.ids)).headers["ETag"]


@of_all(
    [
        operation
        for operation in OPERATIONS
        if operation.headers & {"If-Match", "If-None-Match"}
        and operation.path not in NOT_OF_A_TENANT
        and not operation.path.endswith("/export")  # a file has no version
    ]
)
def test_the_version_of_another_is_no_version(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    foreign, admin = version(operation, tenants.stranger), tenants.admin
    assert foreign != version(operation, admin)
    place, body = operation.place(tenants.home.ids), operation.body(tenants.home.ids)

    expected = {"If-Match": 412}
    if operation.method == "GET":
        expected["If-None-Match"] = 200
    for header, status in expected.items():
        answer = ask(tenants, operation, admin, place, body, more={header: foreign})
        assert answer.status == status, header
        if operation.names_an_object:
            there = operation.place(tenants.foreign.ids)
            for tag in (foreign, "*"):
                answer = ask(tenants, operation, admin, there, body, more={header: tag})
                assert answer.status == 404, (header, tag)


@of_all([operation for operation in OPERATIONS if "Idempotency-Key" in operation.headers])
def test_a_key_replays_no_answer_of_another_tenant(
    tenants: Tenants, alone: dict[str, Answer], operation: Operation
):
    """The same person, key and body; another tenant."""
    there = next(c for c in tenants.callers if c.name == "member of both, there")
    here = next(c for c in tenants.callers if c.name == "member of both, here")
    body, key = operation.body(tenants.foreign.ids), {"Idempotency-Key": "once"}
    place = operation.place(tenants.foreign.ids)

    with transaction.atomic():
        first = send(operation, there, place, body, more=key)
        again = send(operation, there, place, body, more=key)
        other = send(operation, here, place, body, more=key)
        transaction.set_rollback(True)

    assert first.status == again.status == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in other.headers
    assert first.headers["Location"] not in other.text
    assert first.headers["Location"].rpartition("/")[2] not in other.text
    named_there = [REFUSALS.get(name, 422) for name in operation.references() if name in body]
    assert other.status == (named_there or [201])[0]


# --- Other methods -----------------------------------------------------------------------------


PATHS = sorted({operation.path for operation in OPERATIONS})


def other_methods(path: str) -> list[Operation]:
    known = [operation for operation in OPERATIONS if operation.path == path]
    methods = {operation.method for operation in known}
    return [replace(known[0], method=method) for method in METHODS if method not in methods]


def status_of(tenants: Tenants, operation: Operation, caller: Caller) -> int:
    """Of a method that the document does not have, with the ids of the victim."""
    if caller.refused and not operation.is_public:
        if caller.refused == 401 or not operation.is_personal:
            return caller.refused
    options = operation.method == "OPTIONS"
    if options and not (operation.is_public or operation.is_personal):
        if caller.role not in operation.roles():
            return 403
    is_part = isinstance(operation.view(), FlowPartViewSet)
    if is_part and not tenants.reachable(operation, caller, caller.victim):
        return 404
    return 200 if options else 405


@pytest.mark.parametrize("path", PATHS)
def test_no_other_method_opens_anything(tenants: Tenants, alone: dict[str, Answer], path: str):
    for operation in other_methods(path):
        reading = replace(operation, method="GET")
        for caller in tenants.callers:
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
