"""What stands between a phase and the model: sharing, cache, budgets, ledger, trust."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from discovery import engine
from discovery.agents.money import Price
from discovery.agents.verdicts import Item
from discovery.consultation import asking, budgets
from discovery.consultation.asking import Consultation, Judged
from discovery.models import AgentCall, AgentPolicy, AgentStanding
from tenancy.scope import scope
from tests.factories import EngagementFactory
from tests.model_answers import failing, in_turn, judging, saying, verdicts
from tests.model_server import MODEL, ModelServer
from tests.people import Cast

AGENT = "field_mapping_analyst"
OPTIONS = {"name": "what it is called", "memory_gb": "its memory", "none": "no field"}
TRUTH = {"Servername": "name", "RAM GB": "memory_gb", "Remark": "none", "Hostname": "name"}


def right(item: dict[str, Any], question: dict[str, Any]) -> str:
    return TRUTH[item["header"]]


def wrong(item: dict[str, Any], question: dict[str, Any]) -> str:
    return next(option for option in OPTIONS if option != TRUTH[item["header"]])


@pytest.fixture
def model(settings: Any) -> Iterator[ModelServer]:
    with ModelServer(judging(right)) as server:
        for name, value in server.environment.items():
            setattr(settings, name, value)
        settings.LLM_PRICES = {MODEL: Price(Decimal(1), Decimal(2))}
        yield server


@dataclass
class Desk:
    consultation: Consultation

    def judge(self, *headers: str, known: int = 2) -> Judged | None:
        """The first `known` items are controls."""
        items = [
            Item(f"c{place}", {"header": header}, TRUTH[header] if place < known else None)
            for place, header in enumerate(headers)
        ]
        return self.consultation.judge(AGENT, "doubts", items, OPTIONS, {"table": "t"})

    def calls(self) -> list[AgentCall]:
        with transaction.atomic():
            return list(AgentCall.objects.filter(flow=self.consultation.flow))


def _desk() -> Desk:
    flow = engine.start(name="f", description="", data_import=None, created_by=None)
    held = engine.claim(flow.pk)
    assert held
    return Desk(Consultation.of(held))


@pytest.fixture
def desk(model: ModelServer, committed: Cast) -> Iterator[Desk]:
    with committed.scope():
        yield _desk()


def test_a_verdict_comes_without_the_controls_and_with_what_it_is_worth(
    model: ModelServer, desk: Desk
):
    judged = desk.judge("Servername", "Remark", "RAM GB")

    assert judged
    assert {name: verdict.choice for name, verdict in judged.verdicts.items()} == {
        "c2": "memory_gb"
    }
    assert judged.accuracy == pytest.approx(3 / 4)  # two of two controls on a prior of one to one
    [call] = desk.calls()
    assert (call.outcome, call.controls, call.controls_right) == ("answered", 2, 2)
    assert (call.agent, call.model, call.phase, call.requests) == (
        AGENT,
        MODEL,
        "initialization",
        1,
    )
    assert call.cost == Decimal(call.input_tokens + 2 * call.output_tokens) / 1_000_000
    assert "RAM GB" in call.prompt
    assert '"memory_gb"' in call.answer


def test_who_fails_the_controls_is_worth_little(model: ModelServer, desk: Desk):
    model.answering(judging(wrong))

    judged = desk.judge("Servername", "Remark", "RAM GB")

    assert judged
    assert judged.accuracy == pytest.approx(1 / 4)


def test_who_leaves_out_controls_fails_them(model: ModelServer, desk: Desk):
    model.answering(judging(lambda item, _: "memory_gb" if item["header"] == "RAM GB" else None))

    judged = desk.judge("Servername", "Remark", "RAM GB")

    assert judged
    assert judged.accuracy == pytest.approx(1 / 4)


def test_what_people_decided_counts(model: ModelServer, desk: Desk):
    with transaction.atomic():
        AgentStanding.objects.create(agent=AGENT, model=MODEL, held=0, overruled=16)

    judged = desk.judge("Servername", "Remark", "RAM GB")

    assert judged
    assert judged.accuracy == pytest.approx(3 / 20)


def test_an_equal_question_is_paid_once_in_all_engagements(
    model: ModelServer, desk: Desk, committed: Cast
):
    first = desk.judge("Servername", "Remark", "RAM GB")
    with transaction.atomic():
        neighbour = EngagementFactory(client_account=committed.engagement.client_account)
    with scope(neighbour.client_account_id, neighbour.pk):
        again = _desk()
        assert again.judge("Servername", "Remark", "RAM GB") == first
        [call] = again.calls()

    assert len(model.asked) == 1
    assert (call.cached, call.requests, call.cost, call.outcome) == (True, 0, 0, "answered")


def test_no_account_profits_from_what_another_one_asked(
    model: ModelServer, desk: Desk, committed: Cast
):
    desk.judge("Servername", "Remark", "RAM GB")
    elsewhere = committed.elsewhere
    with scope(elsewhere.client_account_id, elsewhere.pk):
        _desk().judge("Servername", "Remark", "RAM GB")

    assert len(model.asked) == 2


def test_a_changed_question_is_another_one(model: ModelServer, desk: Desk):
    desk.judge("Servername", "Remark", "RAM GB")
    desk.judge("Servername", "Remark", "Hostname")

    assert len(model.asked) == 2


@pytest.mark.parametrize(
    ("setting", "limit"),
    [("requests", 1), ("tokens", 9_000), ("seconds", 10), ("cost", Decimal("0.0001"))],
)
@pytest.mark.parametrize("whose", ["FLOW", "ACCOUNT"])
def test_a_budget_ends_the_asking_before_a_call(
    model: ModelServer, desk: Desk, settings: Any, whose: str, setting: str, limit: Any
):
    name = f"AGENT_BUDGET_{whose}"
    setattr(settings, name, replace(getattr(settings, name), **{setting: limit}))

    assert desk.judge("Servername", "Remark", "RAM GB") is None
    assert model.asked == []
    [call] = desk.calls()
    assert (call.outcome, call.requests, call.input_tokens) == ("over_budget", 0, 0)
    assert f"AGENT_{whose}_" in call.detail

    assert desk.judge("Servername", "Remark", "Hostname") is None
    assert len(desk.calls()) == 1  # it is said once


def test_what_a_killed_worker_asked_counts_with_the_most_it_may_have_taken(
    model: ModelServer, desk: Desk, settings: Any
):
    desk.judge("Servername", "Remark", "RAM GB")
    with transaction.atomic():
        spent = budgets.Spent.on(budgets.of_day())
    with transaction.atomic():
        AgentCall.objects.create(agent=AGENT, model=MODEL, requests=2, input_tokens=7, seconds=60)
        more = budgets.Spent.on(budgets.of_day())

    assert (more.requests, more.tokens) == (spent.requests + 2, spent.tokens + 7)
    assert spent.requests == 1


def test_a_refused_key_ends_the_asking_of_the_run(model: ModelServer, desk: Desk):
    model.answering(failing(401, "no"))

    assert desk.judge("Servername", "Remark", "RAM GB") is None
    assert desk.judge("Servername", "Remark", "Hostname") is None
    assert len(model.asked) == 1
    [call] = desk.calls()
    assert (call.outcome, call.requests) == ("refused", 1)
    assert "LLM_API_KEY" in call.detail


def test_after_three_bad_answers_nobody_asks_a_fourth_time(model: ModelServer, desk: Desk):
    model.answering(saying("I would rather not."))

    for header in ("RAM GB", "Hostname", "Remark", "Servername"):
        assert desk.judge("Servername", "Remark", header) is None
    assert [call.outcome for call in desk.calls()] == ["invalid"] * 3
    assert len(model.asked) == 6


def test_a_bad_answer_is_handed_back_once_with_what_was_wrong(model: ModelServer, desk: Desk):
    model.answering(in_turn(saying('{"verdicts": [{"id": "c9"}]}'), judging(right)))

    assert desk.judge("Servername", "Remark", "RAM GB")
    assert len(model.asked) == 2
    assert (
        "id must be one of those in the question" in model.asked[1].body["messages"][-1]["content"]
    )
    [call] = desk.calls()
    assert (call.outcome, call.requests) == ("answered", 2)


@pytest.mark.parametrize("shares", ["nothing", "names", "names_and_samples"])
def test_an_account_decides_what_it_shares(model: ModelServer, desk: Desk, shares: str):
    with transaction.atomic():
        AgentPolicy.objects.create(shares=shares)

    consultation = Consultation.of(desk.consultation.held)

    assert consultation.is_open == (shares != "nothing")
    assert consultation.shows_samples == (shares == "names_and_samples")


def test_an_account_cannot_share_more_than_the_operator_lets(
    model: ModelServer, desk: Desk, settings: Any
):
    settings.AGENT_SHARES = "names"
    with transaction.atomic():
        AgentPolicy.objects.create(shares="names_and_samples")

    assert not Consultation.of(desk.consultation.held).shows_samples


def test_without_a_key_nobody_is_asked_and_nothing_is_kept(
    model: ModelServer, desk: Desk, settings: Any
):
    settings.LLM_API_KEY = ""
    consultation = Consultation.of(desk.consultation.held)

    assert not consultation.is_open
    assert Desk(consultation).judge("Servername", "Remark", "RAM GB") is None
    assert (model.asked, desk.calls()) == ([], [])


def test_nothing_is_kept_where_nothing_is_to_be_kept(model: ModelServer, desk: Desk, settings: Any):
    settings.AGENT_KEEP_DAYS = 0

    assert desk.judge("Servername", "Remark", "RAM GB")
    [call] = desk.calls()
    assert (call.prompt, call.answer) == ("", "")


def test_a_flow_that_was_cancelled_asks_no_more(model: ModelServer, desk: Desk):
    engine.cancel(desk.consultation.flow)

    with pytest.raises(engine.LeaseLost):
        desk.judge("Servername", "Remark", "RAM GB")
    assert model.asked == []


def test_nobody_is_asked_while_a_transaction_is_open(model: ModelServer, desk: Desk):
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        desk.judge("Servername", "Remark", "RAM GB")
    assert model.asked == []


def test_the_most_that_a_call_may_take_is_what_is_reserved(model: ModelServer, desk: Desk):
    """Two flows at once of one account cannot both spend the rest."""
    seen: list[AgentCall] = []

    def way(asked: Any) -> Any:
        with scope(desk.consultation.flow.client_account_id, desk.consultation.flow.engagement_id):
            seen.extend(desk.calls())
        connection.close()  # of the server's thread
        return judging(right)(asked)

    model.answering(way)
    desk.judge("Servername", "Remark", "RAM GB")

    assert [call.outcome for call in seen] == ["asked"]
    assert seen[0].requests == asking._REQUESTS
    [call] = desk.calls()
    assert call.input_tokens < seen[0].input_tokens
    assert call.output_tokens < seen[0].output_tokens


def test_a_reason_is_text_that_can_be_kept(model: ModelServer, desk: Desk):
    reason = "it\u0000 is\n\u202eso" + "!" * 1000
    model.answering(
        saying(
            lambda asked: json.dumps(
                {"verdicts": [{"id": "c2", "choice": "memory_gb", "sure": True, "reason": reason}]}
            )
        )
    )

    judged = desk.judge("Servername", "Remark", "RAM GB")

    assert judged
    said = judged.verdicts["c2"].reason
    assert said.startswith("it is so")
    assert len(said) == 300
    assert desk.calls()[0].outcome == "answered"


def test_calls_that_workers_died_of_end_the_asking(model: ModelServer, desk: Desk):
    with transaction.atomic():
        for _ in range(3):
            AgentCall.objects.create(flow=desk.consultation.flow, agent=AGENT, outcome="asked")

    assert desk.judge("Servername", "Remark", "RAM GB") is None
    assert model.asked == []


def test_a_policy_that_was_tightened_holds_from_the_next_question_on(
    model: ModelServer, desk: Desk
):
    assert desk.judge("Servername", "Remark", "RAM GB")
    with transaction.atomic():
        AgentPolicy.objects.create(shares="names")

    assert desk.judge("Servername", "Remark", "Hostname") is None
    assert len(model.asked) == 1


def test_what_a_server_says_of_its_failure_is_not_told(model: ModelServer, desk: Desk):
    model.answering(failing(500, "authorization: Bearer a-key-of-the-tests"))

    assert desk.judge("Servername", "Remark", "RAM GB") is None
    [call] = desk.calls()
    assert call.outcome == "failed"
    assert "500" in call.detail
    assert "key-of" not in call.detail


def test_a_model_that_answers_far_more_than_it_may_is_cut_off(
    model: ModelServer, desk: Desk, settings: Any
):
    settings.LLM_ANSWER_TOKENS = 1_000
    model.answering(saying("so" * 50_000))

    assert desk.judge("Servername", "Remark", "RAM GB") is None
    [call] = desk.calls()
    assert (call.outcome, call.requests) == ("failed", 1)
    assert call.output_tokens <= 1_000


def test_an_answer_may_come_behind_thoughts(model: ModelServer, desk: Desk):
    model.answering(
        saying(lambda asked: "<think>{hm} it may be</think>\n" + verdicts(right)(asked))
    )

    assert desk.judge("Servername", "Remark", "RAM GB")
