"""What a hostile reader of the code tried, and how it ends."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from rest_framework.test import APIClient

from assets.models import Asset, Dependency
from discovery.models import DataImport
from tenancy.scope import scope
from tests.factories import AssetFactory, EngagementFactory
from tests.people import Cast, client, seen
from tests.webserver import webserver

ASSETS = "/api/v1/assets/"
BEYOND_64_BITS = 20_000_000_000_000_000_000


def test_a_number_beyond_64_bits_breaks_no_answer(cast: Cast):
    admin = cast["admin"]
    made = admin.post(ASSETS, {"name": "poison", "attributes": {"n": BEYOND_64_BITS, "m": 1e300}})
    assert made.status_code == 201
    path = f"{ASSETS}{made.json()['id']}"

    assert admin.get(path).json()["attributes"]["n"] == BEYOND_64_BITS
    assert admin.patch(path, {"location": "Kiel"}).status_code == 200
    (event,) = admin.get("/api/v1/audit-events/?action=create&object_type=asset").json()["items"]
    assert event["after"]["attributes"]["n"] == BEYOND_64_BITS


def test_a_body_that_no_route_needs_is_refused(cast: Cast):
    many = "{" + ",".join(f'"{n}":0' for n in range(600_000)) + "}"
    answer = APIClient().generic("POST", "/api/v1/auth/token", many, "application/json")
    assert answer.status_code == 413
    assert "MAX_BODY_MB" in answer.json()["detail"]

    some = "{" + ",".join(f'"{n}":0' for n in range(100_000)) + "}"
    answer = cast["admin"].generic("POST", ASSETS, some, "application/json")
    assert answer.status_code == 422
    assert len(answer.json()["error"]["details"]["field_errors"]) <= 60


@pytest.mark.parametrize("charset", ["rot13", "hex", "zlib", "undefined", "utf-7", "cp037", "idna"])
def test_text_is_utf_8_whatever_codec_a_client_names(committed: Cast, server: int, charset: str):
    asking = http.client.HTTPConnection("127.0.0.1", server, timeout=30)
    for path, kind in (
        ("/api/v1/health?x=%41", "text/plain"),
        ("/api/v1/auth/token", "application/json"),
        ("/api/v1/data-import/", "multipart/form-data; boundary=x"),
    ):
        for method in ("GET", "POST"):
            headers = {"Content-Type": f"{kind}; charset={charset}"}
            asking.request(method, path, body="+2AA-a", headers=headers)
            answer = asking.getresponse()
            answer.read()
            assert answer.status < 500, (method, path)
    asking.close()


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Any:
    with webserver() as port:
        yield port


def test_a_head_has_no_body_and_the_length_of_one(cast: Cast):
    told = cast["viewer"].get(ASSETS)
    head = cast["viewer"].head(ASSETS)
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(told.content))


def held(committed: Cast, statement: str, during: Any) -> Any:
    """What `during` gives while another transaction holds what `statement` took."""
    taken, over = Event(), Event()

    def hold() -> None:
        with committed.scope(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            taken.set()
            over.wait(30)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert taken.wait(10)
        try:
            return during()
        finally:
            over.set()
            holding.result()


def test_who_waits_for_a_lock_is_told_so(committed: Cast):
    admin = committed["admin"]
    made = admin.post("/api/v1/data-import/", {"data_rows": [{"name": "x"}]}).json()
    began = time.monotonic()
    answer = held(
        committed,
        f"SELECT 1 FROM discovery_dataimport WHERE id = '{made['id']}' FOR UPDATE",
        lambda: admin.delete(f"/api/v1/data-import/{made['id']}"),
    )
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "busy"
    assert answer.headers["Retry-After"]
    assert time.monotonic() - began < 25, "a lock does not hold a web thread for long"
    with committed.scope(), transaction.atomic():
        assert DataImport.objects.filter(pk=made["id"]).exists()


def test_a_third_export_of_an_account_has_to_wait(committed: Cast):
    account = committed.engagement.client_account_id
    places = ", ".join(
        f"pg_advisory_xact_lock(hashtextextended('{account}', {place}))" for place in range(2)
    )
    get = committed["viewer"].get
    refused = held(committed, f"SELECT {places}", lambda: get("/api/v1/assets/export"))
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert get("/api/v1/assets/export").getvalue()


def test_engagements_of_one_account_have_both_locks(cast: Cast):
    other = EngagementFactory(client_account=cast.engagement.client_account)
    with scope(other.client_account_id, other.pk):
        theirs = AssetFactory(name="theirs")
    with cast.scope():
        mine = AssetFactory(name="mine")
        assert [asset.name for asset in Asset.objects.raw("SELECT * FROM assets_asset")] == ["mine"]
        overwriting = Asset(id=theirs.pk, name="overwritten")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Asset.objects.bulk_create(
                [overwriting], update_conflicts=True, update_fields=["name"], unique_fields=["id"]
            )
        edge = Dependency(source_asset=mine, target_asset_id=theirs.pk, dependency_type="uses")
        edge.save()
        with pytest.raises(IntegrityError, match="foreign key"), transaction.atomic():
            connection.check_constraints()
        edge.delete()


def test_an_admin_who_was_removed_meanwhile_manages_nothing(
    committed: Cast, monkeypatch: pytest.MonkeyPatch
):
    from accounts.models import Membership
    from accounts.views import account

    removed = committed.users["admin"]
    lock = account.lock_accounts

    def after_the_removal(ids: Any) -> None:
        lock(ids)
        # What another admin did while this request waited for the lock.
        Membership.objects.filter(user=removed, client_account__in=ids).update(role="viewer")

    monkeypatch.setattr(account, "lock_accounts", after_the_removal)
    invitation = {"email": "accomplice@example.com", "role": "admin"}
    answer = client(removed, committed.engagement).post("/api/v1/members/", invitation)
    assert answer.status_code == 403
    accomplices = Membership.objects.filter(user__email="accomplice@example.com")
    assert not seen(accomplices.exists)


def test_an_asset_that_is_described_anew_is_not_the_one_a_client_has(cast: Cast):
    made = cast["admin"].post(ASSETS, {"name": "a"})
    path = f"{ASSETS}{made.json()['id']}"
    tag = made.headers["ETag"]
    assert cast["admin"].get(path, headers={"If-None-Match": tag}).status_code == 304
    with cast.scope():
        Asset.objects.update(sources={"an import": {"table": "t", "row": 1}})
    assert cast["admin"].get(path, headers={"If-None-Match": tag}).status_code == 200


def test_whatever_names_no_import_is_answered_alike(cast: Cast):
    for nonsense in ("nouuid", "", 5, str(cast.engagement.pk)):
        body = {"flow_name": "x", "data_import_id": nonsense}
        answer = cast["contributor"].post("/api/v1/discovery/flows", body)
        assert answer.status_code == 400, nonsense
        assert answer.json()["error"]["message"]


def test_a_second_file_does_not_vanish(cast: Cast):
    from django.core.files.uploadedfile import SimpleUploadedFile

    files = [SimpleUploadedFile(f"{n}.csv", b"name\nx\n") for n in "ab"]
    answer = cast["contributor"].post("/api/v1/data-import/", {"file": files}, format="multipart")
    assert answer.status_code == 422
    assert "One file" in answer.json()["detail"]


def test_the_trail_keeps_who_it_was_after_he_left(cast: Cast):
    contributor = cast.users["contributor"]
    cast["contributor"].post(ASSETS, {"name": "a"})
    member = seen(lambda: contributor.memberships.get())
    assert cast["admin"].delete(f"/api/v1/members/{member.pk}").status_code == 204

    events = cast["admin"].get("/api/v1/audit-events/").json()["items"]
    made = next(e for e in events if e["action"] == "create" and e["object_type"] == "asset")
    assert made["email"] == contributor.email
    gone = next(e for e in events if e["action"] == "delete")
    assert gone["before"]["email"] == contributor.email
    assert gone["email"] == cast.users["admin"].email
