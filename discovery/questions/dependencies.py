"""Questions to people about dependencies of which the analyst is not sure, and their answers.

The API imports this, so nothing here loads Polars or Pydantic.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from assets.models import Asset, Dependency
from discovery import questions
from discovery.models import FlowQuestion

if TYPE_CHECKING:
    from discovery.agents.dependency_analyst import Opinion

KINDS: Final = (FlowQuestion.Kind.DEPENDENCY,)
NONE: Final = "none"
AGENT: Final = "dependency_analyst"
# Clients may enter dependencies with this origin too: those are theirs.
BY_ANALYST: Final = Q(origin=Dependency.Origin.AGENT, evidence__0__startswith=f"{AGENT} ")
_MOST: Final = 20  # of a flow


def apply_answer(question: FlowQuestion, answer: str, by: User) -> None:
    """Enters the dependency as the person's, or none; another answer takes the one before back.

    Runs in the transaction of the answer; `by` stands in the audit trail already, as who acts.
    Raises AssetGone, and ValueError for what is no option.
    """
    if answer not in question.options:
        raise ValueError(f"Answer one of: {', '.join(question.options)}.")
    between = Dependency.objects.filter(
        source_asset=question.asset_id, target_asset=question.other_id
    )
    mark = _mark(question)
    between.filter(origin=Dependency.Origin.USER, evidence__0=mark).delete()
    if answer == NONE:
        between.filter(BY_ANALYST).delete()
        return
    ends = (question.asset_id, question.other_id)
    # Locked, or the key of an asset that goes meanwhile would be refused at the commit.
    there = Asset.objects.select_for_update(no_key=True).order_by("pk").filter(pk__in=ends)
    if len(there) < len(ends):
        raise questions.AssetGone
    same = between.filter(dependency_type=answer)
    if same.exclude(BY_ANALYST).exists():  # others say so already, and it is theirs
        return
    same.delete()
    Dependency.objects.create(
        source_asset_id=question.asset_id,
        target_asset_id=question.other_id,
        dependency_type=answer,
        evidence=[mark, question.reason],
    )


def _mark(question: FlowQuestion) -> str:
    """The sentence by which a dependency tells that it is the answer to this question."""
    return f"Answered: {question.text}"


def asked(opinions: "Iterable[Opinion]", model: str, bar: float) -> list[FlowQuestion]:
    """About what the analyst believes and is not sure of: the likeliest first."""
    unsure = [each for each in opinions if (each.confidence or 0) < bar and each.links]
    unsure.sort(key=lambda each: -(each.confidence or 0))
    return [_question(each, model) for each in unsure[:_MOST]]


def _question(opinion: "Opinion", model: str) -> FlowQuestion:
    """About the first asset that says so; the answer holds for it alone."""
    source, target, says = opinion.links[0]
    names = {each.id: each.name for each in (opinion.hint.asset, opinion.hint.candidate)}
    needs = f'"{names[source]}" need "{names[target]}"'
    return FlowQuestion(
        kind=FlowQuestion.Kind.DEPENDENCY,
        key=sha256(f"{source} {target}".encode()).hexdigest(),
        text=f"Does {needs} ({opinion.dependency_type})?",
        reason=f"{opinion.reason} {says}",
        options=[opinion.dependency_type, NONE],
        suggestion=opinion.dependency_type,
        confidence=opinion.confidence,
        agent=AGENT,
        model=model,
        asset_id=UUID(source),
        other_id=UUID(target),
    )
