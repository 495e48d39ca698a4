"""contract.md sections 6 and 7: one body for every error, and the limits."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from rest_framework.test import APIClient

from tests.people import Cast

ASSETS = "/api/v1/assets/"


def problem(answer: Any, status: int) -> dict[str, Any]:
    """Checks the body that all errors share, and returns its `error`."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"] == body["error"]["message"]
    assert body["instance"].startswith("/api/v1/")
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert set(body["error"]) == {"code", "message", "details"}
    error: dict[str, Any] = body["error"]
    return error


def field_error(answer: Any, field: str) -> str:
    errors = problem(answer, 422)["details"]["field_errors"]
    return next(error["message"] for error in errors if error["field"] == field)


def test_6_missing_empty_and_unknown_values(cast: Cast):
    post = cast["contributor"].post
    assert "required" in field_error(post(ASSETS, {}), "name")
    assert "cannot be empty" in field_error(post(ASSETS, {"name": ""}), "name")
    assert "cannot be empty" in field_error(post(ASSETS, {"name": "  "}), "name")
    message = field_error(post(ASSETS, {"name": "x", "environment": "production"}), "environment")
    assert "must be one of" in message
    for value in ("dev", "test", "qa", "staging", "prod", "dr", "sandbox"):
        assert value in message
    assert "unknown" in field_error(post(ASSETS, {"nmae": "x"}), "nmae")


def test_6_nested_errors_have_dotted_paths(cast: Cast):
    post = cast["contributor"].post
    assert field_error(post(ASSETS, {"name": "x", "port": [80, "http"]}), "port.1")
    assert field_error(post(ASSETS, {"name": "x", "tags": ["a", {}]}), "tags.1")
    assert field_error(post(ASSETS, {"name": "x", "attributes": [1]}), "attributes")
    rows = {"source_type": "csv", "file_name": "x", "data_rows": [{"a": 1}, 2]}
    assert field_error(post("/api/v1/data-import/", rows), "data_rows.1")


def test_6_all_errors_are_reported_at_once(cast: Cast):
    answer = cast["contributor"].post(ASSETS, {"asset_type": "x", "cpu_cores": -1})

    errors = problem(answer, 422)["details"]["field_errors"]
    assert {error["field"] for error in errors} == {"name", "asset_type", "cpu_cores"}
    assert "3 fields" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["assets", "dependencies", "data-import", "flows"])
def test_6_ids(cast: Cast, kind: str):
    get = cast["admin"].get
    assert b"Invalid UUID format" in get(f"/api/v1/{kind}/not-a-uuid").content
    problem(get(f"/api/v1/{kind}/not-a-uuid"), 422)
    problem(get(f"/api/v1/{kind}/{uuid4().hex}"), 422)
    assert "not found" in problem(get(f"/api/v1/{kind}/{uuid4()}"), 404)["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 422),
        ('{"name": NaN}', 400),
        ('{"name": "\\ud800"}', 400),
        ("[1]", 422),
        ("null", 422),
        ('{"name": "a\\u0000b"}', 422),
        ('{"name": "x", "attributes": {"a": "\\u0000"}}', 422),
        ('{"name": "x", "cpu_cores": 1e400}', 400),
        ('{"name": "x", "cpu_cores": 99999999999999999999}', 422),
        ('{"name": "' + "x" * 600 + '"}', 422),
        ('{"name": "x", "attributes": ' + "[" * 100 + "]" * 100 + "}", 400),
    ],
)
def test_6_hostile_bodies(cast: Cast, body: str, status: int):
    problem(cast["contributor"].generic("POST", ASSETS, body, "application/json"), status)


def test_6_routes_methods_and_media_types(cast: Cast):
    client = cast["admin"]
    assert "not found" in problem(client.get("/api/v1/nonsense"), 404)["message"]
    refused = client.patch(ASSETS, {})
    assert "method not allowed" in problem(refused, 405)["message"].lower()
    assert refused.headers["Allow"]
    problem(client.generic("POST", ASSETS, "<a/>", "text/xml"), 415)
    problem(client.generic("POST", ASSETS, "name=x", "application/x-www-form-urlencoded"), 415)


@override_settings(MAX_JSON_MB=1, MAX_UPLOAD_MB=1)
def test_6_bodies_that_are_too_large(cast: Cast):
    client = cast["contributor"]
    large = '{"name": "' + "x" * 2**20 + '"}'
    assert (
        "MAX_JSON_MB"
        in problem(client.generic("POST", ASSETS, large, "application/json"), 413)["message"]
    )
    upload = {"file": SimpleUploadedFile("big.csv", b"x" * (3 * 2**20))}
    assert (
        "MAX_UPLOAD_MB"
        in problem(client.post("/api/v1/data-import/", upload, format="multipart"), 413)["message"]
    )


@override_settings(RATE_LIMIT_USER=3, RATE_LIMIT_ANON=2)
def test_7_too_many_requests(cast: Cast):
    viewer = cast["viewer"]
    answers = [viewer.get(ASSETS) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert "rate limit" in problem(answers[-1], 429)["message"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert cast["admin"].get(ASSETS).status_code == 200
    assert [APIClient().get("/api/v1/health").status_code for _ in range(3)] == [200, 200, 429]


@override_settings(RATE_LIMIT_ACCOUNT=2)
def test_7_all_users_of_an_account_share_its_limit(cast: Cast):
    asked = [cast[who].get(ASSETS).status_code for who in ("viewer", "admin", "contributor")]

    assert asked == [200, 200, 429]
    assert cast.stranger_at_home.get(ASSETS).status_code == 200


def test_7_the_defaults_let_200_in_a_row_pass(cast: Cast):
    contributor = cast["contributor"]

    made = [contributor.post(ASSETS, {"name": f"a{n}"}).status_code for n in range(200)]

    assert set(made) == {201}


@override_settings(REDIS_URL="redis://127.0.0.1:1/0")
def test_7_without_redis_requests_pass(cast: Cast):
    from config.throttling import counters

    counters.cache_clear()
    try:
        assert cast["viewer"].get(ASSETS).status_code == 200
        health = cast["viewer"].get("/api/v1/health")
        assert (health.status_code, health.json()["redis"]) == (503, "unreachable")
    finally:
        counters.cache_clear()


def test_6_a_lost_database_is_503_and_a_bug_is_500_without_its_cause(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    from assets.views import AssetViewSet

    viewer = cast["viewer"]
    viewer.raise_request_exception = False

    def broken(self, request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM nowhere")

    monkeypatch.setattr(AssetViewSet, "list", broken)
    answer = viewer.get(ASSETS)
    assert problem(answer, 500)["code"] == "server_error"
    assert b"nowhere" not in answer.content

    def terminated(self, request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(AssetViewSet, "list", terminated)
    answer = viewer.get(ASSETS)
    problem(answer, 503)
    assert answer.headers["Retry-After"]


def test_a_well_formed_request_id_is_honoured_and_another_is_not(cast: Cast):
    get = cast["viewer"].get
    assert get(ASSETS, headers={"X-Request-ID": "abc-123-def"}).headers["X-Request-ID"] == (
        "abc-123-def"
    )
    assert get(ASSETS, headers={"X-Request-ID": "a b"}).headers["X-Request-ID"] != "a b"


def test_a_body_of_unknown_length_is_refused_and_not_dropped(cast: Cast):
    answer = cast["contributor"].post(ASSETS, headers={"Transfer-Encoding": "chunked"})

    problem(answer, 411)


@override_settings(RATE_LIMIT_ANON=3)
def test_7_refused_requests_are_limited_too(cast: Cast):
    asked = [cast["nobody"].get(ASSETS).status_code for _ in range(3)]
    asked += [cast["viewer"].post(ASSETS, {"name": "x"}).status_code]

    assert asked == [403, 403, 403, 429]
    assert cast["viewer"].get(ASSETS).status_code == 200


@override_settings(RATE_LIMIT_ACCOUNT=2)
def test_7_a_stranger_does_not_spend_the_accounts_share(cast: Cast):
    for _ in range(3):
        cast["stranger"].get("/api/v1/auth/me")

    assert cast["viewer"].get(ASSETS).status_code == 200


def test_an_object_that_is_gone_meanwhile_is_404(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    from assets.models import Asset
    from assets.serializers import AssetSerializer

    created = cast["admin"].post(ASSETS, {"name": "x"}).json()
    update = AssetSerializer.update

    def deleted_first(self, instance, values):
        Asset.objects.filter(pk=instance.pk).delete()
        return update(self, instance, values)

    monkeypatch.setattr(AssetSerializer, "update", deleted_first)

    problem(cast["admin"].patch(f"{ASSETS}{created['id']}", {"name": "y"}), 404)
