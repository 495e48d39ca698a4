"""Every operation of the OpenAPI document, and how to ask it.

A new route needs one line in ENTRIES, a new collection one in KINDS, a new parameter or field that
names an object one in NAMED. Everything else follows from the document and from tests/callers.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Role
from accounts.permissions import allowed
from tests.estates import has

NOBODYS_ID = "00000000-0000-4000-8000-000000000000"

PUBLIC = {
    "health",
    "auth/jwks",
    "auth/password/confirm",
    "auth/password/reset",
    "auth/token",
    "auth/token/refresh",
}
PERSONAL = {
    "auth/logout",
    "auth/me",
    "auth/password",
    "client-accounts",
    "client-accounts/{account}",
}
# Their answers say nothing of a tenant.
NOT_OF_A_TENANT = PUBLIC | {
    "agent-calls/budgets",  # sums alone; test_agent_calls.py holds them to the account
    "assets/fields",
    "auth/logout",
    "auth/password",
}

# Whose id stands behind which part of a path.
KINDS = {
    "assets": "asset",
    "dependencies": "dependency",
    "data-import": "import",
    "flows": "flow",
    "field-mappings": "mapping",
    "learned-mappings": "learned",
    "agent-calls": "call",
    "questions": "question",
    "engagements": "engagement",
    "members": "member",
    "client-accounts": "account",
}
# Which object a parameter or field of the format uuid names.
NAMED = {
    "asset": "asset",
    "source_asset": "asset",
    "target_asset": "other",
    "object_id": "asset",
    "data_import_id": "import",
    "flow_id": "flow",
    "engagement_id": "engagement",
    "user_id": "user",
    "uid": "user",
}

# A foreign id in the body is an invalid value, but for what contract.md says otherwise.
REFUSALS = {"data_import_id": 400}

_EDGE = {"source_asset": "{asset}", "target_asset": "{other}"}
# For whoever may: the status, and a body. {names} are ids of the tenant that asks.
ENTRIES: dict[tuple[str, str], tuple[int, Any]] = {
    ("GET", "assets"): (200, None),
    ("GET", "assets/{asset}"): (200, None),
    ("GET", "assets/fields"): (200, None),
    ("GET", "assets/export"): (200, None),
    ("POST", "assets"): (201, {"name": "x"}),
    ("PUT", "assets/{asset}"): (200, {"name": "x"}),
    ("PATCH", "assets/{asset}"): (200, {"name": "x"}),
    ("DELETE", "assets/{asset}"): (204, None),
    ("GET", "dependencies"): (200, None),
    ("GET", "dependencies/{dependency}"): (200, None),
    ("GET", "dependencies/export"): (200, None),
    ("POST", "dependencies"): (201, _EDGE | {"dependency_type": "runs_on"}),
    ("PUT", "dependencies/{dependency}"): (200, _EDGE),
    ("PATCH", "dependencies/{dependency}"): (200, _EDGE),
    ("DELETE", "dependencies/{dependency}"): (204, None),
    ("GET", "data-import"): (200, None),
    ("GET", "data-import/{import}"): (200, None),
    ("POST", "data-import"): (201, {"data_rows": [{"name": "x"}]}),
    ("PATCH", "data-import/{import}"): (409, {"grain": "asset"}),  # a flow of it runs
    ("DELETE", "data-import/{import}"): (409, None),  # a flow refers to it
    ("GET", "data-import/{import}/rows"): (200, None),
    ("GET", "data-import/{import}/findings"): (200, None),
    ("GET", "data-import/{import}/findings/export"): (200, None),
    ("GET", "field-mappings"): (200, None),
    ("GET", "field-mappings/{mapping}"): (200, None),
    ("PATCH", "field-mappings/{mapping}"): (200, {"target_field": None}),
    ("GET", "learned-mappings"): (200, None),
    ("GET", "learned-mappings/{learned}"): (200, None),
    ("DELETE", "learned-mappings/{learned}"): (204, None),
    ("GET", "agent-calls"): (200, None),
    ("GET", "agent-calls/{call}"): (200, None),
    ("GET", "agent-calls/budgets"): (200, None),
    ("GET", "agent-policy"): (200, None),
    ("PATCH", "agent-policy"): (200, {"shares": "names"}),
    ("GET", "questions"): (200, None),
    ("GET", "questions/{question}"): (200, None),
    ("PATCH", "questions/{question}"): (200, {"answer": "x"}),
    ("GET", "engagements"): (200, None),
    ("GET", "engagements/{engagement}"): (200, None),
    ("POST", "engagements"): (201, {"name": "x"}),
    ("PUT", "engagements/{engagement}"): (200, {"name": "x"}),
    ("PATCH", "engagements/{engagement}"): (200, {"name": "x"}),
    ("DELETE", "engagements/{engagement}"): (409, None),  # it is not empty
    ("GET", "members"): (200, None),
    ("GET", "members/{member}"): (200, None),
    ("POST", "members"): (201, {"email": "x@example.com", "role": "viewer"}),
    ("PUT", "members/{member}"): (200, {"role": "admin"}),
    ("PATCH", "members/{member}"): (200, {"role": "admin"}),
    ("DELETE", "members/{member}"): (204, None),
    ("GET", "audit-events"): (200, None),
    ("GET", "health"): (200, None),
    ("GET", "auth/jwks"): (200, None),
    ("POST", "auth/token"): (401, {"email": "x@example.com", "password": "wrong"}),
    ("POST", "auth/token/refresh"): (401, {"refresh": "wrong"}),
    ("POST", "auth/password/reset"): (202, {"email": "x@example.com"}),
    ("POST", "auth/password/confirm"): (
        422,
        {"uid": "{user}", "token": "wrong", "new_password": "staple of a horse"},
    ),
    ("GET", "auth/me"): (200, None),
    ("POST", "auth/logout"): (204, {}),
    ("POST", "auth/password"): (
        422,
        {"current_password": "wrong", "new_password": "staple of a horse"},
    ),
    ("GET", "client-accounts"): (200, None),
    ("GET", "client-accounts/{account}"): (200, None),
}
for base in ("flows", "discovery/flows"):
    ENTRIES |= {
        ("GET", base): (200, None),
        ("POST", base): (201, {"flow_name": "x", "data_import_id": "{import}"}),
        ("GET", f"{base}/{{flow}}"): (200, None),
        ("GET", f"{base}/{{flow}}/field-mappings"): (200, None),
        ("POST", f"{base}/{{flow}}/field-mappings/approve"): (409, {"unmapped": True}),  # it runs
        ("GET", f"{base}/{{flow}}/questions"): (200, None),
        ("GET", f"{base}/{{flow}}/findings"): (200, None),
        ("GET", f"{base}/{{flow}}/findings/export"): (200, None),
        ("GET", f"{base}/{{flow}}/events"): (200, None),
        ("GET", f"{base}/{{flow}}/agent-calls"): (200, None),
        ("POST", f"{base}/{{flow}}/pause"): (200, None),
        ("POST", f"{base}/{{flow}}/resume"): (409, None),  # it runs
        ("POST", f"{base}/{{flow}}/cancel"): (200, None),
        ("POST", f"{base}/{{flow}}/retry"): (409, {}),
        ("DELETE", f"{base}/{{flow}}"): (409, None),
    }


# --- The operations of the document ------------------------------------------------------------


@dataclass(frozen=True)
class Operation:
    """`path` names what stands in it: `assets/{asset}`."""

    method: str
    path: str
    query: dict[str, Any] = field(hash=False)
    fields: dict[str, Any] = field(hash=False)
    headers: frozenset[str]
    description: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def entry(self) -> tuple[int, Any]:
        if (self.method, self.path) not in ENTRIES:
            pytest.fail(
                f"The route {self} has no entry: say in ENTRIES of tests/isolation.py what it "
                "answers to whoever may ask it, and with which body."
            )
        return ENTRIES[self.method, self.path]

    @property
    def status(self) -> int:
        return self.entry[0]

    @property
    def is_public(self) -> bool:
        return self.path in PUBLIC

    @property
    def is_personal(self) -> bool:
        return self.path in PERSONAL

    @property
    def names_an_object(self) -> bool:
        return "{" in self.path

    def view(self) -> Any:
        """The view that answers, as a permission class sees it."""
        match = resolve(self.place(dict.fromkeys(KINDS.values(), NOBODYS_ID)))
        view = match.func.cls()
        actions = {"options": "metadata"} | getattr(match.func, "actions", {})
        view.action = actions.get(self.method.lower())
        return view

    def roles(self) -> list[Role]:
        return allowed(self.view())

    @property
    def is_of_the_account(self) -> bool:
        """What it shows belongs to the account, and not to one of its engagements."""
        if self.is_public or self.is_personal:
            return False
        view = self.view()
        whose = getattr(view, "wholes", view.queryset)
        return not has(whose.model, "engagement")

    def place(self, ids: dict[str, str]) -> str:
        return f"/api/v1/{filled(self.path, ids)}"

    def body(self, ids: dict[str, str]) -> Any:
        return filled(self.entry[1], ids)

    def references(self) -> list[str]:
        """The fields of its body that name an object."""
        return [name for name, schema in self.fields.items() if schema.get("format") == "uuid"]

    def texts(self) -> list[str]:
        return [
            name
            for name, schema in self.fields.items()
            if schema.get("type") == "string"
            and schema.get("format", "email") == "email"
            and not {"enum", "pattern"} & schema.keys()
        ]


def filled(template: Any, ids: dict[str, str]) -> Any:
    if isinstance(template, dict):
        return {name: filled(value, ids) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, ids) for value in template]
    if not isinstance(template, str):
        return template
    try:
        return template.format(**ids)
    except KeyError as unknown:
        pytest.fail(f"{template}: tests/estates.py makes no {unknown}. Add one, and to KINDS.")


def named(name: str) -> str:
    """Which object the parameter or field names."""
    if name not in NAMED:
        pytest.fail(f"Nobody knows which object {name} names: say it in NAMED, tests/isolation.py.")
    return NAMED[name]


@cache
def document() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(request=None, public=True))


def _followed(schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference to a part of the document refers to."""
    if "$ref" not in schema:
        return schema
    *_, section, name = schema["$ref"].split("/")
    part: dict[str, Any] = document()["components"][section][name]
    return part


def _path(documented: str) -> str:
    parts = documented.removeprefix("/api/v1/").strip("/").split("/")
    kinds = [KINDS.get(before, f"one of {before}") for before in ["", *parts]]
    return "/".join(
        f"{{{kind}}}" if part.startswith("{") else part
        for part, kind in zip(parts, kinds, strict=False)
    )


def operations() -> Iterator[Operation]:
    for documented, methods in document()["paths"].items():
        for method, operation in methods.items():
            given = [_followed(parameter) for parameter in operation.get("parameters", [])]
            contents = operation.get("requestBody", {}).get("content", {})
            body = contents.get("application/json", {}).get("schema", {})
            yield Operation(
                method.upper(),
                _path(documented),
                {each["name"]: each["schema"] for each in given if each["in"] == "query"},
                _followed(body).get("properties", {}),
                frozenset(each["name"] for each in given if each["in"] == "header"),
                operation["description"],
            )


OPERATIONS = list(operations())
