"""An estate in counts and names: what the migration strategist is shown of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import orjson

from discovery.agents.redaction import redacted

_MOST_NAME: Final = 60
_MOST_SENTENCE: Final = 160
# The facts take some 6,000 tokens at most: a token is three bytes or more.
_MOST_BYTES: Final = 18_000
# What is shown of each list at most, and in which steps less, until the facts fit.
MOST_APPLICATIONS: Final = 40
_MOST: Final = {"groups": 10, "systems": 15, "needed": 10, "findings": 8, "doubts": 10, "told": 20}
_SHARES: Final = (1.0, 0.75, 0.5, 0.25, 0.1, 0.0)


@dataclass(frozen=True, slots=True)
class Application:
    """`needs` and `needed_by` count other applications. `group` is a place in Estate.groups."""

    name: str
    assets: int
    needs: int = 0
    needed_by: int = 0
    environments: Mapping[str, int] = field(default_factory=dict)
    stated: Sequence[str] = ()  # what imports or people gave as its strategy
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Assets that dependencies tie together, and the largest applications among them."""

    assets: int
    applications: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class System:
    """An operating system; its ends of support as far as the assets state any."""

    name: str
    assets: int
    first_end: date | None = None
    last_end: date | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A column, and the target that it may have."""

    column: str
    target: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Estate:
    """The lists begin with what is largest. `applications_in_all` counts those not listed too."""

    assets: int
    dependencies: int = 0
    cycles: int = 0
    applications_in_all: int = 0
    groups_in_all: int = 0
    types: Mapping[str, int] = field(default_factory=dict)
    environments: Mapping[str, int] = field(default_factory=dict)
    systems: Sequence[System] = ()
    applications: Sequence[Application] = ()
    groups: Sequence[Group] = ()
    most_needed: Sequence[tuple[str, int]] = ()
    findings: Sequence[tuple[str, int]] = ()
    doubts: Sequence[Doubt] = ()
    told: Sequence[tuple[str, str]] = ()  # what people were asked, and answered


def facts(estate: Estate) -> dict[str, Any]:
    """What leaves the house: bounded, however large the estate is."""
    shown = (_facts(estate, share) for share in _SHARES)
    fitting = (each for each in shown if _size(each) <= _MOST_BYTES)
    return next(fitting, _facts(Estate(estate.assets), 0))


def _size(shown: Mapping[str, Any]) -> int:
    return len(orjson.dumps(shown, option=orjson.OPT_INDENT_2))


def _facts(estate: Estate, share: float) -> dict[str, Any]:
    most = {name: int(count * share) for name, count in _MOST.items()}
    applications = estate.applications[: int(MOST_APPLICATIONS * share)]
    groups = estate.groups[: most["groups"]]
    return {
        "assets": estate.assets,
        "dependencies": estate.dependencies,
        "circles_of_assets_that_need_each_other": estate.cycles,
        "assets_by_type": dict(estate.types),
        "assets_by_environment": dict(estate.environments),
        "operating_systems": [_system(each) for each in estate.systems[: most["systems"]]],
        "applications": [
            {"id": f"a{place}", **_application(each, len(groups))}
            for place, each in enumerate(applications, 1)
        ],
        "applications_left_out": estate.applications_in_all - len(applications),
        "groups": [{"id": f"g{place}", **_group(each)} for place, each in enumerate(groups, 1)],
        "groups_left_out": estate.groups_in_all - len(groups),
        "most_needed": _counted(estate.most_needed[: most["needed"]], "name", _MOST_NAME),
        "not_readable": _counted(estate.findings[: most["findings"]], "reason", _MOST_SENTENCE),
        "columns_in_doubt": [_doubt(each) for each in estate.doubts[: most["doubts"]]],
        "people_answered": [
            {"question": redacted(asked, _MOST_SENTENCE), "answer": redacted(answer, 300)}
            for asked, answer in estate.told[: most["told"]]
        ],
    }


def _name(text: str) -> str:
    return redacted(text, _MOST_NAME)


def _system(system: System) -> dict[str, Any]:
    ends = {end.isoformat() for end in (system.first_end, system.last_end) if end}
    shown = {"name": _name(system.name), "assets": system.assets}
    return shown | ({"end_of_support_stated": sorted(ends)} if ends else {})


def _application(application: Application, groups: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": _name(application.name),
        "assets": application.assets,
        "needs_applications": application.needs,
        "needed_by_applications": application.needed_by,
        "environments": dict(application.environments),
    }
    if application.stated:
        shown["strategy_stated"] = list(application.stated)
    if application.group is not None and application.group < groups:
        shown["group"] = f"g{application.group + 1}"
    return shown


def _group(group: Group) -> dict[str, Any]:
    return {"assets": group.assets, "applications": [_name(each) for each in group.applications]}


def _doubt(doubt: Doubt) -> dict[str, Any]:
    return {
        "column": _name(doubt.column),
        "target": doubt.target,
        "confidence": round(doubt.confidence, 2),
    }


def _counted(pairs: Iterable[tuple[str, int]], what: str, most: int) -> list[dict[str, Any]]:
    return [{what: redacted(text, most), "count": count} for text, count in pairs]
