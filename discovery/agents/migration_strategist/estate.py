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
MOST_APPLICATIONS: Final = 40
# What is shown of each list at most, and in which steps less, until the facts fit.
_MOST: Final = {
    "operating_systems": 15,
    "applications": MOST_APPLICATIONS,
    "groups": 10,
    "most_needed": 10,
    "not_readable": 8,
    "columns_in_doubt": 10,
    "people_answered": 20,
}
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
    every = _lists(estate)
    shown = (_facts(estate, every, share) for share in _SHARES)
    return next(each for each in shown if _size(each) <= _MOST_BYTES)


def _size(shown: Mapping[str, Any]) -> int:
    return len(orjson.dumps(shown, option=orjson.OPT_INDENT_2))


def _facts(estate: Estate, every: Mapping[str, Any], share: float) -> dict[str, Any]:
    lists = {name: shown[: int(_MOST[name] * share)] for name, shown in every.items()}
    groups = {each["id"] for each in lists["groups"]}
    for application in lists["applications"]:
        if application.get("group") not in groups:
            application.pop("group", None)
    return {
        "assets": estate.assets,
        "dependencies": estate.dependencies,
        "circles_of_assets_that_need_each_other": estate.cycles,
        "assets_by_type": dict(estate.types),
        "assets_by_environment": dict(estate.environments),
        **lists,
        "applications_left_out": estate.applications_in_all - len(lists["applications"]),
        "groups_left_out": estate.groups_in_all - len(lists["groups"]),
    }


def _lists(estate: Estate) -> dict[str, list[dict[str, Any]]]:
    """As much of every list as is ever shown, redacted once."""
    most = _MOST
    return {
        "operating_systems": [
            _system(each) for each in estate.systems[: most["operating_systems"]]
        ],
        "applications": [
            {"id": f"a{place}", **_application(each)}
            for place, each in enumerate(estate.applications[: most["applications"]], 1)
        ],
        "groups": [
            {"id": f"g{place}", **_group(each)}
            for place, each in enumerate(estate.groups[: most["groups"]], 1)
        ],
        "most_needed": _counted(estate.most_needed[: most["most_needed"]], "name", _MOST_NAME),
        "not_readable": _counted(estate.findings[: most["not_readable"]], "reason", _MOST_SENTENCE),
        "columns_in_doubt": [_doubt(each) for each in estate.doubts[: most["columns_in_doubt"]]],
        "people_answered": [
            {"question": redacted(asked, _MOST_SENTENCE), "answer": redacted(answer, 300)}
            for asked, answer in estate.told[: most["people_answered"]]
        ],
    }


def _name(text: str) -> str:
    return redacted(text, _MOST_NAME)


def _system(system: System) -> dict[str, Any]:
    ends = {end.isoformat() for end in (system.first_end, system.last_end) if end}
    shown = {"name": _name(system.name), "assets": system.assets}
    return shown | ({"end_of_support_stated": sorted(ends)} if ends else {})


def _application(application: Application) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": _name(application.name),
        "assets": application.assets,
        "needs_applications": application.needs,
        "needed_by_applications": application.needed_by,
        "environments": dict(application.environments),
    }
    if application.stated:
        shown["strategy_stated"] = list(application.stated)
    if application.group is not None:
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
