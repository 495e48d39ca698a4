"""Engagements of a client account."""

from functools import partial
from uuid import uuid4

import pytest

from discovery.models import DataImport
from tenancy.models import Engagement
from tenancy.scope import scope
from tests.factories import AssetFactory, DependencyFactory, EngagementFactory
from tests.people import Cast, client, seen
from tests.races import at_once

ENGAGEMENTS = "/api/v1/engagements/"


def another(cast: Cast, name: str = "Another") -> Engagement:
    account = cast.engagement.client_account
    return seen(lambda: EngagementFactory(client_account=account, name=name))


def names(cast: Cast, query: str = "") -> list[str]:
    items = cast["viewer"].get(f"{ENGAGEMENTS}?{query}").json()["items"]
    return [item["name"] for item in items]


def test_an_engagement_is_made_and_can_be_entered_at_once(cast: Cast):
    made = cast["admin"].post(ENGAGEMENTS, {"name": " Exit of Hamburg "})

    assert made.status_code == 201
    body = made.json()
    assert set(body) == {"id", "name", "created_at", "updated_at"}
    assert body["name"] == "Exit of Hamburg"
    engagement = seen(lambda: Engagement.objects.get(pk=body["id"]))
    assert engagement.client_account_id == cast.engagement.client_account_id
    assert client(cast.users["viewer"], engagement).get("/api/v1/assets/").json()["total"] == 0
    assert cast["viewer"].get(f"{ENGAGEMENTS}{body['id']}").json() == body


def test_engagements_are_filtered_and_ordered(cast: Cast):
    another(cast, "Berlin")
    another(cast, "Aachen")

    assert names(cast) == sorted([cast.engagement.name, "Aachen", "Berlin"])
    assert names(cast, "name=berlin") == names(cast, "name__contains=ERL") == ["Berlin"]
    assert names(cast, "search=aach") == ["Aachen"]
    assert names(cast, "ordering=-created_at") == ["Aachen", "Berlin", cast.engagement.name]
    assert cast["viewer"].get(f"{ENGAGEMENTS}?title=x").status_code == 422
    page = cast["viewer"].get(f"{ENGAGEMENTS}?page_size=1&page=2").json()
    assert (page["total"], page["items"][0]["name"]) == (3, "Berlin")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_an_engagement_is_renamed(cast: Cast, method: str):
    engagement = another(cast)
    before = engagement.updated_at

    kept = getattr(cast["admin"], method)(f"{ENGAGEMENTS}{engagement.pk}", {})
    assert (kept.status_code, kept.json()["name"]) == (200, "Another")
    answer = getattr(cast["admin"], method)(f"{ENGAGEMENTS}{engagement.pk}", {"name": "ANOTHER"})

    assert answer.json()["name"] == "ANOTHER", "its own name is no other engagement's"
    seen(engagement.refresh_from_db)
    assert (engagement.name, engagement.updated_at > before) == ("ANOTHER", True)


@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        ({}, "required"),
        ({"name": " "}, "cannot be empty"),
        ({"name": "x" * 201}, "200"),
        ({"name": "another"}, "Another engagement has this name."),
    ],
)
def test_a_wrong_name_is_refused(cast: Cast, body: dict[str, str], fragment: str):
    another(cast)

    answer = cast["admin"].post(ENGAGEMENTS, body)

    assert answer.status_code == 422
    (error,) = answer.json()["error"]["details"]["field_errors"]
    assert error["field"] == "name"
    assert fragment in error["message"]


def test_a_name_taken_in_another_account_is_free_here(cast: Cast):
    assert cast["admin"].post(ENGAGEMENTS, {"name": cast.elsewhere.name}).status_code == 201
    renamed = cast["admin"].put(
        f"{ENGAGEMENTS}{another(cast).pk}", {"name": cast.elsewhere.name.upper()}
    )
    assert renamed.status_code == 422


def test_engagements_of_another_account_are_not_there(cast: Cast):
    theirs = EngagementFactory(client_account=cast.elsewhere.client_account, name="Secret")

    for method in ("get", "put", "patch", "delete"):
        answer = getattr(cast["admin"], method)(f"{ENGAGEMENTS}{theirs.pk}", {"name": "x"})
        assert answer.status_code == 404
        assert "Secret" not in answer.content.decode()
    seen(theirs.refresh_from_db)
    assert theirs.name == "Secret"
    assert names(cast) == [cast.engagement.name]
    assert cast["admin"].get(f"{ENGAGEMENTS}?search=secret").json()["total"] == 0
    assert cast["admin"].get(f"{ENGAGEMENTS}{uuid4()}").status_code == 404
    assert cast["admin"].get(f"{ENGAGEMENTS}x").status_code == 422


def test_the_last_engagement_stays(cast: Cast):
    """Those of another account do not count."""
    EngagementFactory(client_account=cast.elsewhere.client_account)

    answer = cast["admin"].delete(f"{ENGAGEMENTS}{cast.engagement.pk}")

    assert answer.status_code == 409
    assert "its last one" in answer.json()["error"]["message"]
    assert seen(Engagement.objects.filter(pk=cast.engagement.pk).exists)


def test_an_engagement_that_holds_something_stays(cast: Cast):
    """Also when the headers name another one than that which is to go."""
    full = another(cast)
    with scope(full.client_account_id, full.pk):
        DependencyFactory()
        AssetFactory()
    client(cast.users["admin"], full).post("/api/v1/data-import/", {"data_rows": [{"name": "x"}]})
    assert names(cast) == ["Another", cast.engagement.name]

    answer = cast["admin"].delete(f"{ENGAGEMENTS}{full.pk}")

    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == (
        "The engagement still holds 3 assets and 1 data import. Delete those first."
    )
    with scope(full.client_account_id, full.pk):
        assert DataImport.objects.count() == 1


def test_an_empty_engagement_goes_also_from_within(cast: Cast):
    empty = another(cast)
    with cast.scope():
        AssetFactory()
    inside = client(cast.users["admin"], empty)

    assert inside.delete(f"{ENGAGEMENTS}{empty.pk}").status_code == 204

    assert inside.get(ENGAGEMENTS).status_code == 403
    assert names(cast) == [cast.engagement.name]


def test_an_engagement_goes_with_the_answers_kept_for_repeated_requests(cast: Cast):
    empty = another(cast)
    inside = client(cast.users["contributor"], empty)
    made = inside.post("/api/v1/assets/", {"name": "x"}, headers={"Idempotency-Key": "a key"})
    path = f"/api/v1/assets/{made.json()['id']}"
    assert client(cast.users["admin"], empty).delete(path).status_code == 204

    assert cast["admin"].delete(f"{ENGAGEMENTS}{empty.pk}").status_code == 204


def test_two_last_engagements_deleted_at_once(committed: Cast):
    other, admin = another(committed), committed["admin"]

    answers = at_once(
        other.client_account_id,
        partial(admin.delete, f"{ENGAGEMENTS}{other.pk}"),
        partial(admin.delete, f"{ENGAGEMENTS}{committed.engagement.pk}"),
    )

    assert sorted(answer.status_code for answer in answers) == [204, 409]
    left = Engagement.objects.filter(client_account_id=other.client_account_id)
    assert seen(left.count) == 1


def test_one_name_given_twice_at_once(committed: Cast):
    post = committed["admin"].post

    answers = at_once(
        committed.engagement.client_account_id,
        partial(post, ENGAGEMENTS, {"name": "Twin"}),
        partial(post, ENGAGEMENTS, {"name": "TWIN"}),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 422]
