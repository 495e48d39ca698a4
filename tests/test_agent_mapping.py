"""Columns in doubt go to the analyst: a real worker, real crewai, a model on this machine."""

from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from discovery.models import AgentCall, AgentPolicy, AgentStanding
from tests.agents import asking_worker, model
from tests.model_answers import Item, Question, judging, wrong
from tests.model_server import MODEL, ModelServer
from tests.people import Cast
from tests.test_contract_flows import run_flow, wait_for_flow

__all__ = ["asking_worker", "model"]
NAME = "field_mapping_analyst"
MAPPINGS = "/api/v1/field-mappings/"
# Of Contact, Release and Kürzel-Q the rules are not sure, of the others they are.
ROWS = [
    {
        "Server Name": f"web{n}",
        "IP Address": f"10.0.0.{n}",
        "Operating System": "Ubuntu 22.04",
        "Serial Number": f"SN{n:06}",
        "Environment": "Production",
        "Manufacturer": "Dell",
        "Plant": "Kiel",
        "Release": f"{n}.4",
        "Contact": ["Ada", "Bob"][n % 2],
        "Kürzel-Q": f"KX-{n}",
        "Notes": "to be moved",
    }
    for n in range(1, 4)
]
TRUTH = {
    "IP Address": "ip_address",
    "Operating System": "operating_system",
    "Serial Number": "serial_number",
    "Environment": "environment",
    "Manufacturer": "manufacturer",
    "Plant": "location",
    "Notes": "description",
    "Mem Disk MB": "storage_used_gb",  # the rules guess memory_gb
    "Contact": "technical_owner",  # the rules guess business_owner
}


def truth(item: Item, question: Question) -> str:
    return TRUTH.get(item["column"], "none")


def start(client: APIClient, rows: list[dict[str, str]] = ROWS) -> dict[str, Any]:
    made = client.post("/api/v1/data-import/", {"data_rows": rows, "file_name": "servers.json"})
    flow = run_flow(client, data_import_id=made.json()["id"])
    assert flow["status"] == "completed", flow["error"]
    return flow


def mappings(client: APIClient, flow: dict[str, Any]) -> dict[str, dict[str, Any]]:
    items = client.get(MAPPINGS, {"flow_id": flow["flow_id"]}).json()["items"]
    return {item["source_field"]: item for item in items}


def decide(client: APIClient, mapping: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = client.patch(f"{MAPPINGS}{mapping['id']}", body)
    assert answer.status_code == 200, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def standing(committed: Cast) -> tuple[int, int] | None:
    with committed.scope(), transaction.atomic():
        found = AgentStanding.objects.filter(agent=NAME, model=MODEL).first()
    return (found.held, found.overruled) if found else None


def calls(committed: Cast) -> list[AgentCall]:
    with committed.scope(), transaction.atomic():
        return list(AgentCall.objects.filter(agent=NAME))


@pytest.fixture
def asking(committed: Cast, asking_worker: Any, model: ModelServer) -> APIClient:
    model.answering(judging(truth))
    return committed["contributor"]


def test_what_the_agent_decides_reaches_the_assets_and_says_whose_word_it_is(
    asking: APIClient, committed: Cast
):
    found = mappings(asking, start(asking))

    contact = found["Contact"]
    assert (contact["target_field"], contact["source"], contact["status"]) == (
        "technical_owner",
        "agent",
        "applied",
    )
    assert contact["evidence"][0] == f"{NAME}: It reads as technical_owner."
    assert 0.6 <= contact["confidence"] < 1
    assert contact["suggestions"][0] == {
        "target_field": "technical_owner",
        "source_unit": "",
        "confidence": contact["confidence"],
        "source": "agent",
        "agent": NAME,
        "model": MODEL,
        "reason": "It reads as technical_owner.",
    }
    assert contact["suggestions"][1]["target_field"] == "business_owner"
    assert contact["suggestions"][1]["source"] == "rule"
    (asset,) = asking.get("/api/v1/assets/", {"name": "web1"}).json()["items"]
    assert (asset["technical_owner"], asset.get("business_owner")) == ("Bob", None)
    [call] = calls(committed)
    assert (call.controls, call.controls_right, call.phase) == (7, 7, "field_mapping")


def test_agreement_makes_the_rules_surer(asking: APIClient):
    """The rules hold it for about as likely that a release has a field as not."""
    release = mappings(asking, start(asking))["Release"]

    assert (release["target_field"], release["source"]) == (None, "rule")
    assert (release["confidence"] > 0.9, release["status"]) == (True, "unmapped")
    assert release["evidence"][-1] == f"{NAME} agrees: It reads as none."


def test_what_the_rules_are_sure_of_nobody_is_asked_about(
    asking: APIClient, model: ModelServer, committed: Cast
):
    model.answering(judging(wrong(truth)))

    found = mappings(asking, start(asking))

    assert {name: found[name]["target_field"] for name in ROWS[0]} == {
        **{name: TRUTH.get(name) for name in ROWS[0]},
        "Server Name": "name",
        "Contact": "business_owner",
    }
    assert {mapping["source"] for mapping in found.values()} == {"rule"}
    [call] = calls(committed)
    assert (call.controls, call.controls_right) == (7, 0)


def test_a_flow_that_maps_anew_asks_nothing_twice(asking: APIClient, model: ModelServer):
    flow = start(asking)
    first = mappings(asking, flow)
    asked = len(model.judged)

    again = asking.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "field_mapping"})
    assert again.status_code == 200, again.content
    wait_for_flow(asking, flow["flow_id"])

    assert asked == 1
    assert len(model.judged) == asked
    second = mappings(asking, flow)
    told = ("target_field", "source", "status", "confidence", "evidence", "suggestions")
    assert [[m[key] for key in told] for m in second.values()] == [
        [m[key] for key in told] for m in first.values()
    ]


def test_what_a_person_decided_is_not_asked_again(asking: APIClient, model: ModelServer):
    flow = start(asking)
    decide(asking, mappings(asking, flow)["Contact"], target_field="department")

    asking.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "field_mapping"})
    wait_for_flow(asking, flow["flow_id"])

    assert "Contact" not in {item["column"] for item in model.asked[-1].question["items"]}
    contact = mappings(asking, flow)["Contact"]
    assert (contact["target_field"], contact["source"]) == ("department", "user")


def test_what_people_decide_counts_once_on_the_agents_standing(asking: APIClient, committed: Cast):
    contact = mappings(asking, start(asking))["Contact"]
    assert standing(committed) is None

    decide(asking, contact, status="approved")
    assert standing(committed) == (1, 0)
    decide(asking, contact, status="approved")
    assert standing(committed) == (1, 0)
    decide(asking, contact, target_field="business_owner")
    assert standing(committed) == (0, 1)
    decide(asking, contact, status="rejected")
    assert standing(committed) == (0, 1)


def test_who_gives_its_field_to_another_column_overrules_the_agent(
    asking: APIClient, committed: Cast
):
    found = mappings(asking, start(asking))
    decide(asking, found["Notes"], target_field="technical_owner", replace=True)
    assert standing(committed) == (0, 1)


def test_many_approved_at_once_count_too(asking: APIClient, committed: Cast):
    flow = start(asking)
    asking.post(f"/api/v1/flows/{flow['flow_id']}/field-mappings/approve", {"min_confidence": 0.6})
    assert standing(committed) == (1, 0)


def test_a_guess_of_which_the_agent_is_not_sure_waits_for_a_person(
    asking: APIClient, model: ModelServer, committed: Cast
):
    guess = {"Kürzel-Q": "department"}
    model.answering(
        judging(lambda item, _: guess.get(item["column"]) or truth(item, _), sure=False)
    )

    odd = mappings(asking, start(asking))["Kürzel-Q"]

    assert (odd["target_field"], odd["status"], odd["source"]) == (None, "suggested", "rule")
    assert odd["suggestions"][0]["agent"] == NAME
    shown = decide(asking, odd, status="approved")
    assert (shown["target_field"], shown["source"]) == ("department", "user")
    assert standing(committed) is None, "it had not said that it knows"


def test_the_unit_comes_along(asking: APIClient):
    rows = [{**row, "Mem Disk MB": f"{4096 * n}"} for n, row in enumerate(ROWS, 1)]

    flow = start(asking, rows)

    size = mappings(asking, flow)["Mem Disk MB"]
    assert (size["target_field"], size["source_unit"], size["source"]) == (
        "storage_used_gb",
        "MiB",
        "agent",
    )
    (asset,) = asking.get("/api/v1/assets/", {"name": "web1"}).json()["items"]
    assert asset["storage_used_gb"] == 4


def test_an_account_that_shares_names_alone_shows_no_values(
    asking: APIClient, model: ModelServer, committed: Cast
):
    with committed.scope(), transaction.atomic():
        AgentPolicy.objects.create(shares=AgentPolicy.Shares.NAMES)

    start(asking)

    [asked] = model.judged
    assert "Contact" in asked.prompt
    assert "KX-" not in asked.prompt


def test_an_account_that_shares_nothing_is_mapped_by_rules(
    asking: APIClient, model: ModelServer, committed: Cast
):
    with committed.scope(), transaction.atomic():
        AgentPolicy.objects.create(shares=AgentPolicy.Shares.NOTHING)

    contact = mappings(asking, start(asking))["Contact"]

    assert (contact["target_field"], contact["source"]) == ("business_owner", "rule")
    assert model.asked == []
