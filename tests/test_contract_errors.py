"""contract.md sections 6 and 7: one body for every error, and the limits."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from config.errors import MESSAGES
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


@override_settings(MAX_BODY_MB=1, MAX_UPLOAD_MB=1)
def test_6_bodies_that_are_too_large(cast: Cast):
    client = cast["contributor"]
    large = '{"name": "' + "x" * 2**20 + '"}'
    assert (
        "MAX_BODY_MB"
        in problem(client.generic("POST", ASSETS, large, "application/json"), 413)["message"]
    )
    upload = {"file": SimpleUploadedFile("big.csv", b"x" * (3 * 2**20))}
    assert (
        "MAX_UPLOAD_MB"
        in problem(client.post("/api/v1/data-import/", upload, format="multipart"), 413)["message"]
    )


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


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/*",
        "application/problem+json",
        "text/html, */*;q=0.1",
        "application/json;q=0.2, text/html",
        "application/json; indent=4",
    ],
)
def test_6_whoever_can_take_json_gets_it(cast: Cast, accept: str):
    answer = cast["viewer"].get(ASSETS, HTTP_ACCEPT=accept)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("accept", ["text/html", "image/png, text/*", "json", "x" * 20_000])
def test_6_whoever_cannot_is_told_so_in_json(cast: Cast, accept: str):
    assert (
        "application/json"
        in problem(cast["viewer"].get(ASSETS, HTTP_ACCEPT=accept), 406)["message"]
    )
    problem(cast["viewer"].get(f"{ASSETS}?format=html"), 422)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/", "/api/v1/health"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_6_wrong_methods_of_public_routes(path: str, method: str):
    answer = APIClient().generic(method, path)

    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "GET" in answer.headers["Allow"]
    assert "method not allowed" in answer.json()["error"]["message"].lower()


@pytest.mark.django_db
def test_the_admin_answers_a_forged_form_in_html_without_a_cause(client: Client):
    forging = Client(enforce_csrf_checks=True)

    answer = forging.post("/admin/login/", {"username": "x", "password": "x"})

    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (403, "text/html")
    assert b"Traceback" not in answer.content


def test_6_messages_are_in_plain_words(cast: Cast):
    post = cast["contributor"].post
    body = {"source_asset": str(uuid4()), "target_asset": "x", "dependency_type": "uses"}
    missing = post("/api/v1/dependencies/", body)
    assert field_error(missing, "source_asset") == (
        "No asset with this id exists in the engagement."
    )
    assert field_error(missing, "target_asset") == "Must be a valid UUID."
    assert field_error(post(ASSETS, {"name": "x", "cpu_cores": "many"}), "cpu_cores") == (
        "A whole number is required."
    )
    assert field_error(post(ASSETS, [1]), "") == "Must be an object."
    assert field_error(post(ASSETS, {"name": "x", "tags": {}}), "tags") == (
        "This field must be a list."
    )


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_6_a_form_that_cannot_be_read(cast: Cast, kind: str):
    answer = cast["contributor"].generic("POST", "/api/v1/data-import/", "no form", kind)

    assert "None" not in answer.json()["detail"]
    assert answer.status_code in {400, 422}


def fields_of_bodies() -> Iterator[Any]:
    """Every field that a body may hold, also of serializers that are not written yet."""
    generator = SchemaGenerator()
    generator.get_schema(request=None, public=True)
    for component in generator.registry._components.values():
        kind = component.object
        if component.name.endswith("Request"):
            for field in (kind() if isinstance(kind, type) else kind).fields.values():
                if not field.read_only:
                    yield from filter(None, (field, getattr(field, "child", None)))


def test_no_message_speaks_of_python_or_django():
    unplain = re.compile(r"\bpk\b|dictionary|biginteger|_type\b|datatype|queryset", re.IGNORECASE)
    told = {
        (type(field).__name__, code, str(MESSAGES.get(code, message)).partition("one of: ")[0])
        for field in fields_of_bodies()
        for code, message in field.error_messages.items()
    }

    assert len(told) > 50
    assert sorted(entry for entry in told if unplain.search(entry[2])) == []


@pytest.mark.parametrize(
    "query",
    [
        "asset_type=server&asset_type=database",
        "page=1&page=2",
        "ordering=name&ordering=-name",
        "search=a&search=a",
    ],
)
def test_a_parameter_given_twice_is_refused(cast: Cast, query: str):
    name = query.partition("=")[0]

    assert "more than once" in field_error(cast["viewer"].get(f"{ASSETS}?{query}"), name)


def test_several_values_go_into_one_parameter(cast: Cast):
    for kind in ("server", "database", "application"):
        cast["admin"].post(ASSETS, {"name": "x", "asset_type": kind})

    assert cast["viewer"].get(f"{ASSETS}?asset_type=server,database").json()["total"] == 2


def test_moments_are_written_the_same_way_by_every_answer(cast: Cast):
    moments = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.120000Z", "2026-01-01T01:00:00+01:00")
    for moment in moments:
        made = cast["admin"].post(ASSETS, {"name": "x", "last_seen_date": moment}).json()
        assert cast["viewer"].get(f"{ASSETS}{made['id']}").json() == made
