"""Questions that give a choice: for each item one of the options, and what the choices are worth.

Among the items are controls, to which the rules know the answer. The agent cannot tell them apart,
so the share of them that it gets right measures this agent, with this model, on this very file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from discovery.agents.port import Question
from discovery.agents.texts import plain

MOST_ITEMS: Final = 40  # of one call, controls among them: more dilute what a model attends to
_MOST_REASON: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to judge. `facts` leave the house, redacted. `known` makes it a control."""

    id: str
    facts: Mapping[str, Any]
    known: str | None = None


class Verdict(BaseModel):
    """`sure` is the agent's own word: what it is not sure of waits for a person."""

    model_config = ConfigDict(strict=True)

    id: str
    choice: str
    sure: bool
    reason: str

    @field_validator("reason")
    @classmethod
    def _as_text(cls, value: str) -> str:
        return plain(value, _MOST_REASON)

    @field_validator("id", "choice")
    @classmethod
    def _was_asked(cls, value: str, info: ValidationInfo) -> str:
        allowed = (info.context or {})[f"{info.field_name}s"]
        if value not in allowed:
            raise ValueError(f"{info.field_name} must be one of those in the question")
        return value


class Verdicts(BaseModel):
    """An item without a verdict stays with the rules."""

    model_config = ConfigDict(strict=True)

    verdicts: list[Verdict] = Field(max_length=MOST_ITEMS)

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len(self.by_id) < len(self.verdicts):
            raise ValueError("each id may have one verdict")
        return self

    @property
    def by_id(self) -> dict[str, Verdict]:
        return {verdict.id: verdict for verdict in self.verdicts}


def question(
    agent: str,
    purpose: str,
    items: Sequence[Item],
    options: Mapping[str, str],
    about: Mapping[str, Any],
) -> Question[Verdicts]:
    """Which of `options` (with what each means) is true of each item; `about` is their context."""
    ids = [item.id for item in items]
    facts = {
        "about": about,
        "options": options,
        "items": [{"id": item.id, **item.facts} for item in _shuffled(items)],
    }
    return Question(
        agent=agent,
        purpose=purpose,
        facts=facts,
        answer_model=Verdicts,
        schema=_schema(ids),
        allowed={"ids": frozenset(ids), "choices": frozenset(options)},
    )


def _shuffled(items: Sequence[Item]) -> list[Item]:
    """In an order that does not tell the controls, and is the same for the same items."""
    return sorted(items, key=lambda item: sha256(orjson.dumps(item.facts)).digest())


def _schema(ids: Sequence[str]) -> dict[str, Any]:
    """Without the options: some are names from the inventory, whose place is among the data."""
    verdict = {
        "type": "object",
        "properties": {
            "id": {"enum": sorted(ids)},
            "choice": {"type": "string", "description": "one of the keys of `options`"},
            "sure": {"type": "boolean"},
            "reason": {"type": "string", "maxLength": _MOST_REASON},
        },
        "required": ["id", "choice", "sure", "reason"],
    }
    return {
        "type": "object",
        "properties": {"verdicts": {"type": "array", "items": verdict, "maxItems": len(ids)}},
        "required": ["verdicts"],
    }


@dataclass(frozen=True, slots=True)
class Controls:
    """So many of the items whose answer is known were judged, and so many of those rightly."""

    asked: int = 0
    right: int = 0

    @classmethod
    def of(cls, items: Sequence[Item], verdicts: Verdicts) -> Self:
        """A control without a verdict counts as wrong: to leave out is no way to look good."""
        known = [item for item in items if item.known is not None]
        said = verdicts.by_id
        right = sum(item.id in said and said[item.id].choice == item.known for item in known)
        return cls(len(known), right)
