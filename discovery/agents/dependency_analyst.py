"""The dependency analyst: which asset a reference means, and whether a text states a dependency.

Rules find the pairs, the agent judges them. It makes nothing up: every answer is one of the options
for a pair that it was shown.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import cycle
from typing import Any, Final

import orjson

from discovery.agents import trust
from discovery.agents.redaction import cell, redacted
from discovery.agents.verdicts import Item, Verdict

AGENT: Final = "dependency_analyst"
MOST_TEXT: Final = 300  # characters of what is shown of a text
_MOST_NAME: Final = 120
SAME: Final = "same"
OTHER: Final = "other"
_NEEDED_BY: Final = "needed_by"
_NONE: Final = "none"
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of pair, with the choices for it."""

    purpose: str
    asks: str
    options: Mapping[str, str]

    @property
    def about(self) -> dict[str, str]:
        return {"asked": self.asks}


REFERENCES: Final = Task(
    purpose="which asset a reference means",
    asks="The `field` of `asset` names another asset as `text`. Is that asset `candidate`?",
    options={
        SAME: "text is another spelling, an abbreviation or a description of candidate and "
        "cannot as well mean another asset",
        OTHER: "text means something else, or which asset it means cannot be told",
    },
)
MENTIONS: Final = Task(
    purpose="whether a text states a dependency",
    asks="The `text` of `asset` mentions `candidate`. Which dependency between the two does the "
    "text state as true today?",
    options={
        "runs_on": "asset is placed on candidate: machine on host, software on server",
        "uses": "asset is an application or service, and candidate a database, middleware or "
        "storage that it uses",
        "part_of": "asset is a member of candidate: a cluster, a group, a business service",
        "connects_to": "asset calls candidate over the network, and no more is said",
        "depends_on": "asset needs candidate to work, and none of the above is said",
        _NEEDED_BY: "the other way round: candidate needs asset",
        _NONE: "none is stated: a comparison, a past or planned state, a neighbour, an owner",
    },
)


@dataclass(frozen=True, slots=True)
class Thing:
    """An asset as agents see it. The id stays in the house."""

    id: str
    name: str
    asset_type: str | None

    @property
    def facts(self) -> dict[str, str]:
        return {"name": redacted(self.name, _MOST_NAME), "type": self.asset_type or "unknown"}


@dataclass(frozen=True, slots=True)
class Hint:
    """`field` of `asset` says `text`, which may speak of `candidate`.

    `said_by` holds all assets that say so, each with the sentence for the evidence. A reference
    states the type of dependency, and whether they need the candidate or it needs them. `known` is
    the right answer, for a control.
    """

    task: Task
    asset: Thing
    candidate: Thing
    field: str
    text: str
    said_by: tuple[tuple[str, str], ...]
    stated: str = ""
    is_needed: bool = True
    known: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "asset": self.asset.facts,
            "field": redacted(self.field, _MOST_NAME),
            "text": cell(self.field, self.text, MOST_TEXT),
            "candidate": self.candidate.facts,
        }

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """All that the answer is about, in both orders."""
        there = {(asset, self.candidate.id) for asset, _ in self.said_by}
        return there | {(other, one) for one, other in there}

    @property
    def reference(self) -> tuple[str, str, str]:
        """The same for all candidates of a reference, of which one alone can be meant."""
        return self.asset.id, self.field, self.text


@dataclass(frozen=True, slots=True)
class Opinion:
    """A dependency as the agent sees it: `links` are (who needs, what is needed, what hints at it).

    `confidence` is None where the agent was not sure: of that nothing was measured.
    """

    hint: Hint
    links: tuple[tuple[str, str, str], ...]
    dependency_type: str
    confidence: float | None
    reason: str


@dataclass(slots=True)
class Asked:
    """The hints of one question, by the ids that were made up for it."""

    hints: dict[str, Hint] = field(default_factory=dict)

    @classmethod
    def of(cls, hints: Iterable[Hint]) -> "Asked":
        """Numbered in an order that does not tell controls from doubts."""
        ordered = sorted(hints, key=lambda hint: sha256(orjson.dumps(hint.facts)).digest())
        return cls({f"p{number}": hint for number, hint in enumerate(ordered, 1)})

    @property
    def items(self) -> list[Item]:
        return [Item(name, hint.facts, hint.known) for name, hint in self.hints.items()]

    def opinions(self, verdicts: Mapping[str, Verdict], accuracy: float) -> list[Opinion]:
        """The dependencies that the agent sees; one more often wrong than right sees none."""
        if accuracy < 1 / 2:
            return []
        seen = [
            _opinion(self.hints[name], verdict, accuracy)
            for name, verdict in verdicts.items()
            if verdict.choice not in {_NONE, OTHER}
        ]
        return _one_for_a_reference(seen)


def _opinion(hint: Hint, verdict: Verdict, accuracy: float) -> Opinion:
    prior = dict.fromkeys(hint.task.options, 1 / len(hint.task.options))
    sure = trust.weigh(prior, verdict.choice, accuracy)[verdict.choice]
    is_needed = hint.is_needed and verdict.choice != _NEEDED_BY
    return Opinion(
        hint=hint,
        links=tuple(
            (asset, hint.candidate.id, says) if is_needed else (hint.candidate.id, asset, says)
            for asset, says in hint.said_by
            if asset != hint.candidate.id
        ),
        dependency_type=hint.stated or _type(verdict.choice),
        confidence=round(sure, 4) if verdict.sure else None,
        reason=verdict.reason,
    )


def _type(choice: str) -> str:
    return "depends_on" if choice == _NEEDED_BY else choice


def _one_for_a_reference(opinions: Sequence[Opinion]) -> list[Opinion]:
    """A reference means one asset: where the agent says so of several, each is as likely."""
    rivals = Counter(each.hint.reference for each in opinions if each.hint.task is REFERENCES)
    return [
        replace(each, confidence=each.confidence and each.confidence / count)
        if (count := rivals[each.hint.reference]) > 1
        else each
        for each in opinions
    ]


# --- Controls ----------------------------------------------------------------------------------

# Sentences whose meaning is certain, because they are ours.
_SAID: Final = (
    ("Took over the rack unit of {}, which was scrapped.", _NONE),
    ("Runs on {} according to the placement list.", "runs_on"),
    ("Delivers its results to nobody; not related to {} despite the similar name.", _NONE),
    ("Member of {} since the last reorganisation.", "part_of"),
    ("Ordered together with {}, the invoice is in the archive.", _NONE),
    ("{} fetches its data from here and stops when this one stops.", _NEEDED_BY),
    ("Was compared with {} in the audit: another vendor, another team.", _NONE),
    ("Calls the web interface of {} over HTTPS.", "connects_to"),
)


def written_controls(hints: Sequence[Hint]) -> list[Hint]:
    """Texts of our own about assets of the question: the rules do not know what others mean.

    Each speaks of the candidate of another hint, so that it says nothing of what is in doubt.
    """
    others = [*hints[1:], *hints[:1]]
    pairs = [
        (one, other.candidate)
        for one, other in zip(hints, others, strict=True)
        if one.asset.id != other.candidate.id
    ]
    return [
        replace(one, candidate=candidate, text=sentence.format(candidate.name), known=meaning)
        for (one, candidate), (sentence, meaning) in zip(cycle(pairs), _SAID, strict=False)
    ]


def misspelt(text: str) -> str:
    """The name as people write it by heart: `srv-payroll-db01.example` as `srv payroll db 01`."""
    return " ".join(_WORD.findall(text.split(".", maxsplit=1)[0].lower()))
