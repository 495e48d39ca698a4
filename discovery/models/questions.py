"""What agents ask people, because neither rules nor agents can know or may decide it."""

from django.conf import settings
from django.db import models

from discovery.models.flow import Flow
from tenancy.models import EngagementModel, TenantForeignKey


class FlowQuestion(EngagementModel):
    """One question with its options. What an agent suggests changes nothing until a person answers.

    `asset_id` is what it is about; for a dependency `other_id` is what that may need.
    """

    class Kind(models.TextChoices):
        ASSET_TYPE = "asset_type", "what an asset is"
        APPLICATION = "application", "which application an asset belongs to"
        DEPENDENCY = "dependency", "whether one asset needs another"
        STRATEGY = "strategy", "what the migration strategist has to know"

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=16, choices=Kind)
    key = models.CharField(
        max_length=64, help_text="Names the question within the flow: asked again, it is the same."
    )
    text = models.TextField()
    reason = models.TextField(blank=True, help_text="Why it is asked.")
    options = models.JSONField(
        default=list, help_text="The answers to choose from; none where any text is an answer."
    )
    suggestion = models.CharField(max_length=300, blank=True, help_text="What the agent would say.")
    confidence = models.FloatField(
        null=True, blank=True, help_text="The probability that the suggestion is right."
    )
    agent = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    # Bare ids: an import deletes assets by the thousand, and a question must not hold it up.
    asset_id = models.UUIDField(null=True, blank=True)
    other_id = models.UUIDField(null=True, blank=True)
    answer = models.CharField(max_length=2000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(EngagementModel.Meta):
        verbose_name = "question to people"
        verbose_name_plural = "questions to people"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "flow", "key"], name="question_asked_once_in_flow"
            )
        ]
        indexes = [
            models.Index(
                fields=["client_account", "flow", "created_at", "id"], name="question_page_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.text
