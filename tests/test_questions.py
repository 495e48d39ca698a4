"""Questions to people: what phases put, what people answer, and what comes of it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from discovery import engine, questions
from discovery.models import AgentStanding, Flow, FlowQuestion
from tests.factories import AssetFactory
from tests.people import Cast
from tests.test_contract_errors import field_error, problem

QUESTIONS = "/api/v1/questions/"
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
        assert text.startswith("a b [31mgpj cxxx")
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


# --- What people answer ------------------------------------------------------------------------


def asked(cast: Cast, *put: dict[str, Any], status: str = "completed") -> list[str]:
    """The ids of the questions of a flow with that status, about an asset."""
    with cast.scope():
        flow, about = flow_of(), {"asset_id": AssetFactory(name="it").pk}
        kept = [
            question(f"q{place}", flow=flow, **about | given) for place, given in enumerate(put)
        ]
        FlowQuestion.objects.bulk_create(kept)
        Flow.objects.filter(pk=flow.pk).update(status=status)
    return [str(each.pk) for each in kept]


def reply(cast: Cast, key: str, text: Any, who: str = "contributor") -> Any:
    return cast[who].patch(f"{QUESTIONS}{key}", {"answer": text})


def test_a_question_is_answered_with_one_of_its_options(cast: Cast):
    (key,) = asked(cast, {})
    answered = reply(cast, key, "database")

    assert answered.status_code == 200, answered.content
    shown = answered.json()
    assert (shown["answer"], shown["answered_by"]) == (
        "database",
        cast.users["contributor"].email,
    )
    assert shown["answered_at"]
    assert cast["viewer"].get(f"{QUESTIONS}{key}").json() == shown


def test_what_a_person_answers_is_what_the_asset_is(cast: Cast):
    (key,) = asked(cast, {})
    for answer in ("database", "server"):
        reply(cast, key, answer)
        (it,) = cast["viewer"].get("/api/v1/assets/", {"name": "it"}).json()["items"]
        assert it["asset_type"] == answer
        assert "asset_type" in it["edited_fields"]


def test_what_a_person_says_of_two_assets_is_a_dependency(cast: Cast):
    with cast.scope():
        source, target = AssetFactory(), AssetFactory()
    about = {"asset_id": source.pk, "other_id": target.pk, "kind": "dependency"}
    (key,) = asked(cast, about | {"options": ["uses", "none"], "suggestion": "uses"})
    for answer, expected in (("uses", ["uses"]), ("none", [])):
        assert reply(cast, key, answer).status_code == 200
        listed = cast["viewer"].get("/api/v1/dependencies/").json()["items"]
        assert [each["dependency_type"] for each in listed] == expected


def test_another_answer_replaces_the_one_before(cast: Cast):
    (key,) = asked(cast, {})
    before = reply(cast, key, "database").json()
    after = reply(cast, key, "server", who="admin").json()

    assert after["answer"] == "server"
    assert after["answered_by"] == cast.users["admin"].email
    assert after["answered_at"] >= before["answered_at"]


def test_what_people_answer_counts_on_the_agents_standing_once(cast: Cast):
    right, wrong, open_ = asked(cast, {}, {}, {"suggestion": ""})
    reply(cast, right, "database")
    for key in (right, right, open_):
        reply(cast, key, "server")
    reply(cast, wrong, "database")

    with cast.scope():
        standing = AgentStanding.objects.get(agent="asset_classifier", model="m")
        assert (standing.held, standing.overruled) == (1, 1)


def test_a_flow_that_waits_for_answers_goes_on_when_it_is_told_to(cast: Cast):
    (key,) = asked(cast, {})
    with cast.scope():
        flow = FlowQuestion.objects.get(pk=key).flow
        Flow.objects.filter(pk=flow.pk).update(status="running")
        engine.pause(flow, Flow.AGENT_QUESTIONS)
    place = f"/api/v1/flows/{flow.pk}"
    waiting = cast["viewer"].get("/api/v1/flows", {"waiting_for": "agent_questions"}).json()
    (shown,) = waiting["items"]
    assert (shown["status"], shown["questions_open"]) == ("paused", 1)

    assert reply(cast, key, "server").status_code == 200
    assert "questions_open" not in cast["viewer"].get(place).json()
    assert cast["contributor"].post(f"{place}/resume").json()["status"] == "running"


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"answer": "mainframe"}, "answer", "must be one of: server, database"),
        ({"answer": ""}, "answer", "cannot be empty"),
        ({}, "answer", "required"),
        ({"answer": "server", "suggestion": "x"}, "suggestion", "unknown"),
        ({"answer": ["server"]}, "answer", "Not a valid string"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_remedy(
    cast: Cast, body: Any, field: str, words: str
):
    (key,) = asked(cast, {})
    assert words in field_error(cast["contributor"].patch(f"{QUESTIONS}{key}", body), field)


def test_without_options_any_text_is_an_answer_within_bounds(cast: Cast):
    (key,) = asked(cast, {"kind": "strategy", "options": [], "suggestion": ""})

    assert reply(cast, key, "By the end of June,\nbut not the SAP.").status_code == 200
    assert "2000" in field_error(reply(cast, key, "x" * 2_001), "answer")
    assert "Null characters" in field_error(reply(cast, key, "a\0b"), "answer")


def test_nothing_is_answered_while_the_flow_runs(cast: Cast):
    (key,) = asked(cast, {}, status="running")
    refused = problem(reply(cast, key, "server"), 409)
    assert refused["code"] == "answer_refused"
    assert "The flow runs" in refused["message"]


@pytest.mark.parametrize("status", ["paused", "failed", "cancelled"])
def test_an_answer_is_taken_whenever_the_flow_is_at_rest(cast: Cast, status: str):
    (key,) = asked(cast, {}, status=status)
    assert reply(cast, key, "server").status_code == 200


def test_a_question_about_an_asset_that_is_gone_cannot_be_answered(cast: Cast):
    (key,) = asked(cast, {"asset_id": uuid4()})
    assert "is gone" in problem(reply(cast, key, "server"), 409)["message"]


def test_a_viewer_reads_and_does_not_answer(cast: Cast):
    (key,) = asked(cast, {})
    assert problem(reply(cast, key, "server", who="viewer"), 403)
    assert problem(cast.stranger_at_home.patch(f"{QUESTIONS}{key}", {"answer": "server"}), 404)


def test_the_questions_of_a_flow_are_listed_and_filtered(cast: Cast):
    first, second, third = asked(cast, {}, {"kind": "strategy", "options": []}, {})
    asked(cast, {})
    reply(cast, first, "server")
    with cast.scope():
        flow_id = FlowQuestion.objects.get(pk=first).flow_id

    def listed(path: str, **query: str) -> list[str]:
        page = cast["viewer"].get(path, query).json()
        assert page["total"] == len(page["items"])
        return [item["id"] for item in page["items"]]

    of_flow = f"/api/v1/flows/{flow_id}/questions"
    assert listed(of_flow) == [first, second, third]
    assert listed(of_flow, answered="false") == [second, third]
    assert listed(of_flow, answered="true", kind="asset_type") == [first]
    assert listed(of_flow, kind="strategy,dependency") == [second]
    assert listed(QUESTIONS, flow_id=str(flow_id), answered="false") == [second, third]
    assert len(listed(QUESTIONS)) == 4
    page = cast["viewer"].get(of_flow, {"page": "2", "page_size": "2"}).json()
    assert [item["id"] for item in page["items"]] == [third]
    wrong = cast["viewer"].get(of_flow, {"answered": "perhaps"})
    assert "Must be true or false" in field_error(wrong, "answered")


def test_a_flow_says_how_many_questions_are_open(cast: Cast):
    first, _, _ = asked(cast, {}, {}, {"asset_id": uuid4()})
    with cast.scope():
        flow_id = FlowQuestion.objects.get(pk=first).flow_id
    flow = f"/api/v1/flows/{flow_id}"
    assert cast["viewer"].get(flow).json()["questions_open"] == 2
    reply(cast, first, "server")
    assert cast["viewer"].get(flow).json()["questions_open"] == 1


def test_operators_see_the_questions_in_the_admin(cast: Cast, client: Client):
    asked(cast, {})
    client.force_login(User.objects.create_superuser(email="op@example.com", password="x" * 12))
    assert "What is q0?" in client.get("/admin/discovery/flowquestion/").content.decode()
