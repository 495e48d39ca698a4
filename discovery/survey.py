"""Surveys an estate for the migration strategist: counts and names, no rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Count, F, Max, Min, QuerySet, TextField, When
from django.db.models.functions import Lower

from assets.graph import groups, shape
from assets.models import Asset, Dependency
from discovery import decisions
from discovery.agents.migration_strategist.estate import (
    MOST_APPLICATIONS,
    Application,
    Doubt,
    Estate,
    Group,
    System,
)
from discovery.models import Finding, Flow, FlowQuestion

_MOST: Final = 20  # of every other list
_MOST_OF_GROUP: Final = 5  # applications that are named


def survey(flow: Flow) -> Estate:
    """The estate that the flow leaves behind. Runs in the caller's transaction."""
    edges = list(Dependency.objects.values_list("source_asset_id", "target_asset_id"))
    found = _Applications.found(edges)
    parts = groups(edges)[:_MOST]
    form = shape(edges)
    return Estate(
        assets=Asset.objects.count(),
        dependencies=len(edges),
        cycles=form.cycles,
        applications_in_all=_applications().count(),
        groups_in_all=form.groups,
        types=_counts("asset_type"),
        environments=_counts("environment"),
        systems=list(_systems()),
        applications=list(found.in_groups(parts)),
        groups=[Group(len(part), found.named_in(part)) for part in parts],
        most_needed=list(_named(form.most_needed)),
        findings=_findings(flow),
        doubts=list(_doubts(flow)),
        told=list(_told()),
    )


def _counts(field: str) -> dict[str, int]:
    counts = Asset.objects.order_by().values_list(field).annotate(count=Count("id"))
    return {value or "unknown": count for value, count in counts.order_by("-count", field)}


def _systems() -> Iterator[System]:
    known = Asset.objects.exclude(operating_system=None).order_by()
    counted = known.values_list("operating_system").annotate(
        Count("id"), Min("end_of_support_date"), Max("end_of_support_date")
    )
    for name, count, first, last in counted.order_by("-id__count", "operating_system")[:_MOST]:
        yield System(name, count, first, last)


def _named(needed: Sequence[tuple[UUID, int]]) -> Iterator[tuple[str, int]]:
    ids = [asset_id for asset_id, _ in needed]
    names = dict(Asset.objects.filter(pk__in=ids).values_list("pk", "name"))
    return ((names[asset_id], count) for asset_id, count in needed if asset_id in names)


def _findings(flow: Flow) -> list[tuple[str, int]]:
    counts = Finding.objects.filter(flow=flow).order_by().values_list("reason")
    return list(counts.annotate(count=Count("id")).order_by("-count", "reason")[:_MOST])


def _doubts(flow: Flow) -> Iterator[Doubt]:
    doubtful = decisions.to_review().filter(flow=flow, confidence__lt=decisions.SURE)
    for mapping in doubtful.order_by("confidence", "id")[:_MOST]:
        target = mapping.target_field or _suggested(mapping.suggestions)
        yield Doubt(mapping.source_field, target, mapping.confidence or 0.0)


def _suggested(suggestions: Sequence[Mapping[str, Any]]) -> str:
    best = suggestions[0]["target_field"] if suggestions else None
    return best or "attributes"


def _told() -> Iterator[tuple[str, str]]:
    """What people of the engagement answered last, to the strategist first."""
    answered = FlowQuestion.objects.exclude(answered_at=None)
    ours = Case(When(kind=FlowQuestion.Kind.STRATEGY, then=0), default=1)
    latest = answered.order_by(ours, "-answered_at", "id")
    return iter(latest.values_list("text", "answer")[:_MOST])


# --- Applications ------------------------------------------------------------------------------


def _name_of(asset: str = "") -> Case:
    """The application that an asset belongs to, or is."""
    name, own = f"{asset}application_name", f"{asset}name"
    return Case(
        When(**{f"{name}__gt": ""}, then=F(name)),
        When(**{f"{asset}asset_type": "application"}, then=F(own)),
        output_field=TextField(),
    )


def _applications() -> "QuerySet[Any]":
    """By name in small letters, the largest first."""
    known = Asset.objects.order_by().annotate(key=Lower(_name_of())).exclude(key=None)
    counted: QuerySet[Any] = known.values("key").annotate(name=Min(_name_of()), assets=Count("id"))
    return counted.order_by("-assets", "key")


@dataclass(frozen=True, slots=True)
class _Applications:
    """The largest, by key; to which of all of them assets belong, and what needs what.

    They are brought together here: without statistics, as after an import, PostgreSQL takes
    minutes to join a hundred thousand edges to their assets.
    """

    largest: dict[str, dict[str, Any]]
    of_asset: dict[UUID, str]
    edges: Sequence[tuple[UUID, UUID]]

    @classmethod
    def found(cls, edges: Sequence[tuple[UUID, UUID]]) -> "_Applications":
        largest = {each["key"]: each for each in _applications()[:MOST_APPLICATIONS]}
        keyed = Asset.objects.order_by().annotate(key=Lower(_name_of())).exclude(key=None)
        pairs = keyed.values_list("pk", "key").iterator(chunk_size=10_000)
        return cls(largest, {asset: intern(key) for asset, key in pairs}, edges)

    def in_groups(self, parts: Sequence[set[UUID]]) -> Iterator[Application]:
        environments, stated = self._by("environment"), self._by("six_r_strategy")
        needs, needed_by = self._needs()
        places = self._places(parts)
        for key, each in self.largest.items():
            yield Application(
                name=each["name"],
                assets=each["assets"],
                needs=len(needs[key]),
                needed_by=len(needed_by[key]),
                environments=environments[key],
                stated=list(stated[key]),
                group=places.get(key),
            )

    def named_in(self, part: Iterable[UUID]) -> list[str]:
        """The applications of a group, those with the most assets in it first."""
        keys = (self.of_asset.get(asset) for asset in part)
        counts = Counter(key for key in keys if key and key in self.largest)
        largest = sorted(counts, key=lambda key: (-counts[key], key))[:_MOST_OF_GROUP]
        return [self.largest[key]["name"] for key in largest]

    def _by(self, field: str) -> dict[str, dict[str, int]]:
        """How many assets of each have which value."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        of_ours = Asset.objects.annotate(key=Lower(_name_of())).filter(key__in=self.largest)
        known = of_ours.exclude(**{field: None}).order_by(field)
        for key, value, count in known.values_list("key", field).annotate(Count("id")):
            found[key][value] = count
        return found

    def _needs(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Which other applications each needs, and by which it is needed."""
        needs: dict[str, set[str]] = defaultdict(set)
        needed_by: dict[str, set[str]] = defaultdict(set)
        for edge in self.edges:
            source, target = (self.of_asset.get(end) for end in edge)
            if source and target and source != target:
                needs[source].add(target)
                needed_by[target].add(source)
        return needs, needed_by

    def _places(self, parts: Sequence[set[UUID]]) -> dict[str, int]:
        """The group in which each has most of its assets."""
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for place, part in enumerate(parts):
            for asset in part & self.of_asset.keys():
                counts[self.of_asset[asset]][place] += 1
        return {key: found.most_common(1)[0][0] for key, found in counts.items()}
