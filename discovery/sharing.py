"""What agents may see of an account's data: its own policy, within what the deployment allows."""

from typing import Final

from django.conf import settings

from discovery.models import AgentPolicy

_Shares = AgentPolicy.Shares
_LESS_TO_MORE: Final[list[str]] = [_Shares.NOTHING, _Shares.NAMES, _Shares.NAMES_AND_SAMPLES]


def policy() -> AgentPolicy:
    """Of the account in scope. One that decided nothing shares what the deployment allows."""
    decided: AgentPolicy | None = AgentPolicy.objects.first()
    return decided or AgentPolicy(shares=settings.AGENT_SHARES)


def within_limit(shares: str) -> str:
    return min(shares, settings.AGENT_SHARES, key=_LESS_TO_MORE.index)


def effective() -> str:
    return within_limit(policy().shares)


def refusal() -> str:
    """Who shares nothing, where nothing is shared."""
    if settings.AGENT_SHARES == _Shares.NOTHING:
        return "this deployment shares nothing with a language model (AGENT_SHARES)"
    return "the client account shares nothing with a language model (/agent-policy)"
