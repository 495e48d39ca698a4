"""Asks the migration strategist on behalf of the last phase, and says what comes of its plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Self

from django.db import transaction

from discovery import questions
from discovery.agents import migration_strategist
from discovery.agents.migration_strategist import AGENT, Plan
from discovery.models import Flow, FlowQuestion
from discovery.survey import survey

if TYPE_CHECKING:
    from discovery.consultation.asking import Consultation

_UNSURE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Advice:
    """A plan, the names behind its ids, and how far the account can rely on such plans.

    Nothing measures an insight or a strategy by itself. `accuracy` is the standing of the agent
    with this model: how often people answered its questions as it had expected, one half if
    nobody knows.
    """

    plan: Plan
    names: dict[str, str]
    accuracy: float
    model: str

    @classmethod
    def of(cls, consultation: "Consultation") -> Self | None:
        """None where nobody is to be asked, or nobody answered. Raises LeaseLost."""
        if not consultation.is_open:
            return None
        with transaction.atomic():
            estate = survey(consultation.flow)
        if not consultation.shows_samples:
            estate = replace(estate, findings=[], told=[])  # they quote cells, and people
        if not estate.assets:
            return None
        plan = consultation.ask(migration_strategist.question(estate))
        if plan is None:
            return None
        names = migration_strategist.names(estate)
        return cls(plan, names, consultation.accuracy_of(AGENT), consultation.model)

    @property
    def insights(self) -> list[dict[str, Any]]:
        return [
            {
                "agent": AGENT,
                "insight": insight.text,
                "confidence": round(self.accuracy, 4),
                "about": [self.names[id_] for id_ in insight.about],
            }
            for insight in self.plan.insights
        ]

    @property
    def strategy(self) -> list[dict[str, Any]]:
        """What the agent is not sure of is worth a guess at most."""
        return [
            {
                "name": self.names[way.id],
                "approach": way.approach,
                "reason": way.reason,
                "confidence": round(self.accuracy if way.sure else min(self.accuracy, _UNSURE), 4),
                "agent": AGENT,
            }
            for way in self.plan.strategy
        ]

    def put_questions(self, flow: Flow) -> None:
        questions.put(flow, self._questions(), [FlowQuestion.Kind.STRATEGY])

    def _questions(self) -> Iterator[FlowQuestion]:
        for query in self.plan.questions:
            yield FlowQuestion(
                kind=FlowQuestion.Kind.STRATEGY,
                key=sha256(query.text.encode()).hexdigest(),
                text=query.text,
                reason=query.reason,
                options=query.options,
                suggestion=query.expected,
                confidence=round(self.accuracy, 4) if query.expected else None,
                agent=AGENT,
                model=self.model,
            )
