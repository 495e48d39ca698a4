"""What people decide about mappings: one verb, one transaction.

A flow is locked before its mappings, as the engine does, so that none begins to run meanwhile.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Now

from accounts.models import User
from assets.fields import takes_several
from discovery import learning
from discovery.consultation import standing
from discovery.grains import Grain
from discovery.models import FieldMapping, Flow, TableReading

_Status = FieldMapping.Status
# A decision, for a target or against any, is in doubt below this. Of the labelled columns, one
# family of tools left out at a time, 4 % are: one in six of them wrong, of the others one in 100.
SURE: Final = 0.8
# The grains of tables of which no asset and no dependency is made.
_NOT_IN_USE: Final = (Grain.REFERENCE, Grain.FINDING)


class NotNow(Exception):
    """The flow is at work, or over: its mappings cannot be decided."""


class TargetTaken(Exception):
    """Another column of the table goes to the target, which takes one alone."""

    def __init__(self, rival: FieldMapping) -> None:
        self.rival = rival
        super().__init__(
            f'The column "{rival.source_field}" of this table goes to {rival.target_field}, which '
            'takes one column. Give that one another target first, or send "replace": true to '
            "leave its values in attributes."
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the values of a column go; `target` None keeps them in the attributes."""

    target: str | None
    unit: str = ""
    rejected: bool = False


REJECTED: Final = Choice(None, rejected=True)


def accepted(mapping: FieldMapping) -> Choice:
    """The target as it stands, or the suggestion where one waits for an answer."""
    if mapping.status == _Status.SUGGESTED and mapping.suggestions:
        best = mapping.suggestions[0]
        return Choice(best["target_field"], best["source_unit"])
    return Choice(mapping.target_field, mapping.source_unit)


@transaction.atomic
def decide(mapping: FieldMapping, choice: Choice, by: User, *, replace: bool = False) -> None:
    """Writes what a person decided about one column. Raises NotNow, TargetTaken.

    With `replace` a column that holds the target loses it.
    """
    flow = _decidable(mapping.flow_id)
    mapping.refresh_from_db(from_queryset=FieldMapping.objects.select_related("table"))
    for rival in _rivals(mapping, choice.target):
        if not replace:
            raise TargetTaken(rival)
        _take_back(rival)
        _write(flow, rival, REJECTED, by)
    _take_back(mapping)
    _write(flow, mapping, choice, by)
    learning.learn(flow, [mapping], by)


@transaction.atomic
def approve(
    flow: Flow, by: User, *, min_confidence: float | None = None, unmapped: bool = False
) -> int:
    """Approves the targets that are at least so sure and, with `unmapped`, that columns without
    one stay in attributes. What a person decided before stays. Raises NotNow.
    """
    _decidable(flow.pk)
    which = Q(target_field=None) if unmapped else Q(pk__in=[])
    if min_confidence is not None:
        which |= Q(target_field__isnull=False, confidence__gte=min_confidence)
    chosen = list(undecided().filter(which, flow=flow))
    FieldMapping.objects.filter(pk__in=[mapping.pk for mapping in chosen]).update(
        status=_Status.APPROVED, decided_by=by, decided_at=Now()
    )
    learning.learn(flow, chosen, by)
    standing.count_decisions(chosen)
    return len(chosen)


def heed(flow: Flow) -> None:
    """Of the flow that makes its assets: what was decided until now is no correction any more."""
    FieldMapping.objects.filter(flow=flow, corrected=True).update(corrected=False)


def undecided() -> "QuerySet[FieldMapping]":
    found: QuerySet[FieldMapping] = FieldMapping.objects.filter(decided_at=None)
    return found


def to_review() -> "QuerySet[FieldMapping]":
    """What people should look at: all that is undecided where the flow says so, else doubts."""
    used = TableReading.objects.filter(flow=OuterRef("flow"), table=OuterRef("table"))
    in_doubt = Q(Exists(used.exclude(grain__in=_NOT_IN_USE)), confidence__lt=SURE)
    return undecided().filter(Q(flow__review=Flow.Review.ALWAYS) | in_doubt)


def with_counts(flows: "QuerySet[Flow]") -> "QuerySet[Flow]":
    """Flows with `mappings_to_review` while they wait for that, and `corrections` if there are."""
    waiting = Coalesce(_count_of(to_review()), 0)
    return flows.annotate(
        mappings_to_review=Case(When(waiting_for=Flow.MAPPING_REVIEW, then=waiting)),
        corrections=_count_of(FieldMapping.objects.filter(corrected=True)),
    )


def _count_of(mappings: "QuerySet[FieldMapping]") -> Subquery:
    """How many of them a flow has; null for none."""
    of_flow = mappings.filter(flow=OuterRef("pk")).order_by().values("flow")
    return Subquery(of_flow.annotate(count=Count("pk")).values("count"))


def _decidable(flow_id: UUID) -> Flow:
    """The flow, locked."""
    flow: Flow = Flow.objects.select_for_update(no_key=True).get(pk=flow_id)
    if flow.status == Flow.Status.CANCELLED:
        raise NotNow("The flow was cancelled: start another one of the same import.")
    if flow.status == Flow.Status.RUNNING:
        raise NotNow(
            "The flow runs with the mappings as they are. Wait until it has come to rest, then "
            "decide and have it run again from asset_creation."
        )
    if flow.status == Flow.Status.PAUSED and _has_begun(flow) and not _has_made(flow):
        raise NotNow("The flow was paused while it made assets. Resume it and wait for its end.")
    return flow


def _has_begun(flow: Flow) -> bool:
    run = flow.runs.get("asset_creation")
    return run is not None and (run.is_done or run.done > 0)


def _has_made(flow: Flow) -> bool:
    run = flow.runs.get("asset_creation")
    return run is not None and run.is_done


def _rivals(mapping: FieldMapping, target: str | None) -> list[FieldMapping]:
    if target is None or takes_several(target):
        return []
    same = FieldMapping.objects.filter(
        flow=mapping.flow_id, table=mapping.table_id, target_field=target
    )
    return list(same.exclude(pk=mapping.pk))


def _take_back(mapping: FieldMapping) -> None:
    learning.take_back(mapping)
    standing.take_back(mapping)


def _write(flow: Flow, mapping: FieldMapping, choice: Choice, by: User) -> None:
    moved = choice.target != mapping.target_field
    mapping.corrected |= _has_begun(flow) and (moved or choice.unit != mapping.source_unit)
    if moved:
        mapping.source = FieldMapping.Source.USER
        mapping.confidence = None
    mapping.target_field, mapping.source_unit = choice.target, choice.unit
    mapping.status = _Status.REJECTED if choice.rejected else _Status.APPROVED
    mapping.decided_by, mapping.decided_at = by, Now()
    mapping.save()
    mapping.refresh_from_db(fields=["decided_at"])
    standing.count_decisions([mapping])
