"""What test_isolation.py asks of paths, asked of bodies, parameters and headers."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from rest_framework.test import APIClient

from tests.asking import _quick_passwords, ask, at_home, inside, of_all, same, tenants
from tests.callers import Answer, Caller, Tenants, send
from tests.estates import LONG_AGO, Estate
from tests.isolation import KINDS, NOT_OF_A_TENANT, OPERATIONS, REFUSALS, Operation, named

__all__ = ["_quick_passwords", "tenants"]
SMUGGLED = {
    "client_account": "account",
    "client_account_id": "account",
    "engagement": "engagement",
    "engagement_id": "engagement",
}


# --- In the body -------------------------------------------------------------------------------


@of_all([operation for operation in OPERATIONS if operation.references()])
def test_no_field_of_a_body_takes_the_id_of_another(tenants: Tenants, operation: Operation):
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
def test_no_body_carries_a_tenant(tenants: Tenants, operation: Operation):
    for caller in inside(tenants, operation):
        own = at_home(tenants, caller).ids
        for name, kind in SMUGGLED.items():
            body = operation.body(own) | {name: caller.victim.ids[kind]}
            answer = ask(tenants, operation, caller, operation.place(own), body)
            if answer.status == 401:  # a wrong token ends the reading of a body
                assert operation.status == 401
            else:
                assert answer.status == 422, (caller.name, name)
                assert name in answer.body


@of_all([operation for operation in OPERATIONS if operation.fields])
def test_an_id_in_the_body_is_not_the_id_of_the_object(tenants: Tenants, operation: Operation):
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
def test_the_names_of_others_are_free(tenants: Tenants, operation: Operation):
    for caller in inside(tenants, operation):
        if not tenants.reachable(operation, caller, caller.victim):
            victim, account = caller.victim, caller.victim.account
            special = {"email": account.email, "ip_address": victim.address}
            texts = {name: special.get(name, account.mark) for name in operation.texts()}
            if operation.names_an_object:
                texts.pop("email", None)  # a member keeps his
            body = operation.body(at_home(tenants, caller).ids) | texts
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


def test_an_upload_carries_no_tenant(tenants: Tenants):
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


# Of one's own objects and no others: what names none is refused, and `ask` reads the refusal.
CHOOSES = {("data-import/{import}/rows", "table")}


def values(operation: Operation, name: str, schema: dict[str, Any], whose: Estate) -> list[str]:
    items = schema.get("items", {}).get("enum")
    if items:
        return [",".join(value for value in items if not value.startswith("-"))]
    if "enum" in schema or schema.get("type") == "boolean":
        return [str(value) for value in schema.get("enum", ("true", "false"))]
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
def test_no_parameter_finds_anything_of_another(tenants: Tenants, operation: Operation):
    for caller in inside(tenants, operation):
        own = at_home(tenants, caller)
        place = operation.place(own.ids)
        every = ask(tenants, operation, caller, place).count()
        for name, schema in operation.query.items():
            for value in values(operation, name, schema, caller.victim):
                answer = ask(tenants, operation, caller, place, query={name: value})
                if (operation.path, name) in CHOOSES and own is not caller.victim:
                    assert answer.status == 422, caller.name
                    continue
                assert answer.status == 200, (caller.name, name, answer.body)
                if name == "file_format" and value != "csv":
                    continue
                found = answer.count()
                assert found <= every, (caller.name, name)
                strange = not tenants.reachable(operation, caller, caller.victim)
                if strange and identifies(name, schema) and name != "object_type":
                    assert found == 0, (caller.name, name)


@of_all([operation for operation in OPERATIONS if operation.query])
def test_every_parameter_finds_ones_own(tenants: Tenants, operation: Operation):
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
def test_the_version_of_another_is_no_version(tenants: Tenants, operation: Operation):
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
def test_a_key_replays_no_answer_of_another_tenant(tenants: Tenants, operation: Operation):
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
