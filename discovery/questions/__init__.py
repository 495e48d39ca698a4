"""Questions to people: what phases put, and which of them wait for an answer.

The phases and the API import this, so nothing here loads Polars or Pydantic.
"""

from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from assets.models import Asset
from discovery.agents.texts import plain
from discovery.models import Flow, FlowQuestion

MOST: Final = 50  # that one phase leaves open: of more, people answer none
_MOST_TEXT: Final = 500
_MOST_OPTION: Final = 300  # as long as a suggestion
_TELLING: Final = (
    "kind",
    "text",
    "reason",
    "options",
    "suggestion",
    "confidence",
    "agent",
    "model",
    "asset_id",
    "other_id",
)


class AssetGone(Exception):
    """What a question is about was deleted meanwhile."""

    def __init__(self) -> None:
        super().__init__("What the question is about is gone: there is nothing to answer any more.")


def put(flow: Flow, questions: Iterable[FlowQuestion], kinds: Collection[str]) -> None:
    """The open questions of a phase are these, the most important first; MOST of them are kept.

    `kinds` are those that the phase puts. A question is known by its `key`: what a person has
    answered is not asked again, and what only an earlier attempt asked goes. Runs in the
    transaction in which the phase writes (with `engine.progress`): the flow runs, so that nobody
    answers meanwhile.
    """
    of_flow = FlowQuestion.objects.filter(flow=flow)
    answered = set(of_flow.exclude(answered_at=None).values_list("key", flat=True))
    each_once = {question.key: question for question in questions if question.key not in answered}
    asked = list(islice(each_once.values(), MOST))
    of_flow.filter(answered_at=None, kind__in=kinds).exclude(
        key__in=[question.key for question in asked]
    ).delete()
    FlowQuestion.objects.bulk_create(
        [_as_put(flow, question) for question in asked],
        update_conflicts=True,
        unique_fields=["client_account", "flow", "key"],
        update_fields=_TELLING,
    )


def waiting_for(flow: Flow, kinds: Collection[str]) -> str:
    """For the Outcome of the phase that puts these kinds: whether the flow pauses for people."""
    if flow.review == Flow.Review.NEVER:
        return ""
    return Flow.AGENT_QUESTIONS if to_answer().filter(flow=flow, kind__in=kinds).exists() else ""


def to_answer() -> "QuerySet[FlowQuestion]":
    return about_something().filter(answered_at=None)


def about_something() -> "QuerySet[FlowQuestion]":
    """Without those whose asset is gone: they hold nobody up."""
    found: QuerySet[FlowQuestion] = FlowQuestion.objects.filter(
        Q(asset_id=None) | Exists(Asset.objects.filter(pk=OuterRef("asset_id"))),
        Q(other_id=None) | Exists(Asset.objects.filter(pk=OuterRef("other_id"))),
    )
    return found


def with_open(flows: "QuerySet[Flow]") -> "QuerySet[Flow]":
    """Flows with `questions_open`, null for none."""
    of_flow = to_answer().filter(flow=OuterRef("pk")).order_by().values("flow")
    return flows.annotate(questions_open=Subquery(of_flow.annotate(n=Count("pk")).values("n")))


def _as_put(flow: Flow, question: FlowQuestion) -> FlowQuestion:
    """Its texts may come from an agent, or from a cell that the agent repeats."""
    question.flow = flow
    question.text = plain(question.text, _MOST_TEXT)
    question.reason = plain(question.reason, _MOST_TEXT)
    question.options = [plain(option, _MOST_OPTION) for option in question.options]
    question.suggestion = plain(question.suggestion, _MOST_OPTION)
    return question
