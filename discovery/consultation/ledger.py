"""What agents did for a flow, told from the ledger (AgentCall): no other place keeps it.

A run's calls are those since the flow was started, or last retried: each run tells what it took.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Prefetch, QuerySet

from discovery.agents.outcomes import Outcome
from discovery.consultation import budgets, sharing
from discovery.models import AgentCall, AgentPolicy, Flow

_FIGURES: Final = ("requests", "input_tokens", "output_tokens")
# All but prompts and answers, which can be large.
_TOLD: Final = ("flow", "outcome", "detail", "cached", *_FIGURES, "cost", "seconds")


class State(models.TextChoices):
    OFF = "off", "no language model is configured"
    NOT_ALLOWED = "not_allowed", "nothing of the account may be shared"
    NOT_NEEDED = "not_needed", "nothing was in doubt"
    TOOK_PART = "took_part", "agents answered"
    FAILED = "failed", "nobody answered"
    OVER_BUDGET = "over_budget", "a budget ended the asking"


def totals(flow: Flow) -> dict[str, Any]:
    """Of the flow's run, at its end."""
    calls = list(budgets.of_run(flow).only(*_TOLD))
    return _told(calls, *(_asked(calls) if calls else _nobody_asked()))


def so_far(flow: Flow) -> dict[str, Any] | None:
    """Of a flow that `with_calls` brought, before its end; None until a call has ended."""
    calls: list[AgentCall] = getattr(flow, "calls_of_run", [])
    ended = [call for call in calls if call.outcome != Outcome.ASKED]
    return _told(calls, *_asked(ended)) if ended else None


def with_calls(flows: "QuerySet[Flow]") -> "QuerySet[Flow]":
    """Flows with the calls of their run, but for completed ones, whose results hold the totals."""
    if not settings.LLM_API_KEY:
        return flows
    of_runs = AgentCall.objects.filter(asked_at__gte=F("flow__started_at")).only(*_TOLD)
    calls = of_runs.exclude(flow__status=Flow.Status.COMPLETED)
    return flows.prefetch_related(Prefetch("agent_calls", calls, to_attr="calls_of_run"))


def _told(calls: Sequence[AgentCall], state: State, detail: str) -> dict[str, Any]:
    figures = {name: sum(getattr(call, name) for call in calls) for name in _FIGURES}
    return {
        "state": state.value,
        "detail": detail,
        "calls": len(calls),
        "cached": sum(call.cached for call in calls),
        **figures,
        "cost": _cost(calls),
        "seconds": round(sum(call.seconds for call in calls), 3),
    }


def _cost(calls: Sequence[AgentCall]) -> float | None:
    """Unknown as soon as one request had no price: part of a sum is not the sum."""
    costs = [call.cost for call in calls if call.requests]
    known = [cost for cost in costs if cost is not None]
    return float(sum(known, Decimal(0))) if len(known) == len(costs) else None


# Of flows that ran in an older release.
NOBODY: Final = _told([], State.OFF, "No agent took part: the release that ran this flow had none.")


def _asked(calls: Sequence[AgentCall]) -> tuple[State, str]:
    """`calls` are in the order of their asking."""
    answered = sum(call.outcome == Outcome.ANSWERED for call in calls)
    refused = [call for call in calls if call.outcome == Outcome.OVER_BUDGET]
    failed = [call for call in calls if call.outcome not in {Outcome.ANSWERED, Outcome.OVER_BUDGET}]
    told = f"Agents answered {answered} of {len(calls)} questions."
    if refused:
        return State.OVER_BUDGET, f"{told} {refused[-1].detail}"
    why = failed[-1].detail or "The worker ended before the answer came." if failed else ""
    if answered:
        return State.TOOK_PART, f"{told} Of the others, the last: {why}" if failed else told
    return State.FAILED, f"No agent answered, and the rules' answers stand. {why}"


def _nobody_asked() -> tuple[State, str]:
    if not settings.LLM_API_KEY:
        return State.OFF, "No agent took part: no language model is configured (LLM_API_KEY)."
    if sharing.shared() == AgentPolicy.Shares.NOTHING:
        return State.NOT_ALLOWED, f"No agent took part: {sharing.refusal()}."
    return State.NOT_NEEDED, "No agent was asked: the rules left nothing in doubt in this run."
