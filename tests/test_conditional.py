"""`ETag`, `If-None-Match` and `If-Match`: nobody overwrites what he has not seen."""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from tests.factories import AssetFactory, DependencyFactory
from tests.people import Cast
from tests.test_contract_errors import ASSETS, problem
from tests.threads import at_once

RESOURCES = [
    "assets/{asset}",
    "dependencies/{dependency}",
    "data-import/{import}",
    "flows/{flow}",
]
LISTS = ["assets/", "dependencies/", "data-import/", "flows", "assets/fields", "auth/me"]


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


@pytest.mark.parametrize("path", [*RESOURCES, *LISTS, "flows/{flow}/events"])
def test_who_has_it_already_gets_304(cast: Cast, ids: dict[str, str], path: str):
    if "flow" in path:
        cast["admin"].post(f"/api/v1/flows/{ids['flow']}/cancel")  # its execution time stands still
    get, path = cast["viewer"].get, f"/api/v1/{path.format(**ids)}"
    etag = get(path).headers["ETag"]

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        same = get(path, headers={"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
        assert "RateLimit" in same.headers
    assert cast["viewer"].head(path, headers={"If-None-Match": etag}).status_code == 304
    for other in ('"other"', "no-quotes", ""):
        assert get(path, headers={"If-None-Match": other}).status_code == 200
    problem(get(path, headers={"If-Match": '"other"'}), 412)


@pytest.mark.parametrize("path", ["/api/v1/health", "/api/schema/"])
@pytest.mark.django_db
def test_public_answers_have_a_tag_too(client: Any, path: str):
    etag = client.get(path).headers["ETag"]

    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_a_list_changes_its_tag_with_its_items(cast: Cast):
    get = cast["viewer"].get
    with cast.scope():
        asset = AssetFactory()
    before = get(ASSETS).headers["ETag"]

    cast["admin"].patch(f"{ASSETS}{asset.pk}", {"name": "renamed"})

    answer = get(ASSETS, headers={"If-None-Match": before})
    assert (answer.status_code, answer.headers["ETag"] != before) == (200, True)


def test_errors_have_no_tag(cast: Cast):
    assert "ETag" not in cast["viewer"].get(f"{ASSETS}x").headers
    assert "ETag" not in cast["contributor"].post(ASSETS, {}).headers


@pytest.mark.parametrize(("kind", "change"), [("assets", {"name": "y"}), ("dependencies", {})])
def test_a_change_answers_with_the_tag_that_reading_gives(cast: Cast, kind: str, change: Any):
    admin = cast["admin"]
    with cast.scope():
        body = {
            "assets": {"name": "x", "cpu_cores": 2, "last_seen_date": "2026-01-01T00:00:00Z"},
            "dependencies": {
                "source_asset": str(AssetFactory().pk),
                "target_asset": str(AssetFactory().pk),
                "dependency_type": "uses",
            },
        }[kind]
    made = admin.post(f"/api/v1/{kind}/", body)
    path = made.headers["Location"]
    assert path == f"/api/v1/{kind}/{made.json()['id']}"
    read = admin.get(path)
    assert (read.headers["ETag"], read.json()) == (made.headers["ETag"], made.json())
    for method in (admin.put, admin.patch):
        changed = method(path, change, headers={"If-Match": read.headers["ETag"]})
        assert changed.status_code == 200, changed.content
        read = admin.get(path)
        assert (read.headers["ETag"], read.json()) == (changed.headers["ETag"], changed.json())


def test_moves_and_new_imports_answer_with_the_tag_too(cast: Cast, ids: dict[str, str]):
    admin = cast["admin"]
    cancelled = admin.post(f"/api/v1/flows/{ids['flow']}/cancel")
    assert cancelled.headers["ETag"] == admin.get(f"/api/v1/flows/{ids['flow']}").headers["ETag"]
    made = admin.post("/api/v1/data-import/", {"data_rows": [{"name": "x"}]})
    read = admin.get(made.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (made.json(), made.headers["ETag"])


def test_the_tag_of_a_dependency_changes_with_the_names_it_shows(cast: Cast):
    with cast.scope():
        dependency = DependencyFactory()
    path = f"/api/v1/dependencies/{dependency.pk}"
    before = cast["viewer"].get(path).headers["ETag"]

    cast["admin"].patch(f"{ASSETS}{dependency.target_asset_id}", {"name": "renamed"})

    assert cast["viewer"].get(path, headers={"If-None-Match": before}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["assets", "dependencies"])
@pytest.mark.parametrize("stale", ['"other"', 'W/"other"', "no-quotes", ""])
def test_a_tag_that_does_not_match_is_412(
    cast: Cast, ids: dict[str, str], kind: str, method: str, stale: str
):
    path = f"/api/v1/{kind}/{ids[{'assets': 'asset', 'dependencies': 'dependency'}[kind]]}"
    admin = cast["admin"]
    before = admin.get(path)

    answer = admin.generic(
        method, path, '{"name": "y"}', "application/json", headers={"If-Match": stale}
    )

    assert problem(answer, 412)["code"] == "precondition_failed"
    assert admin.get(path).content == before.content


@pytest.mark.parametrize("path", RESOURCES)
def test_delete_heeds_if_match(cast: Cast, ids: dict[str, str], path: str):
    admin = cast["admin"]
    admin.post(f"/api/v1/flows/{ids['flow']}/cancel")
    if "import" in path:
        admin.delete(f"/api/v1/flows/{ids['flow']}")
    path = f"/api/v1/{path.format(**ids)}"
    etag = admin.get(path).headers["ETag"]

    problem(admin.delete(path, headers={"If-Match": '"other"'}), 412)
    assert admin.delete(path, headers={"If-Match": etag}).status_code == 204
    problem(admin.delete(path, headers={"If-Match": "*"}), 404)


def test_who_may_not_change_is_told_so_and_not_whether_it_changed(cast: Cast, ids: dict[str, str]):
    path = f"{ASSETS}{ids['asset']}"

    problem(cast["viewer"].patch(path, {"name": "y"}, headers={"If-Match": '"x"'}), 403)
    problem(cast.stranger_at_home.patch(path, {"name": "y"}, headers={"If-Match": '"x"'}), 404)


@pytest.mark.parametrize("kind", ["assets", "dependencies"])
def test_of_two_who_hold_the_same_tag_one_wins(committed: Cast, kind: str):
    clients = [committed["admin"] for _ in range(2)]
    with committed.scope(), transaction.atomic():
        made = AssetFactory() if kind == "assets" else DependencyFactory()
    path = f"/api/v1/{kind}/{made.pk}"

    for _ in range(5):
        etag = clients[0].get(path).headers["ETag"]
        asked = at_once(2, lambda n, tag=etag: _change(clients[n], path, kind, tag, n))
        assert Counter(asked) == {200: 1, 412: 1}


def _change(client: Any, path: str, kind: str, etag: str, number: int) -> int:
    """Each writes something of its own, and always something new."""
    text = f"{number} {etag}"
    body = {"name": text} if kind == "assets" else {"evidence": [text]}
    status: int = client.patch(path, body, headers={"If-Match": etag}).status_code
    return status


def test_every_operation_documents_its_conditions():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            named = {entry.get("$ref", "").rpartition("/")[2] for entry in operation["parameters"]}
            if method == "get":
                assert "IfNoneMatch" in named, path
                assert "304" in operation["responses"], path
                assert "ETag" in operation["responses"]["200"]["headers"], path
            elif method in {"put", "patch", "delete"}:
                assert "IfMatch" in named, path
                assert "412" in operation["responses"], path
