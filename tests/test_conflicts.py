"""What the database refuses: 409 with the field, another attempt, or 503."""

from threading import Barrier, BrokenBarrierError
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings

from accounts.models import Membership, User
from assets.models import Asset
from assets.serializers import AssetSerializer, DependencySerializer
from assets.views import AssetViewSet
from config.conflicts import explained
from config.transactions import RETRIES
from tenancy.models import Engagement
from tests.factories import AssetFactory, MembershipFactory
from tests.people import Cast, seen
from tests.test_contract_errors import ASSETS, problem
from tests.threads import at_once

DEPENDENCIES = "/api/v1/dependencies/"


def two_assets(cast: Cast) -> list[str]:
    with cast.scope(), transaction.atomic():
        return [str(AssetFactory().pk) for _ in range(2)]


def stated(cast: Cast) -> dict[str, str]:
    source, target = two_assets(cast)
    return {"source_asset": source, "target_asset": target, "dependency_type": "uses"}


def test_a_race_for_the_same_values_is_409_and_names_the_fields(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(DependencySerializer, "validate", lambda self, attrs: attrs)
    body = stated(cast)
    cast["admin"].post(DEPENDENCIES, body)

    answer = cast["admin"].post(DEPENDENCIES, body)

    error = problem(answer, 409)
    fields = [entry["field"] for entry in error["details"]["field_errors"]]
    assert fields == ["source_asset", "target_asset", "dependency_type"]
    assert "source_asset, target_asset and dependency_type exists already" in error["message"]
    assert b"dependency_stated_once" not in answer.content
    assert body["target_asset"].encode() not in answer.content


def test_what_vanished_before_the_commit_is_409(committed: Cast, monkeypatch: pytest.MonkeyPatch):
    """The foreign key is checked with the commit, when the view is over."""
    body = stated(committed)
    create = DependencySerializer.create

    def and_vanish(self, values):
        made = create(self, values)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM assets_asset WHERE id = %s", [body["target_asset"]])
        return made

    monkeypatch.setattr(DependencySerializer, "create", and_vanish)
    answer = committed["admin"].post(DEPENDENCIES, body)

    assert "does not exist any more" in problem(answer, 409)["message"]
    assert "Key (" not in answer.content.decode()
    assert committed["admin"].get(DEPENDENCIES).json()["total"] == 0


@pytest.mark.parametrize(
    ("make", "sentence", "fields"),
    [
        (lambda m: User.objects.create(email=m.user.email), "this email exists already", ["email"]),
        (
            lambda m: Membership.objects.create(client_account=m.client_account, user=m.user),
            "this user exists already",
            ["user"],
        ),
        (lambda _: User.objects.create(email="x@example.com", name=None), "name must", ["name"]),
        (
            lambda m: (
                Engagement.objects.create(id=uuid4(), client_account=m.client_account)
                and Engagement.objects.create(id=uuid4(), client_account=m.client_account)
            ),
            "this name exists already",
            ["name"],
        ),
    ],
)
@pytest.mark.django_db
def test_every_kind_of_constraint_is_explained(make: Any, sentence: str, fields: list[str]):
    membership = MembershipFactory()

    with pytest.raises(IntegrityError) as caught:
        seen(lambda: make(membership))

    text, named = explained(caught.value)
    assert sentence in text
    assert named == fields


class Deadlock:
    """Puts two transactions into each other's way; from then on it does nothing."""

    def __init__(self, times: int) -> None:
        self.both_hold_one = Barrier(2)
        self.left = 2 * times
        self.attempts = 0

    def into(self, assets: list[str], first: int) -> None:
        self.attempts += 1
        if self.left <= 0:
            return
        self.left -= 1
        self._lock(assets[first])
        try:
            self.both_hold_one.wait(5)
        except BrokenBarrierError:  # the other one is through, nobody is in the way
            return
        self._lock(assets[1 - first])

    def _lock(self, asset: str) -> None:
        Asset.objects.select_for_update().get(pk=asset)


def test_a_deadlock_is_resolved_by_another_attempt(
    committed: Cast, monkeypatch: pytest.MonkeyPatch
):
    assets, clients = two_assets(committed), [committed["admin"] for _ in range(2)]
    deadlock, update = Deadlock(times=1), AssetSerializer.update

    def in_the_way(self, instance, values):
        deadlock.into(assets, assets.index(str(instance.pk)))
        return update(self, instance, values)

    monkeypatch.setattr(AssetSerializer, "update", in_the_way)
    answers = at_once(2, lambda n: clients[n].patch(f"{ASSETS}{assets[n]}", {"name": f"after {n}"}))

    assert [a.status_code for a in answers] == [200, 200], [a.content for a in answers]
    assert deadlock.attempts == 3
    names = [clients[0].get(f"{ASSETS}{asset}").json()["name"] for asset in assets]
    assert names == ["after 0", "after 1"]


SERIALIZATION_FAILURE = "DO $$ BEGIN RAISE serialization_failure; END $$"


def test_contention_that_lasts_is_503_after_three_more_attempts(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    attempts = []

    def contended(self, request):
        attempts.append(request.data)
        with connection.cursor() as cursor:
            cursor.execute(SERIALIZATION_FAILURE)

    monkeypatch.setattr(AssetViewSet, "create", contended)
    answer = cast["admin"].post(ASSETS, {"name": "x"})

    error = problem(answer, 503)
    assert error["code"] == "contention"
    assert answer.headers["Retry-After"] == "1"
    assert attempts == [{"name": "x"}] * (1 + RETRIES)
    assert cast["admin"].get(ASSETS).status_code == 200


@override_settings(RATE_LIMIT_USER=1)
def test_attempts_count_once_against_the_limits(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def contended(self, request):
        with connection.cursor() as cursor:
            cursor.execute(SERIALIZATION_FAILURE)

    monkeypatch.setattr(AssetViewSet, "list", contended)

    problem(cast["viewer"].get(ASSETS), 503)


def test_an_upload_is_not_buffered_for_another_attempt(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    from discovery.views.imports import DataImportViewSet

    attempts = []

    def contended(self, request):
        attempts.append(1)
        with connection.cursor() as cursor:
            cursor.execute(SERIALIZATION_FAILURE)

    monkeypatch.setattr(DataImportViewSet, "create", contended)

    problem(cast["admin"].post("/api/v1/data-import/", {}, format="multipart"), 503)
    assert attempts == [1]


@pytest.fixture
def away(committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection can be made, and the one there was is gone."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/assets/"),
        ("post", "/api/v1/assets/"),
        ("post", "/api/v1/auth/token"),
        ("get", "/api/v1/auth/me"),
        ("get", "/api/schema/"),
        ("get", "/admin/"),
    ],
)
def test_without_a_database_every_path_is_503(committed: Cast, away: None, method: str, path: str):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32
    headers = {"Authorization": committed["admin"]._credentials["HTTP_AUTHORIZATION"]}
    body = {"email": "a@example.com", "password": "x", "name": "x"}

    answer = getattr(client, method)(path, body, "application/json", headers=headers)

    assert answer.status_code == 503, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"]
    assert b"127.0.0.1" not in answer.content
    assert b"Traceback" not in answer.content
