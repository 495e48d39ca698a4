"""How an agent stands with the people of a client account: how often they decided as it had said.

Counted in the transaction of the decision.
"""

from collections import Counter
from collections.abc import Iterable

from django.db.models import F
from django.db.models.functions import Greatest

from discovery.models import AgentStanding, FieldMapping


def count(agent: str, model: str, held: bool, times: int = 1) -> None:
    """A person decided as the agent had said, or otherwise; negative `times` take it back."""
    AgentStanding.objects.bulk_create(
        [AgentStanding(agent=agent, model=model)], ignore_conflicts=True
    )
    counted = "held" if held else "overruled"
    same = AgentStanding.objects.filter(agent=agent, model=model)
    same.update(**{counted: Greatest(F(counted) + times, 0)})


def count_decisions(mappings: Iterable[FieldMapping], times: int = 1) -> None:
    """Of those about which an agent gave an answer of which it was sure: to say that one does not
    know is no error. Where several agents are counted they come in one order, lest two people wait
    for each other.
    """
    answers = Counter(
        (said["agent"], said["model"], said["target_field"] == mapping.target_field)
        for mapping in mappings
        for said in mapping.suggestions
        if said.get("sure")
    )
    for (agent, model, held), number in sorted(answers.items()):
        count(agent, model, held, number * times)


def take_back(mapping: FieldMapping) -> None:
    """Uncounts what a person decided about this very column before, if anybody did."""
    if mapping.decided_at is not None:
        count_decisions([mapping], -1)
