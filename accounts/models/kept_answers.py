"""Answers to requests that create, kept for clients that ask again (accounts/idempotency.py)."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenancy.models import EngagementModel

KEPT: Final = timedelta(hours=24)


class KeptAnswer(EngagementModel):
    """What a POST with an `Idempotency-Key` was answered. It commits with what the POST made."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over method, path and body.")
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(EngagementModel.Meta):
        verbose_name = "kept answer"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "engagement", "user", "key"], name="one_answer_per_key"
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], name="kept_answer_sweep_idx"),
        ]

    def __str__(self) -> str:
        return self.key


def expired() -> models.Q:
    return models.Q(created_at__lt=Now() - KEPT)
