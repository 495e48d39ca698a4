"""What of an account's data may go to the language model: its policy, within the deployment's."""

from typing import Final

from django.conf import settings

from discovery.models import AgentPolicy

_Shares = AgentPolicy.Shares
# From the least to the most.
LEVELS: Final = (_Shares.NOTHING, _Shares.NAMES, _Shares.NAMES_AND_SAMPLES)


def shared() -> AgentPolicy.Shares:
    """For the account of the scope; without a policy of its own, what the operator lets."""
    most = _Shares(settings.AGENT_SHARES)
    policy = AgentPolicy.objects.first()
    return min(most, _Shares(policy.shares), key=LEVELS.index) if policy else most
