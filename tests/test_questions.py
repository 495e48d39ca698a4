"""Questions to people: what phases put, what people answer, and what comes of it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from discovery import engine, questions
from discovery.models import Flow, FlowQuestion
from tests.factories import AssetFactory
from tests.people import Cast

KINDS = (FlowQuestion.Kind.ASSET_TYPE, FlowQuestion.Kind.APPLICATION)


@pytest.fixture
def inside(cast: Cast) -> Iterator[None]:
    with cast.scope():
        yield


def flow_of(review: str = "when_unsure") -> Flow:
    return engine.start(name="f", description="", data_import=None, created_by=None, review=review)


def question(key: str, **given: Any) -> FlowQuestion:
    said = {"kind": "asset_type", "text": f"What is {key}?", "options": ["server", "database"]}
    who = {"agent": "asset_classifier", "model": "m", "suggestion": "server", "confidence": 0.6}
    return FlowQuestion(key=key, **said | who | given)


def put(flow: Flow, *asked: FlowQuestion) -> dict[str, FlowQuestion]:
    questions.put(flow, asked, KINDS)
    return {kept.key: kept for kept in FlowQuestion.objects.filter(flow=flow)}


# --- What phases put ---------------------------------------------------------------------------


@pytest.mark.usefixtures("inside")
def test_asked_again_a_question_is_the_same_in_new_words():
    flow = flow_of()
    before = put(flow, question("a"), question("b"))
    after = put(flow, question("a", text="And a?", suggestion="database"))

    assert after.keys() == {"a"}, "what only an earlier attempt asked goes"
    assert after["a"].pk == before["a"].pk
    assert (after["a"].text, after["a"].suggestion) == ("And a?", "database")


@pytest.mark.usefixtures("inside")
def test_what_is_answered_stays_and_is_not_asked_again():
    flow = flow_of()
    put(flow, question("a"), question("b"))
    moment = flow.created_at
    FlowQuestion.objects.filter(key="a").update(answer="server", answered_at=moment)
    FlowQuestion.objects.filter(key="b").update(answer="server", answered_at=moment)
    after = put(flow, question("a", text="Other words"), question("c"))

    assert after.keys() == {"a", "b", "c"}
    assert (after["a"].text, after["a"].answer) == ("What is a?", "server")


@pytest.mark.usefixtures("inside")
def test_the_questions_of_other_phases_stay():
    flow = flow_of()
    FlowQuestion.objects.bulk_create([question("d", kind="dependency", flow=flow)])
    assert put(flow, question("a")).keys() == {"a", "d"}


@pytest.mark.usefixtures("inside")
def test_a_phase_asks_what_is_most_important_and_no_more_than_people_answer():
    flow = flow_of()
    kept = put(flow, *(question(f"q{place:03}") for place in range(questions.MOST + 5)))
    assert len(kept) == questions.MOST
    assert max(kept) == f"q{questions.MOST - 1:03}"


@pytest.mark.usefixtures("inside")
def test_one_key_is_one_question():
    assert put(flow_of(), question("a"), question("a")).keys() == {"a"}


@pytest.mark.usefixtures("inside")
def test_what_an_agent_wrote_is_plain_and_short():
    written = "a\0b\x1b[31m\u202egpj\ud800\nc" + "x" * 9_000
    (kept,) = put(
        flow_of(),
        question("a", text=written, reason=written, options=[written], suggestion=written),
    ).values()
    for text in (kept.text, kept.reason, kept.options[0], kept.suggestion):
        assert text.startswith("ab[31mgpj cxxx")
        assert len(text) <= 500


# --- What waits --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("review", "expected"),
    [("always", "agent_questions"), ("when_unsure", "agent_questions"), ("never", "")],
)
@pytest.mark.usefixtures("inside")
def test_a_flow_waits_for_answers_if_it_was_told_to(review: str, expected: str):
    flow = flow_of(review)
    put(flow, question("a"))
    assert questions.waiting_for(flow, KINDS) == expected
    assert questions.waiting_for(flow, ["dependency"]) == "", "those are of another phase"


@pytest.mark.usefixtures("inside")
def test_questions_about_assets_that_are_gone_hold_nobody_up():
    flow = flow_of()
    there = AssetFactory()
    put(flow, question("a", asset_id=uuid4()))
    assert questions.waiting_for(flow, KINDS) == ""
    put(flow, question("b", asset_id=there.pk, other_id=uuid4()))
    assert questions.waiting_for(flow, KINDS) == ""
    put(flow, question("c", asset_id=there.pk))
    assert questions.waiting_for(flow, KINDS) == "agent_questions"
