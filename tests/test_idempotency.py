"""`Idempotency-Key`: the same POST again creates nothing again."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.models import KeptAnswer
from assets.models import Asset
from discovery import sweeper
from discovery.models import DataImport, Flow
from tests.people import Cast
from tests.test_contract_errors import ASSETS, problem
from tests.threads import at_once

KEY = {"Idempotency-Key": "a-key"}
KEPT = ("ETag", "Location", "Content-Type")


def dependency_of(cast: Cast) -> dict[str, Any]:
    made = [cast["admin"].post(ASSETS, {"name": name}).json()["id"] for name in ("web", "db")]
    return {"source_asset": made[0], "target_asset": made[1], "dependency_type": "uses"}


def body_of(cast: Cast, kind: str) -> dict[str, Any]:
    if kind == "dependencies":
        return dependency_of(cast)
    return {
        "assets": {"name": "x", "memory_gb": 1.5, "last_seen_date": "2026-01-01T00:00:00Z"},
        "data-import": {"data_rows": [{"name": "x"}]},
        "flows": {"flow_name": "x"},
        "discovery/flows": {"flow_name": "x"},
    }[kind]


@pytest.mark.parametrize(
    "kind", ["assets", "dependencies", "data-import", "flows", "discovery/flows"]
)
def test_the_same_key_and_body_get_the_same_answer(cast: Cast, kind: str):
    client, body = cast["contributor"], body_of(cast, kind)
    path = f"/api/v1/{kind}/"

    first, again = (client.post(path, body, headers=KEY) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201), first.content
    assert again.content == first.content
    assert {n: again.headers[n] for n in KEPT} == {n: first.headers[n] for n in KEPT}
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.get(first.headers["Location"]).status_code == 200
    assert client.get(path).json()["total"] == 1
    assert client.post(path, body).status_code in {201, 422}  # without a key it is another one


def test_the_same_upload_is_known_by_its_bytes_and_not_by_its_boundary(cast: Cast):
    def send(text: bytes, name: str = "a.csv") -> Any:
        upload = {"file": SimpleUploadedFile(name, text)}
        return cast["contributor"].post(
            "/api/v1/data-import/", upload, format="multipart", headers=KEY
        )

    text = b"name\n" + b"web-01\n" * 500_000  # larger than what stays in memory
    first, again, other, renamed = send(text), send(text), send(text + b"x"), send(text, "b.csv")

    assert first.status_code == 201, first.content
    assert again.content == first.content
    assert problem(other, 422)["code"] == problem(renamed, 422)["code"] == "idempotency_key_reused"
    with cast.scope():
        kept = DataImport.objects.get()
        assert kept.upload.size == len(text)


def test_the_same_key_with_another_request_is_refused(cast: Cast):
    client = cast["contributor"]
    client.post(ASSETS, {"name": "x"}, headers=KEY)

    assert (
        problem(client.post(ASSETS, {"name": "y"}, headers=KEY), 422)["code"]
        == "idempotency_key_reused"
    )
    problem(client.post("/api/v1/flows", {"flow_name": "x"}, headers=KEY), 422)
    with cast.scope():
        assert Asset.objects.count() == 1
        assert Flow.objects.count() == 0


def test_a_key_is_its_users_in_an_engagement(cast: Cast):
    for client in (cast["contributor"], cast["admin"], cast.stranger_at_home):
        answer = client.post(ASSETS, {"name": "x"}, headers=KEY)
        assert answer.status_code == 201
        assert "Idempotency-Replayed" not in answer.headers


def test_a_request_that_failed_leaves_no_key(cast: Cast):
    client = cast["contributor"]

    problem(client.post(ASSETS, {"name": ""}, headers=KEY), 422)

    assert client.post(ASSETS, {"name": "x"}, headers=KEY).status_code == 201


def test_who_may_not_create_gets_no_kept_answer(cast: Cast):
    cast["contributor"].post(ASSETS, {"name": "x"}, headers=KEY)

    problem(cast["viewer"].post(ASSETS, {"name": "x"}, headers=KEY), 403)


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "a\tb"])
def test_a_malformed_key_is_400(cast: Cast, key: str):
    answer = cast["contributor"].post(ASSETS, {"name": "x"}, HTTP_IDEMPOTENCY_KEY=key)

    assert "Idempotency-Key" in problem(answer, 400)["message"]


def test_after_a_day_the_key_is_free_again(cast: Cast):
    client = cast["contributor"]
    client.post(ASSETS, {"name": "x"}, headers=KEY)
    with cast.scope():
        KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    answer = client.post(ASSETS, {"name": "y"}, headers=KEY)

    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_the_sweeper_removes_what_is_older_than_a_day(cast: Cast):
    for tenant, client in (
        (cast.scope, cast["contributor"]),
        (cast.scope_elsewhere, cast.stranger_at_home),
    ):
        for age in (23, 25):
            client.post(ASSETS, {"name": "x"}, headers={"Idempotency-Key": f"{age} hours"})
            with tenant():
                KeptAnswer.objects.filter(key=f"{age} hours").update(
                    created_at=timezone.now() - timedelta(hours=age)
                )

    sweeper.sweep()

    for tenant in (cast.scope, cast.scope_elsewhere):
        with tenant():
            assert KeptAnswer.objects.get().key == "23 hours"


def test_20_twins_at_once_create_one(committed: Cast):
    clients = [committed["contributor"] for _ in range(20)]

    answers = at_once(20, lambda n: clients[n].post(ASSETS, {"name": "twin"}, headers=KEY))

    assert [a.status_code for a in answers] == [201] * 20
    assert len({a.content for a in answers}) == 1
    assert sum("Idempotency-Replayed" not in a.headers for a in answers) == 1
    with committed.scope(), transaction.atomic():
        assert Asset.objects.count() == 1


def test_a_twin_of_a_request_that_fails_takes_its_place(
    committed: Cast, monkeypatch: pytest.MonkeyPatch
):
    from assets.serializers import AssetSerializer

    clients = [committed["contributor"] for _ in range(5)]
    for client in clients:
        client.raise_request_exception = False
    create, failed = AssetSerializer.create, []

    def fails_first(self, values):
        made = create(self, values)
        if not failed:
            failed.append(made)
            raise RuntimeError
        return made

    monkeypatch.setattr(AssetSerializer, "create", fails_first)
    answers = at_once(5, lambda n: clients[n].post(ASSETS, {"name": "twin"}, headers=KEY))

    assert sorted(a.status_code for a in answers) == [201, 201, 201, 201, 500]
    with committed.scope(), transaction.atomic():
        assert Asset.objects.count() == 1


def test_every_operation_that_creates_documents_the_header():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    creating = [path for path, methods in paths.items() if "201" in _answers(methods.get("post"))]

    assert len(creating) >= 5
    for path in creating:
        operation = paths[path]["post"]
        assert {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"], path
        assert "Idempotency-Replayed" in operation["responses"]["201"]["headers"], path


def _answers(operation: Any) -> Any:
    return (operation or {}).get("responses", {})
