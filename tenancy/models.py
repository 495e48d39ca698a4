"""Client accounts, their engagements, and the base of everything that belongs to one."""

import uuid
from typing import Any

from django.db import models

from tenancy.querysets import TenantManager, refuse_foreign
from tenancy.scope import current_client_account_id, current_engagement_id


class ClientAccount(models.Model):
    """The tenant: a company whose inventory is held here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Engagement(models.Model):
    """One migration project of a client account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_account = models.ForeignKey(
        ClientAccount, on_delete=models.CASCADE, related_name="engagements"
    )
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["client_account", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "name"], name="engagement_name_unique_in_account"
            ),
            # The target of composite foreign keys, which carry the tenant inside.
            models.UniqueConstraint(fields=["client_account", "id"], name="engagement_in_account"),
        ]

    def __str__(self) -> str:
        return self.name


class EngagementModel(models.Model):
    """Belongs to one engagement of one client account: both come from the scope."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_account = models.ForeignKey(
        ClientAccount,
        on_delete=models.PROTECT,
        default=current_client_account_id,
        editable=False,
        related_name="+",
        db_index=False,  # every index of a tenant model begins with it
    )
    engagement = models.ForeignKey(
        Engagement,
        on_delete=models.PROTECT,
        default=current_engagement_id,
        editable=False,
        related_name="+",
        db_index=False,
    )

    objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_foreign(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse_foreign(self)
        return super().delete(*args, **kwargs)
