"""What agents may see of an account's data: its admins decide, within the deployment's limit."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from discovery.consultation import sharing
from discovery.models import AgentPolicy
from tenancy.models import AuditEvent
from tests.people import Cast, seen
from tests.test_contract_errors import field_error, problem

POLICY = "/api/v1/agent-policy"


def test_an_account_that_decided_nothing_goes_by_the_limit(cast: Cast, settings: Any):
    settings.LLM_BASE_URL = "https://models.example.com:8443/v1/openai"
    settings.LLM_MODEL = "org/model-1"

    assert cast["viewer"].get(POLICY).json() == {
        "shares": "names_and_samples",
        "limit": "names_and_samples",
        "effective": "names_and_samples",
        "model": "org/model-1",
        "host": "models.example.com:8443",
        "key_is_set": False,
        "updated_at": None,
        "updated_by": None,
    }
    assert cast["viewer"].get(f"{POLICY}/").status_code == 200
    with cast.scope():
        assert not AgentPolicy.objects.exists()


def test_admins_decide_for_the_account_and_no_other(cast: Cast):
    changed = cast["admin"].patch(POLICY, {"shares": "names"}).json()

    assert (changed["shares"], changed["effective"]) == ("names", "names")
    assert changed["updated_by"] == cast.users["admin"].email
    assert cast["viewer"].get(POLICY).json() == changed
    assert cast.stranger_at_home.get(POLICY).json()["shares"] == "names_and_samples"
    again = cast["admin"].patch(POLICY, {"shares": "nothing"}).json()
    assert again["effective"] == "nothing"
    with cast.scope():
        assert AgentPolicy.objects.count() == 1
        assert sharing.shared() == "nothing"


@pytest.mark.parametrize("who", ["viewer", "contributor"])
def test_others_read_alone(cast: Cast, who: str):
    assert cast[who].get(POLICY).status_code == 200
    assert problem(cast[who].patch(POLICY, {"shares": "nothing"}), 403)


def test_no_account_widens_what_the_deployment_allows(cast: Cast, settings: Any):
    settings.AGENT_SHARES = "names"

    refused = cast["admin"].patch(POLICY, {"shares": "names_and_samples"})

    assert field_error(refused, "shares") == "This deployment shares names at most (AGENT_SHARES)."
    assert cast["admin"].patch(POLICY, {"shares": "names"}).status_code == 200
    settings.AGENT_SHARES = "nothing"
    told = cast["viewer"].get(POLICY).json()
    assert (told["shares"], told["limit"], told["effective"]) == ("names", "nothing", "nothing")
    with cast.scope():
        assert sharing.shared() == "nothing"


@pytest.mark.parametrize("body", [{"shares": "everything"}, {"shares": None}, {"share": "names"}])
def test_what_cannot_be_decided_is_refused(cast: Cast, body: dict[str, Any]):
    assert problem(cast["admin"].patch(POLICY, body), 422)


def test_an_empty_change_decides_nothing_but_that_it_stays(cast: Cast):
    assert cast["admin"].patch(POLICY, {}).json()["shares"] == "names_and_samples"


def test_nobody_overwrites_what_he_has_not_seen(cast: Cast):
    read = cast["admin"].get(POLICY)
    version = {"If-Match": read.headers["ETag"]}
    unchanged = {"If-None-Match": read.headers["ETag"]}
    assert cast["admin"].get(POLICY, headers=unchanged).status_code == 304

    first = cast["admin"].patch(POLICY, {"shares": "names"}, headers=version)
    second = cast["admin"].patch(POLICY, {"shares": "nothing"}, headers=version)

    assert first.status_code == 200
    assert problem(second, 412)
    version = {"If-Match": first.headers["ETag"]}
    assert first.headers["ETag"] == cast["viewer"].get(POLICY).headers["ETag"]
    assert cast["admin"].patch(POLICY, {"shares": "nothing"}, headers=version).status_code == 200


def test_a_decision_is_in_the_audit_trail(cast: Cast):
    cast["admin"].patch(POLICY, {"shares": "names"})
    cast["admin"].patch(POLICY, {"shares": "nothing"})

    listed = cast["admin"].get("/api/v1/audit-events/", {"object_type": "agent_policy"}).json()

    last, first = listed["items"]
    assert (first["action"], first["after"]["shares"]) == ("create", "names")
    assert (last["before"], last["after"]) == ({"shares": "names"}, {"shares": "nothing"})
    assert last["email"] == cast.users["admin"].email


def test_whether_a_key_is_set_is_told_and_never_the_key(cast: Cast, settings: Any):
    settings.LLM_API_KEY = "sk-a-secret-of-the-operator"

    answer = cast["admin"].get(POLICY)

    assert answer.json()["key_is_set"] is True
    assert "sk-a" not in answer.content.decode()


def test_operators_change_a_policy_and_are_named(cast: Cast):
    cast["admin"].patch(POLICY, {"shares": "names"})
    policy = seen(AgentPolicy.objects.get)
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "a-long-password"))
    page = reverse("admin:discovery_agentpolicy_change", args=[policy.pk])

    assert client.post(page, {"shares": "nothing"}).status_code == 302

    told = cast["viewer"].get(POLICY).json()
    assert (told["shares"], told["updated_by"]) == ("nothing", "root@example.com")
    assert LogEntry.objects.filter(object_id=str(policy.pk)).count() == 1
    last = seen(lambda: AuditEvent.objects.filter(object_id=policy.pk).latest("id"))
    assert last.email == "root@example.com"
