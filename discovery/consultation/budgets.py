"""What agents took, and what they may still take: per run of a flow, and per account in a day."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, Self

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from discovery.agents.money import Budget
from discovery.models import AgentCall, Flow

DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Spent:
    """Or what a call may take at most. `cost` is 0 where the model has no price."""

    requests: int
    tokens: int
    seconds: float
    cost: Decimal

    @classmethod
    def on(cls, calls: "QuerySet[AgentCall]") -> Self:
        sums = calls.aggregate(
            requests=Sum("requests", default=0),
            tokens=Sum("input_tokens", default=0) + Sum("output_tokens", default=0),
            seconds=Sum("seconds", default=0.0),
            cost=Sum("cost", default=Decimal(0)),
        )
        return cls(**sums)

    def exceeded(self, more: Self, budget: Budget) -> str:
        """What of the budget `more` would exceed, in words; empty if nothing."""
        limits = (("requests", ""), ("tokens", ""), ("seconds", ""), ("cost", " of money"))
        for name, unit in limits:
            limit: Any = getattr(budget, name)
            if limit is not None and getattr(self, name) + getattr(more, name) > limit:
                return f"{limit}{unit or ' ' + name}"
        return ""


def of_run(flow: Flow) -> "QuerySet[AgentCall]":
    """The calls since the flow was started, or last retried."""
    calls: QuerySet[AgentCall] = AgentCall.objects.filter(flow=flow, asked_at__gte=flow.started_at)
    return calls


def of_day() -> "QuerySet[AgentCall]":
    calls: QuerySet[AgentCall] = AgentCall.objects.filter(Q(asked_at__gte=Now() - DAY))
    return calls


def left_out(flow: Flow, more: Spent) -> str:
    """Why a call may not be made, in a sentence; empty if it may."""
    scopes = (
        ("this flow", "AGENT_FLOW", of_run(flow), settings.AGENT_BUDGET_FLOW),
        (
            "the client account in 24 hours",
            "AGENT_ACCOUNT",
            of_day(),
            settings.AGENT_BUDGET_ACCOUNT,
        ),
    )
    for whose, setting, calls, budget in scopes:
        limit = Spent.on(calls).exceeded(more, budget)
        if limit:
            return (
                f"The agents' budget of {whose} ({limit}, {setting}_…) does not allow another "
                "call: what the rules said stands."
            )
    return ""


def in_force() -> dict[str, Any]:
    """What the account may take in a day and took of it, and what each run of a flow may take."""
    limits, spent = asdict(settings.AGENT_BUDGET_ACCOUNT), asdict(Spent.on(of_day()))
    return {
        "account": {name: {"limit": limits[name], "spent": spent[name]} for name in limits},
        "flow": asdict(settings.AGENT_BUDGET_FLOW),
    }
