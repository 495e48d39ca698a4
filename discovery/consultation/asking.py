"""Asks agents on behalf of a phase: what may be shared, the cache, the budget, the ledger.

No transaction is open while a language model answers: that can take a minute.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Now
from pydantic import BaseModel, ValidationError

from accounts.models.users import lock_accounts
from discovery import engine
from discovery.agents import trust, verdicts
from discovery.agents.money import Price
from discovery.agents.outcomes import Outcome
from discovery.agents.port import AgentFailed, Bounds, Question, Reply, Usage
from discovery.agents.redaction import redacted_json
from discovery.agents.verdicts import Controls, Item, Verdict
from discovery.consultation import budgets
from discovery.consultation.budgets import Spent
from discovery.consultation.sharing import LEVELS, shared
from discovery.engine import Claim
from discovery.models import AgentCall, AgentPolicy, AgentStanding, Flow
from tenancy.scope import current

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_log = logging.getLogger(__name__)
Answer = TypeVar("Answer", bound=BaseModel)

_REQUESTS: Final = 2  # the question, and once more with what was wrong with the answer
# Of a response: more bytes are no answer of LLM_ANSWER_TOKENS, whatever a server says of them.
_TOKEN_BYTES: Final = 8
_ENVELOPE_BYTES: Final = 2**14
_MOST_KEPT: Final = 100_000  # characters of an answer in the ledger
_LATEST: Final = 20  # calls by whose controls an agent is measured: a model may change
_RECENT: Final = timedelta(days=30)
# After these it makes no sense to ask again in the same run; after others, not for long.
_HOPELESS: Final = (Outcome.REFUSED, Outcome.LIMITED, Outcome.UNREACHABLE, Outcome.OVER_BUDGET)
# `asked`, when another call is made, is the call of a worker that died of it.
_UNLUCKY: Final = (Outcome.FAILED, Outcome.TIMEOUT, Outcome.INVALID, Outcome.ASKED)
_MOST_UNLUCKY: Final = 3
_CHARACTERS: Final = 3  # of a token, on the safe side of the usual four


@dataclass(frozen=True, slots=True)
class Judged:
    """What an agent said of the items in doubt, by id, and the probability that a verdict of
    which it is sure is right, measured by controls and by what people decided.
    """

    verdicts: dict[str, Verdict]
    accuracy: float


@dataclass
class Consultation:
    """The agents at the service of one phase of a flow."""

    held: Claim
    flow: Flow
    shares: AgentPolicy.Shares
    model: str = field(default_factory=lambda: settings.LLM_MODEL)

    @classmethod
    def of(cls, held: Claim) -> Self:
        with transaction.atomic():
            flow = Flow.objects.get(pk=held.flow_id)
            nothing = AgentPolicy.Shares.NOTHING
            return cls(held, flow, shared() if settings.LLM_API_KEY else nothing)

    @property
    def is_open(self) -> bool:
        """Whether there is somebody to ask, and anything may be shared."""
        return self.shares != AgentPolicy.Shares.NOTHING

    @property
    def shows_samples(self) -> bool:
        return self.shares == AgentPolicy.Shares.NAMES_AND_SAMPLES

    def judge(
        self,
        agent: str,
        purpose: str,
        items: "Sequence[Item]",
        options: "Mapping[str, str]",
        about: "Mapping[str, Any]",
    ) -> Judged | None:
        """The choice among `options` for each item; None where the rules' answer stands.

        Raises LeaseLost.
        """
        question = verdicts.question(agent, purpose, items, options, about)
        answer = self._ask(question, items)
        if answer is None:
            return None
        controls = {item.id for item in items if item.known is not None}
        said = {name: each for name, each in answer.by_id.items() if name not in controls}
        return Judged(said, self.accuracy_of(agent))

    def ask(self, question: Question[Answer]) -> Answer | None:
        """The answer; None where there is none, and the rules' stands. Raises LeaseLost."""
        return self._ask(question, ())

    def accuracy_of(self, agent: str) -> float:
        """The probability that what this agent is sure of is right, as far as the account knows."""
        with transaction.atomic():
            latest = AgentCall.objects.filter(
                agent=agent,
                model=self.model,
                outcome=Outcome.ANSWERED,
                cached=False,
                controls__gt=0,
                asked_at__gte=Now() - _RECENT,
            ).order_by("-asked_at")[:_LATEST]
            sums = latest.aggregate(
                asked=Sum("controls", default=0), right=Sum("controls_right", default=0)
            )
            standing = AgentStanding.objects.filter(agent=agent, model=self.model).first()
        held, overruled = (standing.held, standing.overruled) if standing else (0, 0)
        return trust.accuracy(sums["right"], sums["asked"], held, overruled)

    def _ask(self, question: Question[Answer], items: "Sequence[Item]") -> Answer | None:
        if not self.is_open:
            return None
        if connection.in_atomic_block:
            raise RuntimeError("An agent was asked while a transaction was open.")
        from discovery.agents import crew  # noqa: PLC0415 - it loads crewai

        prompt = crew.prompt(question)
        key = question.key(self.model, prompt)
        known = self._known(question, key)
        if known is not None:
            return known
        call = self._reserve(question, key, prompt)
        if call is None:
            return None
        try:
            reply = crew.ask(question, _bounds())
        except AgentFailed as failure:
            _settle_failure(call, failure)
            return None
        _settle(call, reply, items)
        return reply.answer

    @transaction.atomic
    def _known(self, question: Question[Answer], key: str) -> Answer | None:
        """What was answered to an equal question before, in any engagement of the account."""
        engine.tell(self.held, f"asks {question.agent}: {question.purpose}")
        kept = AgentCall.objects.filter(key=key, outcome=Outcome.ANSWERED, cached=False)
        last = kept.exclude(answer="").order_by("-asked_at").first()
        if last is None:
            return None
        try:
            answer = question.read(last.answer)
        except ValidationError:  # something in it was redacted before it was kept
            return None
        controls = {"controls": last.controls, "controls_right": last.controls_right}
        self._record(question, key, outcome=Outcome.ANSWERED, cached=True, cost=0, **controls)
        return answer

    @transaction.atomic
    def _reserve(self, question: Question[Any], key: str, prompt: str) -> AgentCall | None:
        """Enters the most that the call may take, if the budgets have it; None if it is not made.

        The account's row is locked, or two flows at once would spend the same rest.
        """
        lock_accounts([current().client_account_id])
        if self._has_given_up() or self._shows_too_much():
            return None
        most = _most(len(prompt))
        refusal = budgets.left_out(self.flow, _as_spent(most))
        if refusal:
            self._record(question, key, outcome=Outcome.OVER_BUDGET, detail=refusal)
            return None
        kept = prompt if settings.AGENT_KEEP_DAYS else ""
        return self._record(question, key, prompt=kept, **_taken(most))

    def _has_given_up(self) -> bool:
        calls = budgets.of_run(self.flow).values_list("outcome", flat=True)
        outcomes = list(calls.filter(outcome__in=[*_HOPELESS, *_UNLUCKY]))
        return len(outcomes) >= _MOST_UNLUCKY or any(each in _HOPELESS for each in outcomes)

    def _shows_too_much(self) -> bool:
        """Whether the account shares less by now than what the question was made of."""
        return LEVELS.index(shared()) < LEVELS.index(self.shares)

    def _record(self, question: Question[Any], key: str, **given: Any) -> AgentCall:
        call: AgentCall = AgentCall.objects.create(
            flow=self.flow,
            phase=self.held.phase,
            agent=question.agent,
            model=self.model,
            purpose=question.purpose[:200],
            key=key,
            **given,
        )
        return call


def _bounds() -> Bounds:
    tokens = settings.LLM_ANSWER_TOKENS
    most = _TOKEN_BYTES * tokens + _ENVELOPE_BYTES
    return Bounds(_REQUESTS, settings.LLM_TIMEOUT, most, tokens)


def _most(characters: int) -> Usage:
    """What a call with so long a prompt can take: a wrong answer is sent along the second time."""
    answers = settings.LLM_ANSWER_TOKENS
    sent = _REQUESTS * (characters // _CHARACTERS) + answers
    return Usage(_REQUESTS, sent, _REQUESTS * answers, settings.LLM_TIMEOUT)


def _cost(usage: Usage) -> Decimal | None:
    price: Price | None = settings.LLM_PRICES.get(settings.LLM_MODEL)
    return price.of(usage.input_tokens, usage.output_tokens) if price else None


def _as_spent(usage: Usage) -> Spent:
    tokens = usage.input_tokens + usage.output_tokens
    return Spent(usage.requests, tokens, usage.seconds, _cost(usage) or Decimal(0))


def _taken(usage: Usage) -> dict[str, Any]:
    return {
        "requests": usage.requests,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "seconds": round(usage.seconds, 3),
        "cost": _cost(usage),
    }


def _settle(call: AgentCall, reply: Reply[Any], items: "Sequence[Item]") -> None:
    controls = Controls.of(items, reply.answer) if items else Controls()
    _close(
        call,
        reply.usage,
        outcome=Outcome.ANSWERED,
        controls=controls.asked,
        controls_right=controls.right,
        answer=_kept(reply.text),
    )


def _settle_failure(call: AgentCall, failure: AgentFailed) -> None:
    _log.warning("%s was asked in vain: %s", call.agent, failure.detail)
    _close(
        call,
        failure.usage,
        outcome=failure.outcome,
        detail=failure.detail,
        answer=_kept(failure.text),
    )


def _kept(text: str) -> str:
    return redacted_json(text, _MOST_KEPT) if settings.AGENT_KEEP_DAYS else ""


@transaction.atomic
def _close(call: AgentCall, usage: Usage, **result: Any) -> None:
    AgentCall.objects.filter(pk=call.pk).update(**_taken(usage), **result)
