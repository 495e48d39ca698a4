"""The migration strategist: what strikes it about an estate, what it asks people, and which way
to the cloud it would take for each application or group.
"""

from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from assets.fields import BY_NAME
from discovery.agents.migration_strategist.estate import Estate, Group, facts
from discovery.agents.port import Question
from discovery.agents.texts import plain

AGENT: Final = "migration_strategist"
APPROACHES: Final = BY_NAME["six_r_strategy"].values
_MOST_INSIGHTS: Final = 8
_MOST_ABOUT: Final = 8
_MOST_QUESTIONS: Final = 5
_MOST_OPTIONS: Final = 6
_MOST_TEXT: Final = 400
_MOST_OPTION: Final = 100


def _plain(text: str) -> str:
    shown = plain(text, len(text))
    if not shown:
        raise ValueError("a text is empty")
    return shown


_Text = Annotated[str, Field(max_length=_MOST_TEXT), AfterValidator(_plain)]
_Option = Annotated[str, Field(max_length=_MOST_OPTION), AfterValidator(_plain)]


def _asked(id_: str, info: ValidationInfo) -> str:
    if id_ not in (info.context or {})["ids"]:
        raise ValueError("an id must be one of those in the question")
    return id_


def _approach(value: str) -> str:
    if value not in APPROACHES:
        raise ValueError(f"an approach must be one of: {', '.join(APPROACHES)}")
    return value


class Insight(BaseModel):
    """What strikes the agent, and about which applications and groups."""

    model_config = ConfigDict(strict=True)

    text: _Text
    about: list[Annotated[str, AfterValidator(_asked)]] = Field(max_length=_MOST_ABOUT)


class Query(BaseModel):
    """What people would have to tell. Without options any text is an answer. `expected` is the
    option that the agent expects, empty if it expects none: what people answer measures it.
    """

    model_config = ConfigDict(strict=True)

    text: _Text
    reason: _Text
    options: list[_Option] = Field(max_length=_MOST_OPTIONS)
    expected: _Option = ""

    @field_validator("options")
    @classmethod
    def _once_each(cls, options: list[str]) -> list[str]:
        if len({*options}) < len(options) or len(options) == 1:
            raise ValueError("give two or more different options, or none")
        return options

    @model_validator(mode="after")
    def _expected_of_options(self) -> Self:
        if self.expected and self.expected not in self.options:
            raise ValueError("expected must be one of the options, or empty")
        return self


class Way(BaseModel):
    """The way of one application or group. `sure` is the agent's own word."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str, AfterValidator(_asked)]
    approach: Annotated[str, AfterValidator(_approach)]
    reason: _Text
    sure: bool


class Plan(BaseModel):
    """What is left out stays open."""

    model_config = ConfigDict(strict=True)

    insights: list[Insight] = Field(max_length=_MOST_INSIGHTS)
    questions: list[Query] = Field(max_length=_MOST_QUESTIONS)
    strategy: list[Way] = Field(max_length=50)

    @model_validator(mode="after")
    def _one_way_each(self) -> Self:
        if len({way.id for way in self.strategy}) < len(self.strategy):
            raise ValueError("each id may have one approach")
        return self


def question(estate: Estate) -> Question[Plan]:
    shown = facts(estate)
    ids = [each["id"] for each in (*shown["applications"], *shown["groups"])]
    return Question(
        agent=AGENT,
        purpose="insights, questions to people and a strategy",
        facts=shown,
        answer_model=Plan,
        schema=_schema(ids),
        allowed={"ids": frozenset(ids)},
    )


def names(estate: Estate) -> dict[str, str]:
    """What the ids of the question stand for, in the words of the inventory."""
    applications = {f"a{place}": each.name for place, each in enumerate(estate.applications, 1)}
    groups = {f"g{place}": _title(each) for place, each in enumerate(estate.groups, 1)}
    return applications | groups


def _title(group: Group) -> str:
    members = ", ".join(group.applications)
    return f"group of {group.assets} assets" + (f" ({members})" if members else "")


def _schema(ids: list[str]) -> dict[str, Any]:
    schema = Plan.model_json_schema()
    parts = schema["$defs"]
    parts["Insight"]["properties"]["about"]["items"] = {"enum": ids}
    parts["Way"]["properties"] |= {"id": {"enum": ids}, "approach": {"enum": list(APPROACHES)}}
    return schema
