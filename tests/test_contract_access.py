"""contract.md sections 1 to 3: who is asking, for whom, and in which role."""

import time
from uuid import uuid4

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts.models import Role
from tests import factories
from tests.people import Cast, client, headers, mint

ASSETS = "/api/v1/assets/"


def ask(engagement, token):
    return APIClient(headers=headers(engagement)).get(
        ASSETS, headers={"Authorization": f"Bearer {token}"}
    )


def test_1_a_token_minted_elsewhere_with_the_contracts_claims_is_valid(cast: Cast):
    token = mint(cast.users["viewer"].pk, cast.engagement)

    assert ask(cast.engagement, token).status_code == 200


BROKEN = {
    "expired": lambda user, engagement: mint(user.pk, engagement, exp=int(time.time()) - 1),
    "no exp": lambda user, engagement: mint(user.pk, engagement, exp=None),
    "wrong type": lambda user, engagement: mint(user.pk, engagement, type="refresh"),
    "no type": lambda user, engagement: mint(user.pk, engagement, type=None),
    "unknown user": lambda user, engagement: mint(uuid4(), engagement),
    "sub is no UUID": lambda user, engagement: mint("ada", engagement),
    "sub is a number": lambda user, engagement: mint(user.pk, engagement, sub=7),
    "wrong key": lambda user, engagement: jwt.encode(
        {"sub": str(user.pk), "exp": int(time.time()) + 60, "type": "access"}, "k" * 40
    ),
    "unsigned": lambda user, engagement: jwt.encode(
        {"sub": str(user.pk), "exp": int(time.time()) + 60, "type": "access"}, None, "none"
    ),
    "garbage": lambda user, engagement: "not.a.token",
    "empty": lambda user, engagement: "",
    "not ASCII": lambda user, engagement: "tökén",
}


@pytest.mark.parametrize("how", BROKEN)
def test_1_every_broken_token_gets_the_same_401(cast: Cast, how: str):
    answer = ask(cast.engagement, BROKEN[how](cast.users["viewer"], cast.engagement))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["detail"] == "Could not validate credentials"


def test_1_no_token_and_an_inactive_user_get_the_same_401(cast: Cast):
    user = cast.users["viewer"]
    user.is_active = False
    user.save()

    for answer in (
        ask(cast.engagement, mint(user.pk, cast.engagement)),
        APIClient().get(ASSETS),
        APIClient().get(ASSETS, headers={"Authorization": "Basic YTpi"}),
    ):
        assert answer.status_code == 401
        assert "Could not validate credentials" in answer.json()["detail"]


def test_1_headers_choose_the_tenant_and_membership_decides(cast: Cast):
    user = cast.users["viewer"]
    factories.MembershipFactory(
        client_account=cast.elsewhere.client_account, user=user, role=Role.VIEWER
    )

    token = mint(user.pk, cast.engagement)

    assert ask(cast.engagement, token).status_code == 200
    assert ask(cast.elsewhere, token).status_code == 200


def test_2_credentials_come_before_headers(cast: Cast):
    answer = APIClient().get(ASSETS, headers={"X-Client-Account-Id": "nonsense"})

    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["X-Client-Account-Id", "X-Engagement-Id"])
@pytest.mark.parametrize("value", [None, "", "nonsense", "{0}", "1234"])
def test_2_a_missing_or_malformed_header_is_named(cast: Cast, name: str, value: str | None):
    given = headers(cast.engagement)
    if value is None:
        del given[name]
    else:
        given[name] = value
    token = mint(cast.users["viewer"].pk, cast.engagement)

    answer = APIClient(headers=given).get(ASSETS, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 400
    assert name in answer.json()["detail"]


def test_2_the_user_id_header_is_not_believed(cast: Cast):
    answer = cast["viewer"].post(
        ASSETS, {"name": "x"}, headers={"X-User-Id": str(cast.users["admin"].pk)}
    )

    assert answer.status_code == 403
    assert cast["viewer"].get(ASSETS, headers={"X-User-Id": "junk"}).status_code == 200


def test_2_unknown_inactive_foreign_and_mismatched_tenants_get_one_and_the_same_body(cast: Cast):
    user = cast.users["viewer"]
    inactive = factories.EngagementFactory(client_account__is_active=False)
    factories.MembershipFactory(client_account=inactive.client_account, user=user)
    unknown = factories.EngagementFactory.build(client_account_id=uuid4())
    mismatched = factories.EngagementFactory.build(
        id=cast.elsewhere.pk, client_account=cast.engagement.client_account
    )
    bodies = []
    for engagement in (unknown, inactive, cast.elsewhere, mismatched):
        answer = ask(engagement, mint(user.pk, cast.engagement))
        assert answer.status_code == 403
        bodies.append({k: v for k, v in answer.json().items() if k != "request_id"})

    assert all(body == bodies[0] for body in bodies)


def test_tokens_are_issued_refreshed_and_say_who_one_is(cast: Cast):
    user = cast.users["contributor"]
    user.set_password(factories.PASSWORD)
    user.save()
    anyone = APIClient()

    issued = anyone.post(
        "/api/v1/auth/token", {"email": user.email.upper(), "password": factories.PASSWORD}
    )
    assert issued.status_code == 200
    claims = jwt.decode(issued.json()["access"], settings.JWT_SIGNING_KEY, ["HS256"])
    assert claims["sub"] == str(user.pk)
    assert claims["client_account_id"] == str(cast.engagement.client_account_id)
    assert claims["engagement_id"] == str(cast.engagement.pk)
    assert claims["type"] == "access"
    assert {"exp", "iat"} <= set(claims)

    again = anyone.post("/api/v1/auth/token/refresh", {"refresh": issued.json()["refresh"]})
    me = anyone.get(
        "/api/v1/auth/me", headers={"Authorization": f"Bearer {again.json()['access']}"}
    ).json()
    assert me["email"] == user.email
    assert me["memberships"] == [
        {
            "client_account_id": str(cast.engagement.client_account_id),
            "client_account_name": cast.engagement.client_account.name,
            "role": "contributor",
            "engagements": [{"id": str(cast.engagement.pk), "name": cast.engagement.name}],
        }
    ]


@pytest.mark.parametrize("path", ["/api/v1/auth/token", "/api/v1/auth/token/refresh"])
def test_wrong_credentials_get_401(cast: Cast, path: str):
    body = (
        {"refresh": mint(cast.users["viewer"].pk, cast.engagement)}
        if path.endswith("refresh")
        else {"email": "nobody@example.com", "password": "wrong"}
    )

    answer = APIClient().post(path, body)

    assert answer.status_code == 401
    assert answer.json()["detail"] == "Could not validate credentials"


def test_a_member_of_nothing_gets_403(cast: Cast):
    assert client(cast.users["nobody"], cast.engagement).get(ASSETS).status_code == 403
