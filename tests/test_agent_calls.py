"""The ledger of the agents: what people see of each call, of a flow's run, and of the budgets."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery import engine
from discovery.agents.outcomes import Outcome
from discovery.consultation import ledger
from discovery.models import AgentCall, AgentPolicy, Flow
from tests.model_answers import failing
from tests.model_server import ModelServer
from tests.people import Cast
from tests.test_consultation import Desk, desk, model
from tests.test_contract_errors import field_error, problem
from tests.test_contract_flows import IMPORTS, ROWS, run_flow

__all__ = ["desk", "model"]
CALLS, FLOWS = "/api/v1/agent-calls", "/api/v1/flows"
LONG_AGO = timedelta(days=400)


def made(flow: Flow, outcome: Outcome = Outcome.ANSWERED, **given: Any) -> AgentCall:
    """A call as discovery/consultation/asking.py enters it."""
    taken = {"requests": 1, "input_tokens": 100, "output_tokens": 10, "seconds": 0.5}
    said = {"prompt": "Which?", "answer": "This.", "model": "tests/1", "phase": "field_mapping"}
    call: AgentCall = AgentCall.objects.create(
        flow=flow, outcome=outcome, **{"agent": "an_analyst", "purpose": "p"} | taken | said | given
    )
    return call


def back_in_time(call: AgentCall, age: timedelta) -> None:
    AgentCall.objects.filter(pk=call.pk).update(asked_at=timezone.now() - age)


@pytest.fixture
def flow(cast: Cast) -> Flow:
    with cast.scope():
        return engine.start(name="f", description="", data_import=None, created_by=None)


@pytest.fixture
def with_key(settings: Any) -> None:
    settings.LLM_API_KEY = "a-key"


# --- One call ----------------------------------------------------------------------------------


def test_the_list_tells_what_each_call_took_and_not_what_was_said(cast: Cast, flow: Flow):
    with cast.scope():
        first = made(flow, cost=Decimal("0.000421"), controls=8, controls_right=7)
        made(flow, Outcome.TIMEOUT, detail="It took too long.", answer="")

    listed = cast["viewer"].get(f"{FLOWS}/{flow.pk}/agent-calls").json()

    assert listed["total"] == 2
    assert listed["items"][0] == {
        "id": str(first.pk),
        "flow_id": str(flow.pk),
        "phase": "field_mapping",
        "agent": "an_analyst",
        "model": "tests/1",
        "purpose": "p",
        "outcome": "answered",
        "detail": "",
        "cached": False,
        "requests": 1,
        "input_tokens": 100,
        "output_tokens": 10,
        "cost": 0.000421,
        "seconds": 0.5,
        "controls": 8,
        "controls_right": 7,
        "asked_at": listed["items"][0]["asked_at"],
    }
    assert listed["items"][1]["cost"] is None
    assert cast["viewer"].get(f"/api/v1/discovery/flows/{flow.pk}/agent-calls").json() == listed


def test_one_call_has_prompt_and_answer(cast: Cast, flow: Flow):
    with cast.scope():
        call = made(flow)

    shown = cast["viewer"].get(f"{CALLS}/{call.pk}").json()

    assert (shown["prompt"], shown["answer"]) == ("Which?", "This.")
    assert cast.stranger_at_home.get(f"{CALLS}/{call.pk}").status_code == 404


def test_calls_are_chosen_and_ordered(cast: Cast, flow: Flow):
    with cast.scope():
        other = engine.start(name="g", description="", data_import=None, created_by=None)
        made(flow, agent="a", seconds=2)
        made(flow, Outcome.REFUSED, agent="b", seconds=1)
        made(other, agent="c", seconds=3, cached=True, phase="asset_creation")

    def agents(**query: str) -> list[str]:
        return [call["agent"] for call in cast["viewer"].get(CALLS, query).json()["items"]]

    assert agents() == ["a", "b", "c"]
    assert agents(agent="b") == ["b"]
    assert agents(outcome="refused,timeout") == ["b"]
    assert agents(cached="true") == ["c"]
    assert agents(cached="false", ordering="-seconds") == ["a", "b"]
    assert agents(phase="asset_creation") == ["c"]
    assert agents(flow_id=str(other.pk)) == ["c"]
    refused = cast["viewer"].get(CALLS, {"cached": "maybe"})
    assert field_error(refused, "cached") == "Must be true or false."
    assert problem(cast["viewer"].get(CALLS, {"model": "x"}), 422)


def test_a_page_is_read_with_as_many_queries_as_one_call(cast: Cast, flow: Flow):
    counts = []
    for more in (1, 30):
        with cast.scope():
            for _ in range(more):
                made(flow)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert cast["viewer"].get(f"{FLOWS}/{flow.pk}/agent-calls").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert not any('"prompt"' in query["sql"] for query in asked)


def test_calls_outlive_their_flow(cast: Cast, flow: Flow):
    with cast.scope():
        call = made(flow)
        engine.cancel(flow)
    assert cast["admin"].delete(f"{FLOWS}/{flow.pk}").status_code == 204

    assert cast["viewer"].get(f"{CALLS}/{call.pk}").json()["flow_id"] is None
    spent = cast["viewer"].get(f"{CALLS}/budgets").json()["account"]
    assert spent["requests"]["spent"] == 1


# --- A run -------------------------------------------------------------------------------------


def totals(cast: Cast, flow: Flow) -> dict[str, Any]:
    with cast.scope():
        return ledger.totals(Flow.objects.get(pk=flow.pk))


def test_totals_are_the_sums_of_the_run(cast: Cast, flow: Flow, with_key: None):
    with cast.scope():
        made(flow, cost=Decimal("0.1"))
        made(flow, cost=Decimal("0.2"), seconds=1.25)
        made(flow, cached=True, requests=0, input_tokens=0, output_tokens=0, seconds=0, cost=0)
        back_in_time(made(flow, cost=Decimal(9)), LONG_AGO)  # of an earlier run

    assert totals(cast, flow) == {
        "state": "took_part",
        "detail": "Agents answered 3 of 3 questions.",
        "calls": 3,
        "cached": 1,
        "requests": 2,
        "input_tokens": 200,
        "output_tokens": 20,
        "cost": 0.3,
        "seconds": 1.75,
    }


def test_a_request_without_a_price_makes_the_sum_unknown(cast: Cast, flow: Flow, with_key: None):
    with cast.scope():
        made(flow, cost=Decimal("0.1"))
        made(flow, cost=None)
    assert totals(cast, flow)["cost"] is None


@pytest.mark.parametrize(
    ("outcomes", "state", "says"),
    [
        ([Outcome.ANSWERED, Outcome.TIMEOUT], "took_part", "answered 1 of 2 questions. Of the"),
        ([Outcome.TIMEOUT, Outcome.REFUSED], "failed", "the rules' answers stand. why refused"),
        ([Outcome.ASKED], "failed", "The worker ended before the answer came."),
        ([Outcome.ANSWERED, Outcome.OVER_BUDGET], "over_budget", "1 of 2 questions. why over_b"),
        ([Outcome.OVER_BUDGET], "over_budget", "Agents answered 0 of 1 questions. why over_b"),
    ],
)
def test_the_state_follows_from_how_the_calls_ended(
    cast: Cast, flow: Flow, with_key: None, outcomes: list[Outcome], state: str, says: str
):
    silent = (Outcome.ANSWERED, Outcome.ASKED)
    with cast.scope():
        for outcome in outcomes:
            made(flow, outcome, detail="" if outcome in silent else f"why {outcome}.")

    told = totals(cast, flow)

    assert told["state"] == state
    assert says in told["detail"]


def test_without_calls_the_state_says_why(cast: Cast, flow: Flow, settings: Any):
    assert totals(cast, flow)["state"] == "off"
    settings.LLM_API_KEY = "a-key"
    assert totals(cast, flow)["state"] == "not_needed"
    with cast.scope():
        AgentPolicy.objects.create(shares="nothing")
    told = totals(cast, flow)
    assert (told["state"], "/agent-policy" in told["detail"]) == ("not_allowed", True)
    settings.AGENT_SHARES = "nothing"
    told = totals(cast, flow)
    assert (told["state"], "AGENT_SHARES" in told["detail"]) == ("not_allowed", True)


def test_a_running_flow_tells_what_it_took_so_far(cast: Cast, flow: Flow, with_key: None):
    def shown() -> Any:
        in_list = cast["viewer"].get(FLOWS).json()["items"][0]
        alone = cast["viewer"].get(f"{FLOWS}/{flow.pk}").json()
        assert in_list.get("agents") == alone.get("agents")
        return alone.get("agents")

    assert shown() is None
    with cast.scope():
        made(flow, Outcome.ASKED, requests=2)
    assert shown() is None
    with cast.scope():
        made(flow)
        back_in_time(made(flow), LONG_AGO)
    assert shown() == {
        "state": "took_part",
        "detail": "Agents answered 1 of 1 questions.",
        "calls": 2,
        "cached": 0,
        "requests": 3,
        "input_tokens": 200,
        "output_tokens": 20,
        "cost": None,
        "seconds": 1.0,
    }


def test_flows_are_listed_with_as_many_queries_as_one(cast: Cast, flow: Flow, with_key: None):
    counts = []
    for more in (1, 10):
        with cast.scope():
            for number in range(more):
                one = engine.start(
                    name=str(number), description="", data_import=None, created_by=None
                )
                made(one)
        with CaptureQueriesContext(connection) as asked:
            assert all(
                "agents" in each for each in cast["viewer"].get(FLOWS).json()["items"][:more]
            )
        counts.append(len(asked))
    assert counts[0] == counts[1]
    with override_settings(LLM_API_KEY=""), CaptureQueriesContext(connection) as asked:
        cast["viewer"].get(FLOWS)
    assert len(asked) == counts[0] - 1, "without a key nobody looks for calls"


def test_without_a_key_a_flow_says_that_no_agent_took_part(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = run_flow(client, data_import_id=client.post(IMPORTS, ROWS).json()["id"])

    assert "agents" not in flow
    told = flow["results"]["agents"]
    assert told["state"] == "off"
    assert "LLM_API_KEY" in told["detail"]
    assert (told["calls"], told["cost"], told["seconds"]) == (0, 0, 0)


def test_a_flow_of_an_older_release_had_no_agents(cast: Cast, flow: Flow):
    with cast.scope():
        flow.phase_runs.update(status="completed", result={})
        Flow.objects.filter(pk=flow.pk).update(status="completed")

    told = cast["viewer"].get(f"{FLOWS}/{flow.pk}").json()["results"]["agents"]

    assert (told["state"], told["calls"]) == ("off", 0)


# --- With a model that really answers ----------------------------------------------------------


def shown(committed: Cast, desk: Desk) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """`agents` of the running flow, and its calls."""
    place = f"{FLOWS}/{desk.consultation.flow.pk}"
    client = committed["viewer"]
    return client.get(place).json()["agents"], client.get(f"{place}/agent-calls").json()["items"]


def test_what_an_agent_took_is_told_while_the_flow_runs(committed: Cast, desk: Desk):
    assert desk.judge("Servername", "Remark", "RAM GB")
    assert desk.judge("Servername", "Remark", "RAM GB")

    told, (asked, kept) = shown(committed, desk)

    assert (told["state"], told["calls"], told["cached"]) == ("took_part", 2, 1)
    assert (asked["cached"], kept["cached"]) == (False, True)
    assert (asked["controls"], asked["controls_right"]) == (2, 2)
    assert kept["requests"] == kept["cost"] == 0
    for figure in ("requests", "input_tokens", "output_tokens", "cost", "seconds"):
        assert told[figure] == pytest.approx(asked[figure])
    assert told["cost"] > 0
    one = committed["viewer"].get(f"{CALLS}/{asked['id']}").json()
    assert "RAM GB" in one["prompt"]
    assert "memory_gb" in one["answer"]


def test_a_refused_key_is_told_with_what_helps(committed: Cast, desk: Desk, model: ModelServer):
    model.answering(failing(401, "no"))
    assert desk.judge("Servername", "Remark", "RAM GB") is None

    told, (refused,) = shown(committed, desk)

    assert (told["state"], refused["outcome"]) == ("failed", "refused")
    assert "LLM_API_KEY" in told["detail"]
    assert told["detail"].startswith("No agent answered, and the rules' answers stand.")


def test_an_exhausted_budget_is_named(committed: Cast, desk: Desk, settings: Any):
    settings.AGENT_BUDGET_ACCOUNT = replace(settings.AGENT_BUDGET_ACCOUNT, requests=1)
    assert desk.judge("Servername", "Remark", "RAM GB") is None

    told, _ = shown(committed, desk)

    assert (told["state"], told["requests"]) == ("over_budget", 0)
    assert "AGENT_ACCOUNT" in told["detail"]
    assert "what the rules said stands" in told["detail"]


# --- Budgets -----------------------------------------------------------------------------------


def test_budgets_count_the_account_and_the_last_24_hours(cast: Cast, flow: Flow, settings: Any):
    with cast.scope():
        made(flow, cost=Decimal("0.25"))
        back_in_time(made(flow, cost=Decimal(9)), timedelta(hours=25))
    with cast.scope_elsewhere():
        theirs = engine.start(name="g", description="", data_import=None, created_by=None)
        made(theirs, requests=7)

    told = cast["viewer"].get(f"{CALLS}/budgets").json()

    limits, of_run = settings.AGENT_BUDGET_ACCOUNT, settings.AGENT_BUDGET_FLOW
    assert told == {
        "account": {
            "requests": {"limit": limits.requests, "spent": 1},
            "tokens": {"limit": limits.tokens, "spent": 110},
            "seconds": {"limit": limits.seconds, "spent": 0.5},
            "cost": {"limit": None, "spent": 0.25},
        },
        "flow": {
            "requests": of_run.requests,
            "tokens": of_run.tokens,
            "seconds": of_run.seconds,
            "cost": None,
        },
    }
    assert cast.stranger_at_home.get(f"{CALLS}/budgets").json()["account"]["requests"]["spent"] == 7
