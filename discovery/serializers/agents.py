"""What people see of the agents: each call, the totals of a flow, what they may see and take."""

from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import ChoiceField, StrictFields
from discovery.consultation import ledger, sharing
from discovery.models import AgentCall, AgentPolicy

_CURRENCY: Final = "In the currency of the operator's prices (LLM_PRICES)"

_SHARES: Final = ChoiceField(choices=AgentPolicy.Shares.choices)


class AgentCallSerializer(serializers.ModelSerializer[AgentCall]):
    flow_id = serializers.UUIDField(
        allow_null=True, help_text="Null where the flow was deleted: the budget remembers it."
    )
    cost = serializers.FloatField(
        allow_null=True, help_text=f"{_CURRENCY}; null where the model has no price."
    )

    class Meta:
        model = AgentCall
        fields = [
            "id",
            "flow_id",
            "phase",
            "agent",
            "model",
            "purpose",
            "outcome",
            "detail",
            "cached",
            "requests",
            "input_tokens",
            "output_tokens",
            "cost",
            "seconds",
            "controls",
            "controls_right",
            "asked_at",
        ]


class AgentCallDetailSerializer(AgentCallSerializer):
    """With what was said. A list goes without: 50 prompts may be megabytes."""

    class Meta(AgentCallSerializer.Meta):
        fields = [*AgentCallSerializer.Meta.fields, "prompt", "answer"]
        extra_kwargs = {
            "prompt": {"help_text": "As it was sent; empty after AGENT_KEEP_DAYS."},
            "answer": {"help_text": "As it came; empty after AGENT_KEEP_DAYS."},
        }


class AgentTotalsSerializer(serializers.Serializer[Any]):
    """Of one run of a flow: since it was started, or last retried."""

    state = ChoiceField(choices=ledger.State.choices)
    detail = serializers.CharField(help_text="The same as a sentence: why, and what helps.")
    calls = serializers.IntegerField(help_text="Questions, the cached ones among them.")
    cached = serializers.IntegerField(help_text="Questions answered from earlier answers, free.")
    requests = serializers.IntegerField(help_text="HTTP requests to the language model.")
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(
        allow_null=True, help_text=f"{_CURRENCY}; null where a request had no price."
    )
    seconds = serializers.FloatField(help_text="Spent waiting for the language model.")


class AllowanceSerializer(serializers.Serializer[Any]):
    """`spent` counts calls that have not ended yet with the most that they may take."""

    limit = serializers.FloatField(allow_null=True, help_text="Null where nothing is bounded.")
    spent = serializers.FloatField(help_text="In the last 24 hours.")


class AccountBudgetSerializer(serializers.Serializer[Any]):
    requests = AllowanceSerializer()
    tokens = AllowanceSerializer(help_text="Sent and answered.")
    seconds = AllowanceSerializer(help_text="Of waiting for the language model.")
    cost = AllowanceSerializer(help_text=f"{_CURRENCY}; a call without a price counts nothing.")


class FlowBudgetSerializer(serializers.Serializer[Any]):
    requests = serializers.IntegerField()
    tokens = serializers.IntegerField()
    seconds = serializers.IntegerField()
    cost = serializers.FloatField(allow_null=True, help_text="Null where nothing is bounded.")


class BudgetsSerializer(serializers.Serializer[Any]):
    account = AccountBudgetSerializer(help_text="Of the client account, in 24 hours.")
    flow = FlowBudgetSerializer(help_text="The limits of one run of a flow.")


class AgentPolicySerializer(StrictFields, serializers.ModelSerializer[AgentPolicy]):
    """The one field that people decide, and what it stands among."""

    serializer_choice_field = ChoiceField

    limit = serializers.SerializerMethodField(
        help_text="What the deployment allows at most (AGENT_SHARES)."
    )
    effective = serializers.SerializerMethodField(help_text="The less of `shares` and `limit`.")
    model = serializers.SerializerMethodField(help_text="The language model that is asked.")
    host = serializers.SerializerMethodField(help_text="Where it is asked.")
    key_is_set = serializers.SerializerMethodField(
        help_text="Without a key (LLM_API_KEY) no agent takes part."
    )
    updated_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Null while the account goes by the limit."
    )
    updated_by = serializers.EmailField(
        source="updated_by.email", default=None, read_only=True, allow_null=True
    )

    class Meta:
        model = AgentPolicy
        fields = [
            "shares",
            "limit",
            "effective",
            "model",
            "host",
            "key_is_set",
            "updated_at",
            "updated_by",
        ]

    def validate_shares(self, shares: str) -> str:
        if sharing.within_limit(shares) != shares:
            raise serializers.ValidationError(
                f"This deployment shares {settings.AGENT_SHARES} at most (AGENT_SHARES)."
            )
        return shares

    @extend_schema_field(_SHARES)
    def get_limit(self, policy: AgentPolicy) -> str:
        return settings.AGENT_SHARES

    @extend_schema_field(_SHARES)
    def get_effective(self, policy: AgentPolicy) -> str:
        return sharing.within_limit(policy.shares)

    def get_model(self, policy: AgentPolicy) -> str:
        return settings.LLM_MODEL

    def get_host(self, policy: AgentPolicy) -> str:
        return urlsplit(settings.LLM_BASE_URL).netloc

    def get_key_is_set(self, policy: AgentPolicy) -> bool:
        return bool(settings.LLM_API_KEY)
