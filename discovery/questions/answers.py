"""What people answer to the questions of agents: one verb, one transaction.

A flow is locked before its questions, as the engine does, so that none begins to run meanwhile.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from discovery import questions
from discovery.consultation import standing
from discovery.models import Flow, FlowQuestion
from discovery.questions import assets as asset_questions
from discovery.questions import dependencies as dependency_questions

Apply = Callable[[FlowQuestion, str, User], None]


class NotNow(Exception):
    """The flow is at work, or what the question is about is gone."""


def _keep(question: FlowQuestion, answer: str, by: User) -> None:
    """The strategist is told at its next run."""


# What an answer does, by the kind of the question. These run in the API's process.
APPLY: Final[Mapping[str, Apply]] = MappingProxyType(
    {
        FlowQuestion.Kind.ASSET_TYPE: asset_questions.apply_answer,
        FlowQuestion.Kind.APPLICATION: asset_questions.apply_answer,
        FlowQuestion.Kind.DEPENDENCY: dependency_questions.apply_answer,
        FlowQuestion.Kind.STRATEGY: _keep,
    }
)


@transaction.atomic
def answer(question: FlowQuestion, text: str, by: User) -> None:
    """Keeps what a person answered, and does what follows from it. Raises NotNow.

    Another answer replaces the one before, also in the standing of the agent.
    """
    asked = _answerable(question, text)
    if asked.answered_at:
        _count(asked, -1)
    asked.answer, asked.answered_by, asked.answered_at = text, by, Now()
    asked.save(update_fields=["answer", "answered_by", "answered_at"])
    _count(asked, 1)
    try:
        APPLY[asked.kind](asked, text, by)
    except questions.AssetGone as gone:
        raise NotNow(str(gone)) from gone


def _count(asked: FlowQuestion, times: int) -> None:
    """Whether the person answered as the agent had suggested, if it was sure of anything: to say
    that one does not know is no error, and has no confidence.
    """
    if asked.suggestion and asked.confidence is not None:
        held = asked.answer == asked.suggestion
        standing.count(asked.agent, asked.model, held, times)


def _answerable(question: FlowQuestion, text: str) -> FlowQuestion:
    """The question as it stands now, its flow locked."""
    flow = Flow.objects.select_for_update(no_key=True).get(pk=question.flow_id)
    if flow.status == Flow.Status.RUNNING:
        raise NotNow("The flow runs. Wait until it has come to rest, then answer.")
    asked: FlowQuestion | None = questions.about_something().filter(pk=question.pk).first()
    if asked is None:
        raise NotNow(str(questions.AssetGone()))
    if asked.options and text not in asked.options:
        raise NotNow("The question was asked anew with other options. Read it again.")
    return asked
