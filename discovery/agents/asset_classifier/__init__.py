"""The asset classifier: what an asset is, and which application a machine belongs to, where the
rules leave it open.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from discovery.agents.asset_classifier.looks import WORDS, Look
from discovery.agents.trust import weigh
from discovery.agents.verdicts import MOST_ITEMS, Item, Verdict

AGENT: Final = "asset_classifier"
MOST_QUESTIONS: Final = 5  # of each kind in a phase: more looks than these hold are left out
_MOST_CONTROLS: Final = 8
_A_QUESTION: Final = MOST_ITEMS - _MOST_CONTROLS
MOST_LOOKS: Final = MOST_QUESTIONS * _A_QUESTION
NONE: Final = "none"

TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "server": "a machine with a server operating system or a hypervisor, where nothing says "
        "that it is virtual",
        "virtual_machine": "a machine that is said to be virtual, or a cloud instance",
        "application": "a business or packaged application as a whole",
        "service": "a business or technical service, an API, a job",
        "database": "a database, schema or instance of a database product",
        "middleware": "a message broker, application server, integration or cache product",
        "container": "a container, pod or namespace",
        "cluster": "a cluster of hosts, databases or containers",
        "network": "a switch, router, access point, wireless controller or other network device",
        "load_balancer": "a load balancer, reverse proxy or application delivery controller",
        "firewall": "a firewall, VPN gateway or intrusion prevention system",
        "storage": "an array, NAS, SAN device, tape library or backup appliance",
        "workstation": "a desktop, laptop or thin client of a person",
        "other": "known, and none of these: a printer, phone, camera, power supply",
    }
)
_VIRTUAL: Final = frozenset(
    ["virtual", "vmware", "vm", "vms", "kvm", "xen", "qemu", "hyper", "ec", "hvm", "openstack"]
)
_OF_APPLICATION: Final = "an application that the inventory knows"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one call asks: `looks` are those in doubt, by the id of their item."""

    purpose: str
    items: list[Item]
    options: Mapping[str, str]
    about: Mapping[str, Any]
    looks: Mapping[str, Look]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`value` None: none of the options. `confidence` is the probability that it is right; None
    where the agent is not sure itself, of which nothing is measured.
    """

    value: str | None
    confidence: float | None
    reason: str


def type_sheets(doubtful: Sequence[Look], known: Sequence[Look]) -> Iterator[Sheet]:
    """What the assets of these looks are, the most frequent looks first."""
    about = {"asked": "What is each of these assets of an inventory?"}
    tellable = [look for look in known if _is_tellable(look)]
    yield from _sheets("assets", doubtful, tellable, lambda _: dict(TYPES), about)


def _is_tellable(look: Look) -> bool:
    """What nothing shown says to be virtual would be a server to anybody: no fair control."""
    return look.known in TYPES and (
        look.known != "virtual_machine" or not WORDS["virtual"].isdisjoint(look.words)
    )


def application_sheets(
    hinted: Mapping[str, Sequence[str]], doubtful: Sequence[Look], known: Sequence[Look]
) -> Iterator[Sheet]:
    """Which application the machines of these looks belong to; `hinted` has, by the key of a look,
    the applications of which its names or texts speak.
    """

    def options(looks: Sequence[Look]) -> dict[str, str]:
        names = {look.known for look in looks if look.known is not None}
        names.update(*(hinted[look.key] for look in looks if look.known is None))
        known = dict.fromkeys(sorted(names), _OF_APPLICATION)
        return known | {NONE: "none of these, or it cannot be told"}

    about = {"asked": "Which application does each of these machines belong to?"}
    yield from _sheets("applications", doubtful, known, options, about)


def _sheets(
    what: str,
    doubtful: Sequence[Look],
    known: Sequence[Look],
    options: Callable[[Sequence[Look]], Mapping[str, str]],
    about: Mapping[str, Any],
) -> Iterator[Sheet]:
    asked_about = doubtful[:MOST_LOOKS]
    for place, start in enumerate(range(0, len(asked_about), _A_QUESTION)):
        looks = asked_about[start : start + _A_QUESTION]
        asked = [*looks, *_controls(known, place)]
        items = [*_items(asked)]
        yield Sheet(
            purpose=f"{what}: {len(looks)} looks of {sum(look.count for look in looks)} assets",
            items=items,
            options=options(asked),
            about=about,
            looks={
                item.id: look
                for item, look in zip(items, _ordered(asked), strict=True)
                if item.known is None
            },
        )


def _controls(known: Sequence[Look], place: int) -> list[Look]:
    """Others in each question, as far as they reach: an order in the items of one question that is
    obeyed shows in the controls of that question.
    """
    count = min(_MOST_CONTROLS, len(known))
    spread = _of_each_value(known)
    return [spread[(place * count + step) % len(spread)] for step in range(count)]


def _of_each_value(known: Sequence[Look]) -> list[Look]:
    """First one look of each value, then the next of each: frequent looks may all be one kind."""
    seen: dict[str | None, int] = {}
    ranked = []
    for look in known:
        seen[look.known] = rank = seen.get(look.known, 0) + 1
        ranked.append((rank, look))
    return [look for _, look in sorted(ranked, key=lambda each: each[0])]


def _ordered(looks: Sequence[Look]) -> list[Look]:
    """By what they show, so that neither place nor id tells the controls."""
    return sorted(looks, key=lambda look: (look.name, look.key))


def _items(looks: Sequence[Look]) -> Iterator[Item]:
    for place, look in enumerate(_ordered(looks), start=1):
        yield Item(f"a{place}", look.facts, look.known)


def judgement(sheet: Sheet, verdict: Verdict, accuracy: float) -> Judgement:
    """What a verdict is worth: the rules are silent, so that all options were equally likely."""
    value = None if verdict.choice == NONE else verdict.choice
    prior = dict.fromkeys(sheet.options, 1 / len(sheet.options))
    likely = round(weigh(prior, verdict.choice, accuracy)[verdict.choice], 4)
    return Judgement(value, likely if verdict.sure else None, verdict.reason)
