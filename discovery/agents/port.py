"""The port: a question with the model of its answer, and what became of asking it.

No language model, HTTP or database here, so that phases and tests can speak of both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Generic, TypeVar

import orjson
from pydantic import BaseModel

from discovery.agents.outcomes import Outcome

Answer = TypeVar("Answer", bound=BaseModel)
Answer_co = TypeVar("Answer_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Question(Generic[Answer_co]):
    """What an agent is asked, once: all that leaves the house is in `facts` and `schema`.

    `agent` names an entry of crews.yaml. `facts` is JSON, redacted by whoever made the question.
    `answer_model` reads the answer, with `allowed` as Pydantic's validation context: what the
    answer may name. `schema` shows the agent the same as JSON Schema.
    """

    agent: str
    purpose: str
    facts: Mapping[str, Any]
    answer_model: type[Answer_co]
    schema: Mapping[str, Any]
    allowed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The facts as the agent reads them: the same facts, the same text."""
        return orjson.dumps(self.facts, option=orjson.OPT_SORT_KEYS).decode()

    def key(self, model: str, prompt: str) -> str:
        """The name of an equal question to this model, in these words, for the cache."""
        asked = [self.agent, model, prompt, self.facts, self.schema]
        return sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def read(self, text: str) -> Answer_co:
        """The answer, checked against what was asked. Raises pydantic.ValidationError."""
        return self.answer_model.model_validate_json(text, context=dict(self.allowed))


@dataclass(slots=True)
class Usage:
    """What a call took. Tokens as the server counted them, or estimated from the characters
    where it did not say.
    """

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may take at most: HTTP requests, seconds in all, bytes of a response,
    tokens of an answer.
    """

    requests: int
    seconds: float
    response_bytes: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class Reply(Generic[Answer_co]):
    """A valid answer, the text it was read from, and what it took."""

    answer: Answer_co
    text: str
    usage: Usage


class AgentFailed(Exception):
    """No valid answer. `outcome` is why, `text` what came instead, if anything did."""

    def __init__(self, outcome: Outcome, detail: str, usage: Usage, text: str = "") -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.usage = usage
        self.text = text
