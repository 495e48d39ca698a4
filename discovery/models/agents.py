"""What agents were asked, what their word is worth, and what a client account lets them see."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from discovery.agents.outcomes import Outcome
from discovery.models.flow import Flow
from tenancy.models import TenantForeignKey, TenantModel

OUTCOMES: Final = [(outcome.value, outcome.value) for outcome in Outcome]


class AgentCall(TenantModel):
    """One question to a language model. It belongs to the account, whose budget it counts on,
    and outlives its flow.

    A row is written before the call, with the most that the call may take, and set to what it took
    afterwards: what a killed worker asked counts in full.
    """

    flow = TenantForeignKey(
        Flow, on_delete=models.SET_NULL, null=True, blank=True, related_name="agent_calls"
    )
    phase = models.CharField(max_length=32)
    agent = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    purpose = models.CharField(max_length=200)
    key = models.CharField(max_length=64, help_text="The name of the question in the cache.")
    outcome = models.CharField(max_length=16, choices=OUTCOMES, default=Outcome.ASKED.value)
    detail = models.TextField(blank=True, help_text="Why there is no answer, and what helps.")
    cached = models.BooleanField(default=False)
    requests = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="In the currency of LLM_PRICES; null where the model has no price there.",
    )
    seconds = models.FloatField(default=0)
    controls = models.PositiveIntegerField(
        default=0, help_text="How many items had an answer that the rules know."
    )
    controls_right = models.PositiveIntegerField(default=0)
    prompt = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    asked_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        verbose_name = "agent call"
        ordering = ["asked_at", "id"]
        indexes = [
            models.Index(fields=["client_account", "flow", "asked_at"], name="agent_call_page_idx"),
            models.Index(fields=["client_account", "asked_at"], name="agent_call_budget_idx"),
            models.Index(
                fields=["client_account", "key", "asked_at"],
                condition=models.Q(outcome="answered"),
                name="agent_call_cache_idx",
            ),
            # The sweeper looks across tenants, and only at calls whose texts are still there.
            models.Index(
                fields=["asked_at"],
                condition=~models.Q(prompt="", answer=""),
                name="agent_call_sweep_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent}: {self.purpose}"


class AgentStanding(TenantModel):
    """How often people of the account decided as an agent had said, and how often otherwise."""

    agent = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    held = models.PositiveIntegerField(default=0)
    overruled = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        verbose_name = "agent standing"
        ordering = ["agent", "model"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "agent", "model"], name="one_standing_per_agent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent} on {self.model}: {self.held} held, {self.overruled} overruled"


class AgentPolicy(TenantModel):
    """What of the account's data may go to the language model."""

    class Shares(models.TextChoices):
        NOTHING = "nothing", "no agent is asked"
        NAMES = "names", "names of columns, tables, assets and products, and figures"
        NAMES_AND_SAMPLES = "names_and_samples", "also samples of values, redacted"

    shares = models.CharField(max_length=32, choices=Shares)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(TenantModel.Meta):
        verbose_name = "agent policy"
        verbose_name_plural = "agent policies"
        constraints = [
            models.UniqueConstraint(fields=["client_account"], name="one_agent_policy_per_account")
        ]

    def __str__(self) -> str:
        return f"Agents see {self.get_shares_display()}"
