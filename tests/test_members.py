"""Members of a client account: inviting, roles, removal, and that an admin stays."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import LastAdmin, Membership, Role, User
from tenancy.scope import all_tenants
from tests.factories import EngagementFactory, MembershipFactory, UserFactory
from tests.people import Cast, client, mint, seen
from tests.races import at_once

MEMBERS = "/api/v1/members/"
ASSETS = "/api/v1/assets/"


def member(cast: Cast, who: str) -> Membership:
    account = cast.engagement.client_account
    found = Membership.objects.select_related("user")
    return seen(lambda: found.get(user=cast.users[who], client_account=account))


def path(cast: Cast, who: str) -> str:
    return f"{MEMBERS}{member(cast, who).pk}"


def message(answer: Any) -> str:
    return str(answer.json()["error"]["message"])


def test_members_are_listed_and_read_with_these_fields(cast: Cast):
    listed = cast["viewer"].get(MEMBERS).json()

    assert listed["total"] == 3
    assert [item["email"] for item in listed["items"]] == sorted(
        cast.users[role].email for role in Role
    )
    item = cast["viewer"].get(path(cast, "contributor")).json()
    assert set(item) == {"id", "user_id", "email", "role", "created_at", "updated_at"}
    assert item["user_id"] == str(cast.users["contributor"].pk)
    assert item["role"] == "contributor"
    assert item in listed["items"]


def test_members_are_filtered_and_ordered(cast: Cast):
    email = cast.users["viewer"].email
    for query, expected in {
        "role=admin,viewer": 2,
        f"email={email.upper()}": 1,
        "email__contains=@example": 3,
        f"search={email.upper()}": 1,
        "search=nowhere": 0,
    }.items():
        assert cast["viewer"].get(f"{MEMBERS}?{query}").json()["total"] == expected, query
    roles = [
        item["role"] for item in cast["viewer"].get(f"{MEMBERS}?ordering=-role").json()["items"]
    ]
    assert roles == ["viewer", "contributor", "admin"]
    assert cast["viewer"].get(f"{MEMBERS}?rolle=admin").status_code == 422


def test_members_of_another_account_are_not_there(cast: Cast):
    theirs = MembershipFactory(
        client_account=cast.elsewhere.client_account, user=UserFactory(email="foreign@example.com")
    )
    admin = cast["admin"]

    for method in ("get", "put", "patch", "delete"):
        answer = getattr(admin, method)(f"{MEMBERS}{theirs.pk}", {"role": "viewer"})
        assert answer.status_code == 404
        assert "foreign" not in answer.content.decode()
    assert seen(lambda: Membership.objects.get(pk=theirs.pk)).role == theirs.role
    for query in ("", "?search=foreign", "?email=foreign@example.com"):
        assert "foreign" not in admin.get(f"{MEMBERS}{query}").content.decode()
    assert admin.get(f"{MEMBERS}?search=foreign").json()["total"] == 0
    assert admin.get(f"{MEMBERS}{uuid4()}").status_code == 404


def test_an_invitation_tells_nothing_about_the_person(
    cast: Cast, django_capture_on_commit_callbacks
):
    """Known here, known elsewhere, locked out or never seen: the answers are the same."""
    UserFactory(email="known@example.com", name="Ada", is_active=True)
    UserFactory(email="locked@example.com", is_active=False)
    people = ["known@example.com", "locked@example.com", cast.users["stranger"].email, "new@x.com"]
    answers, asked = [], []
    for email in people:
        with django_capture_on_commit_callbacks() as callbacks:
            answer = cast["admin"].post(MEMBERS, {"email": email, "role": "viewer"})
        assert answer.status_code == 201
        body = answer.json()
        assert body["email"] == email
        assert body["user_id"] == str(User.objects.get(email=email).pk)
        asked.append(len(callbacks))
        told = {**body, "id": "", "user_id": "", "email": "", "created_at": "", "updated_at": ""}
        answers.append((told, sorted(answer.headers)))

    assert all(answer == answers[0] for answer in answers)
    assert asked == [1] * len(people), "a worker sends each of them a mail"


def test_an_invitation_asks_the_database_the_same_for_everybody(cast: Cast):
    """Otherwise the time would tell who is known elsewhere."""
    statements = []
    for email in (cast.users["stranger"].email, "new@example.com"):
        with CaptureQueriesContext(connection) as captured:
            assert (
                cast["admin"].post(MEMBERS, {"email": email, "role": "viewer"}).status_code == 201
            )
        statements.append([query["sql"].split(" ")[0] for query in captured.captured_queries])

    assert statements[0] == statements[1]
    assert "INSERT" in statements[0]


def test_a_new_person_becomes_a_user_without_a_password(cast: Cast):
    invited = cast["admin"].post(MEMBERS, {"email": " Grace@Example.COM ", "role": "contributor"})

    assert invited.json()["email"] == "grace@example.com"
    user = User.objects.get(email="grace@example.com")
    assert not user.has_usable_password()
    assert (user.name, user.is_active, user.is_staff) == ("", True, False)
    assert client(user, cast.engagement).post(ASSETS, {"name": "x"}).status_code == 201


def test_inviting_again_keeps_the_user_as_he_is(cast: Cast):
    stranger = cast.users["stranger"]
    kept = {"password": make_password("a-password-that-stays"), "name": "Ada"}
    User.objects.filter(pk=stranger.pk).update(**kept)

    assert (
        cast["admin"].post(MEMBERS, {"email": stranger.email, "role": "viewer"}).status_code == 201
    )

    stranger.refresh_from_db()
    assert stranger.check_password("a-password-that-stays")
    assert stranger.name == "Ada"
    assert client(stranger, cast.engagement).get(ASSETS).status_code == 200
    assert cast.stranger_at_home.post(ASSETS, {"name": "x"}).status_code == 201, "an admin there"


@pytest.mark.parametrize(
    ("body", "field", "fragment"),
    [
        ({"role": "viewer"}, "email", "required"),
        ({"email": "x@example.com"}, "role", "required"),
        ({"email": "", "role": "viewer"}, "email", "cannot be empty"),
        ({"email": "x", "role": "viewer"}, "email", "valid email"),
        ({"email": "x@example.com", "role": "owner"}, "role", "must be one of"),
        ({"email": f"{'x' * 300}@example.com", "role": "viewer"}, "email", "254"),
        ({"email": "x@example.com", "role": "viewer", "name": "X"}, "name", "unknown"),
    ],
)
def test_a_wrong_invitation_is_refused(cast: Cast, body: Any, field: str, fragment: str):
    answer = cast["admin"].post(MEMBERS, body)

    assert answer.status_code == 422
    errors = answer.json()["error"]["details"]["field_errors"]
    assert any(e["field"] == field and fragment in e["message"] for e in errors), errors
    kept = Membership.objects.filter(client_account=cast.engagement.client_account)
    assert seen(kept.count) == 3


def test_a_member_is_not_invited_twice(cast: Cast):
    answer = cast["admin"].post(
        MEMBERS, {"email": cast.users["viewer"].email.upper(), "role": "admin"}
    )

    assert answer.status_code == 422
    assert message(answer) == "email: This person is a member already."
    assert member(cast, "viewer").role == Role.VIEWER


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_role_changes_and_counts_at_once(cast: Cast, method: str):
    before = member(cast, "viewer").updated_at
    assert cast["viewer"].post(ASSETS, {"name": "x"}).status_code == 403

    answer = getattr(cast["admin"], method)(path(cast, "viewer"), {"role": "contributor"})

    assert answer.status_code == 200
    assert answer.json()["role"] == "contributor"
    assert member(cast, "viewer").updated_at > before
    assert cast["viewer"].post(ASSETS, {"name": "x"}).status_code == 201


def test_a_membership_keeps_its_person(cast: Cast):
    email = cast.users["viewer"].email
    same = cast["admin"].put(path(cast, "viewer"), {"email": email, "role": "viewer"})
    other = cast["admin"].put(path(cast, "viewer"), {"email": "other@example.com"})

    assert same.status_code == 200
    assert other.status_code == 422
    assert "cannot be changed" in message(other)
    assert member(cast, "viewer").user == cast.users["viewer"]


def test_removal_ends_the_access_at_once(cast: Cast):
    asking = cast["contributor"]
    assert asking.get(ASSETS).status_code == 200

    assert cast["admin"].delete(path(cast, "contributor")).status_code == 204

    assert asking.get(ASSETS).status_code == 403
    assert asking.get("/api/v1/client-accounts/").json()["total"] == 0
    assert User.objects.filter(pk=cast.users["contributor"].pk).exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda admin, own: admin.delete(own),
        lambda admin, own: admin.put(own, {"role": "contributor"}),
        lambda admin, own: admin.patch(own, {"role": "viewer"}),
    ],
)
def test_the_last_admin_stays(cast: Cast, change: Any):
    """Another admin who may not log in does not count, nor does one of another account."""
    account = cast.engagement.client_account
    MembershipFactory(client_account=account, role=Role.ADMIN, user__is_active=False)
    own = path(cast, "admin")

    refused = change(cast["admin"], own)
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "last_admin"
    assert "Make another member an admin first" in message(refused)
    assert member(cast, "admin").role == Role.ADMIN

    MembershipFactory(client_account=account, role=Role.ADMIN)
    assert change(cast["admin"], own).status_code in {200, 204}


def test_what_leaves_the_last_admin_in_place_is_allowed(cast: Cast):
    assert cast["admin"].put(path(cast, "admin"), {"role": "admin"}).status_code == 200
    assert cast["admin"].delete(path(cast, "viewer")).status_code == 204


def test_two_admins_who_demote_each_other_at_once(committed: Cast):
    account = committed.engagement.client_account
    other = seen(lambda: MembershipFactory(client_account=account, role=Role.ADMIN))
    one, two = committed["admin"], client(other.user, committed.engagement)

    answers = at_once(
        account.pk,
        partial(one.patch, f"{MEMBERS}{other.pk}", {"role": "viewer"}),
        partial(two.delete, path(committed, "admin")),
    )

    statuses = {answer.status_code for answer in answers}
    # The second is no admin any more: the role is read again under the lock.
    assert statuses in ({200, 403}, {204, 403}), statuses
    admins = Membership.objects.filter(client_account=account, role=Role.ADMIN)
    assert seen(admins.count) == 1


def test_one_person_invited_twice_at_once(committed: Cast):
    invitation = {"email": f"{uuid4().hex}@example.com", "role": "viewer"}

    answers = at_once(
        committed.engagement.client_account_id,
        *[partial(committed["admin"].post, MEMBERS, invitation) for _ in range(2)],
    )

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert seen(Membership.objects.filter(user__email=invitation["email"]).count) == 1


def test_a_member_removed_twice_at_once(committed: Cast):
    remove = partial(committed["admin"].delete, path(committed, "viewer"))
    demote = partial(committed["admin"].patch, path(committed, "viewer"), {"role": "admin"})

    answers = at_once(committed.engagement.client_account_id, remove, remove, demote)

    removed = [answer.status_code for answer in answers[:2]]
    assert sorted(removed) == [204, 404]
    assert answers[2].status_code in {200, 404}
    kept = Membership.objects.filter(
        user=committed.users["viewer"], client_account=committed.engagement.client_account
    )
    assert not seen(kept.exists)


def test_the_rule_holds_below_the_api(cast: Cast):
    admin = member(cast, "admin")
    admin.role = Role.VIEWER
    user = User.objects.get(pk=admin.user_id)
    for change in (admin.save, member(cast, "admin").delete, user.delete):
        with pytest.raises(LastAdmin), all_tenants():
            change()
    assert member(cast, "admin").role == Role.ADMIN
    with pytest.raises(CommandError, match="needs an admin"):
        call_command(
            "create_tenant",
            name="x",
            client_account_id=cast.engagement.client_account_id,
            members=[
                type("M", (), {"email": admin.user.email, "password": "p", "role": Role.VIEWER})
            ],
        )
    assert member(cast, "admin").role == Role.ADMIN


def test_my_client_accounts(cast: Cast):
    admin, account = cast["admin"], cast.engagement.client_account
    also = EngagementFactory(client_account__name="Also mine")
    MembershipFactory(client_account=also.client_account, user=cast.users["admin"], role="viewer")
    MembershipFactory(client_account=also.client_account, role="admin")
    closed = MembershipFactory(client_account__is_active=False, user=cast.users["admin"])
    second = EngagementFactory(client_account=account, name="A second one")

    listed = admin.get("/api/v1/client-accounts/").json()
    assert listed["total"] == 2
    roles = {item["name"]: item["role"] for item in listed["items"]}
    assert roles == {account.name: "admin", "Also mine": "viewer"}
    one = admin.get(f"/api/v1/client-accounts/{account.pk}").json()
    assert one in listed["items"]
    assert set(one) == {"id", "name", "role", "engagements", "created_at"}
    assert [item["name"] for item in one["engagements"]] == ["A second one", cast.engagement.name]
    assert one["engagements"][0]["id"] == str(second.pk)
    found = admin.get("/api/v1/client-accounts/?search=ALSO").json()["items"]
    assert [item["id"] for item in found] == [str(also.client_account_id)]
    for foreign in (cast.elsewhere.client_account_id, closed.client_account_id, uuid4()):
        assert admin.get(f"/api/v1/client-accounts/{foreign}").status_code == 404
    assert admin.get("/api/v1/client-accounts/nonsense").status_code == 422
    assert admin.get("/api/v1/client-accounts/?naem=x").status_code == 422


def test_client_accounts_need_a_token_and_nothing_else(cast: Cast):
    asking = APIClient()
    assert asking.get("/api/v1/client-accounts/").status_code == 401
    assert asking.post("/api/v1/client-accounts/", {"name": "x"}).status_code == 401
    token = mint(cast.users["viewer"].pk, cast.engagement)
    asking.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert asking.get("/api/v1/client-accounts/").json()["total"] == 1
    assert asking.post("/api/v1/client-accounts/", {"name": "x"}).status_code == 405
    assert cast["nobody"].get("/api/v1/client-accounts/").json()["items"] == []
