"""contract.md section 3 as one table: method, path, and the status for each role."""

import json
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from accounts.permissions import ROLES, needed
from discovery.models import DataImport, Flow
from tests.factories import AssetFactory, DependencyFactory
from tests.people import Cast, headers

# The roles in the order admin, contributor, viewer.
TABLE = [
    ("GET", "assets", None, (200, 200, 200)),
    ("GET", "assets/{asset}", None, (200, 200, 200)),
    ("GET", "assets/fields", None, (200, 200, 200)),
    ("POST", "assets", {"name": "x"}, (201, 201, 403)),
    ("PUT", "assets/{asset}", {"name": "x"}, (200, 200, 403)),
    ("PATCH", "assets/{asset}", {"name": "x"}, (200, 200, 403)),
    ("DELETE", "assets/{asset}", None, (204, 403, 403)),
    ("GET", "dependencies", None, (200, 200, 200)),
    ("GET", "dependencies/{dependency}", None, (200, 200, 200)),
    ("POST", "dependencies", {}, (422, 422, 403)),
    ("PUT", "dependencies/{dependency}", {}, (200, 200, 403)),
    ("PATCH", "dependencies/{dependency}", {}, (200, 200, 403)),
    ("DELETE", "dependencies/{dependency}", None, (204, 403, 403)),
    ("GET", "data-import", None, (200, 200, 200)),
    ("GET", "data-import/{import}", None, (200, 200, 200)),
    ("POST", "data-import", {"data_rows": [{"name": "x"}]}, (201, 201, 403)),
    ("DELETE", "data-import/{import}", None, (409, 403, 403)),
]
for base in ("flows", "discovery/flows"):
    TABLE += [
        ("GET", base, None, (200, 200, 200)),
        ("POST", base, {"flow_name": "x"}, (201, 201, 403)),
        ("GET", f"{base}/{{flow}}", None, (200, 200, 200)),
        ("GET", f"{base}/{{flow}}/field-mappings", None, (200, 200, 200)),
        ("GET", f"{base}/{{flow}}/findings", None, (200, 200, 200)),
        ("GET", f"{base}/{{flow}}/events", None, (200, 200, 200)),
        ("POST", f"{base}/{{flow}}/pause", {}, (200, 200, 403)),
        ("POST", f"{base}/{{flow}}/resume", {}, (409, 409, 403)),
        ("POST", f"{base}/{{flow}}/cancel", {}, (200, 200, 403)),
        ("POST", f"{base}/{{flow}}/retry", {}, (409, 409, 403)),
        ("DELETE", f"{base}/{{flow}}", None, (409, 403, 403)),
    ]
PUBLIC = {
    "health",
    "auth/jwks",
    "auth/password/confirm",
    "auth/password/reset",
    "auth/token",
    "auth/token/refresh",
}
PERSONAL = {"auth/logout", "auth/me", "auth/password"}
ROLES_IN_ORDER = ("admin", "contributor", "viewer")


@pytest.fixture
def ids(cast: Cast) -> dict[str, str]:
    """The ids that the paths need, of objects of the cast's account."""
    data_import = cast["admin"].post("/api/v1/data-import", {"data_rows": [{"name": "x"}]}).json()
    flow = cast["admin"].post(
        "/api/v1/flows", {"flow_name": "x", "data_import_id": data_import["id"]}
    )
    with cast.scope():
        return {
            "asset": str(AssetFactory().pk),
            "dependency": str(DependencyFactory().pk),
            "import": data_import["id"],
            "flow": flow.json()["flow_id"],
        }


def ask(client: APIClient, method: str, path: str, body: Any) -> Any:
    content = "" if body is None else json.dumps(body)
    return client.generic(method, f"/api/v1/{path}", content, "application/json")


@pytest.mark.parametrize(("method", "path", "body", "statuses"), TABLE)
def test_every_role_may_do_what_the_table_says(
    cast: Cast, ids: dict[str, str], method: str, path: str, body: Any, statuses: tuple[int, ...]
):
    path = path.format(**ids)

    # The least first: whoever may not does nothing, so that the next one finds all in place.
    for role, status in reversed(list(zip(ROLES_IN_ORDER, statuses, strict=True))):
        if method == "POST" and path.endswith("/cancel") and role == "admin":
            continue  # the contributor's cancel was the flow's last move
        answer = ask(cast[role], method, path, body)
        expected = 409 if path.endswith("/pause") and role == "admin" else status
        assert answer.status_code == expected, (role, answer.content)
        if status == 403:
            assert "Insufficient permissions" in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "body", "statuses"), TABLE)
def test_nobody_else_may_do_anything(
    cast: Cast, ids: dict[str, str], method: str, path: str, body: Any, statuses: tuple[int, ...]
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


def test_an_action_without_an_entry_is_denied_to_everybody():
    class View:
        action = "not_in_the_table"

    assert needed(View()) is None
    assert all(None not in capabilities for capabilities in ROLES.values())
