"""What of an account's data may go to the language model: its policy, within the deployment's."""

from typing import Final

from django.conf import settings

from discovery.models import AgentPolicy

_Shares = AgentPolicy.Shares
# From the least to the most.
LEVELS: Final = (_Shares.NOTHING, _Shares.NAMES, _Shares.NAMES_AND_SAMPLES)


def policy() -> AgentPolicy:
    """Of the account of the scope. Without one of its own it shares what the operator lets."""
    decided: AgentPolicy | None = AgentPolicy.objects.first()
    return decided or AgentPolicy(shares=settings.AGENT_SHARES)


def within_limit(shares: str) -> AgentPolicy.Shares:
    return min(_Shares(settings.AGENT_SHARES), _Shares(shares), key=LEVELS.index)


def shared() -> AgentPolicy.Shares:
    return within_limit(policy().shares)


def refusal() -> str:
    """Who shares nothing, where nothing is shared."""
    if settings.AGENT_SHARES == _Shares.NOTHING:
        return "this deployment shares nothing with a language model (AGENT_SHARES)"
    return "the client account shares nothing with a language model (/agent-policy)"
