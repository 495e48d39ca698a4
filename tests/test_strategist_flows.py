"""The migration strategist at the end of flows: a real worker, the real crewai, a local model."""

import json
import subprocess
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.agents import asking_worker, model
from tests.model_answers import failing, garbage, saying
from tests.model_server import Asked, ModelServer
from tests.people import Cast
from tests.test_contract_flows import run_flow, wait_for_flow
from tests.test_decisions import hand_in
from tests.test_questions import QUESTIONS

__all__ = ["asking_worker", "model"]

ROWS = [
    {"Hostname": f"{name}-{place}", "Application": name, "Environment": "prod", "OS": "RHEL 7"}
    for name in ("Shop", "Payroll")
    for place in range(3)
]
QUERY = {"text": "Is Shop to be replaced?", "reason": "It is old.", "options": ["yes", "no"]}


def advising(asked: Asked) -> str:
    """An insight, a question that nobody has answered yet, and a way for each application."""
    question = asked.question
    if "people_answered" not in question:  # it is another agent's
        return json.dumps({"verdicts": []})
    told = {each["question"]: each["answer"] for each in question["people_answered"]}
    ids = [each["id"] for each in question["applications"]]
    way = {"approach": "rehost", "reason": "It stands alone."}
    return json.dumps(
        {
            "insights": [{"text": f"People told {told}.", "about": ids[:1]}],
            "questions": [] if QUERY["text"] in told else [QUERY],
            "strategy": [{"id": id_, "sure": id_ == ids[0], **way} for id_ in ids],
        }
    )


@pytest.fixture
def client(committed: Cast, asking_worker: subprocess.Popen[bytes]) -> APIClient:
    return committed["contributor"]


def finished(client: APIClient) -> dict[str, Any]:
    flow = run_flow(client, data_import_id=hand_in(client, ROWS))
    assert flow["status"] == "completed", flow
    return flow


def of_strategist(flow: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in flow["agent_insights"] if each["agent"] == "migration_strategist"]


def test_it_adds_insights_a_strategy_and_questions(client: APIClient, model: ModelServer):
    model.answering(saying(advising))
    flow = finished(client)

    assert flow["agent_insights"][0]["agent"] == "rules"
    (insight,) = of_strategist(flow)
    assert insight["insight"] == "People told {}."
    assert insight["about"] == ["Payroll"]
    assert insight["confidence"] == 0.5, "nobody knows yet what its word is worth"
    first, second = flow["results"]["strategy"]
    assert (first["name"], first["approach"]) == ("Payroll", "rehost")
    assert (second["name"], second["agent"]) == ("Shop", "migration_strategist")
    assert flow["questions_open"] == 1


def test_what_people_answer_it_is_told_at_its_next_run(client: APIClient, model: ModelServer):
    model.answering(saying(advising))
    flow = finished(client)
    asked = f"/api/v1/flows/{flow['flow_id']}/questions"
    (question,) = client.get(asked).json()["items"]
    assert (question["text"], question["options"]) == (QUERY["text"], ["yes", "no"])
    assert client.patch(f"{QUESTIONS}{question['id']}", {"answer": "no"}).status_code == 200
    retried = client.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "completed"})
    assert retried.status_code == 200
    after = wait_for_flow(client, flow["flow_id"])

    (insight,) = of_strategist(after)
    assert insight["insight"] == "People told {'Is Shop to be replaced?': 'no'}."
    assert "questions_open" not in after
    assert client.get(asked).json()["items"][0]["answer"] == "no"


def test_an_equal_run_asks_nothing_twice(client: APIClient, model: ModelServer):
    model.answering(saying(advising))
    flow = finished(client)
    (question,) = client.get(f"/api/v1/flows/{flow['flow_id']}/questions").json()["items"]
    times = len(model.asked)
    client.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "completed"})
    after = wait_for_flow(client, flow["flow_id"])

    assert len(model.asked) == times
    assert after["results"]["strategy"] == flow["results"]["strategy"]
    (same,) = client.get(f"/api/v1/flows/{flow['flow_id']}/questions").json()["items"]
    assert same == question


def _elsewhere(asked: Asked) -> str:
    return advising(asked).replace('"a1"', '"a99"')


@pytest.mark.parametrize(
    "way",
    [failing(500, "no"), garbage, saying("I cannot help with that."), saying(_elsewhere)],
    ids=["500", "garbage", "prose", "ids that nobody sent"],
)
def test_whatever_the_model_does_the_flow_completes_with_what_the_rules_say(
    client: APIClient, model: ModelServer, way: Any
):
    model.answering(way)
    flow = finished(client)

    assert model.asked
    assert {each["agent"] for each in flow["agent_insights"]} == {"rules"}
    assert "strategy" not in flow["results"]
    assert "questions_open" not in flow
