"""contract.md section 3 as one table: method, path, and the status for each role."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient, APIRequestFactory

from accounts.authentication import Access
from accounts.models import Role
from accounts.permissions import ACTIONS, ROLES, RolePermission, allowed, needed
from assets.models import Asset
from discovery.models import DataImport, Flow
from tests.factories import (
    AssetFactory,
    DependencyFactory,
    EngagementFactory,
    MembershipFactory,
)
from tests.people import Cast, headers

# What a role that may gets: the roles themselves are those of accounts/permissions.py.
TABLE = [
    ("GET", "assets", None, 200),
    ("GET", "assets/{asset}", None, 200),
    ("GET", "assets/fields", None, 200),
    ("GET", "assets/export", None, 200),
    ("GET", "dependencies/export", None, 200),
    ("POST", "assets", {"name": "x"}, 201),
    ("PUT", "assets/{asset}", {"name": "x"}, 200),
    ("PATCH", "assets/{asset}", {"name": "x"}, 200),
    ("DELETE", "assets/{asset}", None, 204),
    ("GET", "dependencies", None, 200),
    ("GET", "dependencies/{dependency}", None, 200),
    ("POST", "dependencies", {}, 422),
    ("PUT", "dependencies/{dependency}", {}, 200),
    ("PATCH", "dependencies/{dependency}", {}, 200),
    ("DELETE", "dependencies/{dependency}", None, 204),
    ("GET", "data-import", None, 200),
    ("GET", "data-import/{import}", None, 200),
    ("POST", "data-import", {"data_rows": [{"name": "x"}]}, 201),
    ("DELETE", "data-import/{import}", None, 409),
    ("GET", "engagements", None, 200),
    ("GET", "engagements/{engagement}", None, 200),
    ("POST", "engagements", {"name": "x"}, 201),
    ("PUT", "engagements/{engagement}", {"name": "x"}, 200),
    ("PATCH", "engagements/{engagement}", {"name": "x"}, 200),
    ("DELETE", "engagements/{engagement}", None, 204),
    ("GET", "members", None, 200),
    ("GET", "members/{member}", None, 200),
    ("POST", "members", {"email": "x@example.com", "role": "viewer"}, 201),
    ("PUT", "members/{member}", {"role": "admin"}, 200),
    ("PATCH", "members/{member}", {"role": "admin"}, 200),
    ("DELETE", "members/{member}", None, 204),
    ("GET", "audit-events", None, 200),
]
for base in ("flows", "discovery/flows"):
    TABLE += [
        ("GET", base, None, 200),
        ("POST", base, {"flow_name": "x"}, 201),
        ("GET", f"{base}/{{flow}}", None, 200),
        ("GET", f"{base}/{{flow}}/field-mappings", None, 200),
        ("GET", f"{base}/{{flow}}/findings", None, 200),
        ("GET", f"{base}/{{flow}}/events", None, 200),
        ("POST", f"{base}/{{flow}}/pause", {}, 200),
        ("POST", f"{base}/{{flow}}/resume", {}, 409),
        ("POST", f"{base}/{{flow}}/cancel", {}, 200),
        ("POST", f"{base}/{{flow}}/retry", {}, 409),
        ("DELETE", f"{base}/{{flow}}", None, 409),
    ]
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

# contract.md section 3, by hand: what the table in accounts/permissions.py is held to.
INVENTORY = ("asset", "dependency", "dataimport", "flow")
ACCOUNT = ("engagement", "membership")
EVERYBODY, EDITORS, ADMINS = {*Role}, {Role.ADMIN, Role.CONTRIBUTOR}, {Role.ADMIN}


@pytest.fixture
def ids(cast: Cast) -> dict[str, str]:
    """The ids that the paths need, of objects of the cast's account."""
    data_import = cast["admin"].post("/api/v1/data-import", {"data_rows": [{"name": "x"}]}).json()
    flow = cast["admin"].post(
        "/api/v1/flows", {"flow_name": "x", "data_import_id": data_import["id"]}
    )
    account = cast.engagement.client_account
    with cast.scope():
        return {
            "engagement": str(EngagementFactory(client_account=account).pk),
            "member": str(MembershipFactory(client_account=account).pk),
            "asset": str(AssetFactory().pk),
            "dependency": str(DependencyFactory().pk),
            "import": data_import["id"],
            "flow": flow.json()["flow_id"],
        }


def ask(client: APIClient, method: str, path: str, body: Any) -> Any:
    content = "" if body is None else json.dumps(body)
    answer: Any = client.generic(method, f"/api/v1/{path}", content, "application/json")
    if answer.streaming:
        answer.getvalue()  # read to the end, it closes its file
    return answer


def asked_view(method: str, path: str) -> Any:
    """The view that answers, as a permission class sees it."""
    match = resolve(f"/api/v1/{path}")
    view = match.func.cls()
    view.action = match.func.actions[method.lower()]
    return view


@pytest.mark.parametrize(("method", "path", "body", "expected"), TABLE)
def test_every_role_may_do_what_the_table_says(
    cast: Cast, ids: dict[str, str], method: str, path: str, body: Any, expected: int
):
    path = path.format(**ids)

    roles = allowed(asked_view(method, path))
    # The least first: whoever may not does nothing, so that the next one finds all in place.
    for role in reversed(Role):
        if method == "POST" and path.endswith("/cancel") and role == Role.ADMIN:
            continue  # the contributor's cancel was the flow's last move
        status = expected if role in roles else 403
        if path.endswith("/pause") and role == Role.ADMIN:
            status = 409  # the contributor has paused it
        answer = ask(cast[role], method, path, body)
        assert answer.status_code == status, (role, answer.content)
        if status == 403:
            assert "Insufficient permissions" in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "body", "expected"), TABLE)
def test_nobody_else_may_do_anything(
    cast: Cast, ids: dict[str, str], method: str, path: str, body: Any, expected: int
):
    path = path.format(**ids)

    assert ask(APIClient(headers=headers(cast.engagement)), method, path, body).status_code == 401
    for who in ("stranger", "nobody"):
        answer = ask(cast[who], method, path, body)
        assert answer.status_code == 403
        assert "No access" in answer.json()["detail"]
    if set(ids.values()) & set(path.split("/")):
        assert ask(cast.stranger_at_home, method, path, body).status_code == 404
    with cast.scope():
        assert Flow.objects.count() == DataImport.objects.count() == 1


def _documented() -> set[tuple[str, str]]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    kinds = {
        "assets": "asset",
        "dependencies": "dependency",
        "data-import": "import",
        "flows": "flow",
        "engagements": "engagement",
        "members": "member",
        "client-accounts": "account",
    }
    documented = set()
    for path, methods in schema["paths"].items():
        parts = path.removeprefix("/api/v1/").strip("/").split("/")
        named = [
            f"{{{kinds[parts[place - 1]]}}}" if part.startswith("{") else part
            for place, part in enumerate(parts)
        ]
        documented |= {(method.upper(), "/".join(named)) for method in methods}
    return documented


def test_every_route_stands_in_the_table():
    table = {(method, path) for method, path, _, _ in TABLE}
    open_to_all = {(m, p) for m, p in _documented() if p in PUBLIC | PERSONAL}

    assert _documented() - open_to_all == table
    assert {path for _, path in open_to_all} == PUBLIC | PERSONAL


def roles_for(model: str, action: str) -> set[Role]:
    return {role for role in Role if ACTIONS[model][action] in ROLES[role]}


def test_the_table_is_the_contracts():
    for model, actions in ACTIONS.items():
        for action in actions:
            if model == "auditevent":
                assert roles_for(model, action) == ADMINS, action
            elif action in {"metadata", "list", "retrieve", "fields", "export"}:
                assert roles_for(model, action) == EVERYBODY, (model, action)
            elif model in ACCOUNT or action == "destroy":
                assert roles_for(model, action) == ADMINS, (model, action)
            else:
                assert roles_for(model, action) == EDITORS, (model, action)
    changes = {action for model in INVENTORY for action in ACTIONS[model]}
    assert {"create", "update", "destroy", "pause", "cancel", "resume", "retry"} <= changes


class Unknown:
    """A view of a known model with an action that the table does not have."""

    queryset = Asset.objects.all()
    action = "not_in_the_table"


class Headless:
    """A view that shows no model."""

    action = "list"


@pytest.mark.parametrize("view", [Unknown(), Headless()])
def test_an_action_without_an_entry_is_denied_to_everybody(cast: Cast, view: Any):
    assert needed(view) is None
    assert allowed(view) == []
    for role in Role:
        request = APIRequestFactory().get("/")
        request.user = cast.users[role]
        request.auth = Access(None, role)
        assert RolePermission().has_permission(request, view) is False


def test_every_operation_says_who_may():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            said = operation["description"].rpartition("\n\n")[2]
            place = path.replace("{id}", str(UUID(int=1))).replace("{flow_id}", str(UUID(int=1)))
            name = path.removeprefix("/api/v1/").strip("/")
            if name in PUBLIC:
                assert said == "Everybody, without a token.", path
            elif name.replace("{id}", "{account}") in PERSONAL:
                assert said == "Everybody with a valid token.", path
            else:
                roles = allowed(asked_view(method, place.removeprefix("/api/v1/")))
                assert said == f"Roles: {', '.join(roles)}.", path
                assert "admin" in said
