"""Client accounts, their engagements, and the base of everything that belongs to one."""

import uuid
from typing import Any

from django.db import models

from tenancy.actor import Origin
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
        ClientAccount, on_delete=models.CASCADE, related_name="engagements", db_index=False
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


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """Points within the tenant: rls.py gives it a constraint that carries the client account.

    Without an index of its own, because every index of a tenant model begins with the account.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"db_index": False, "db_constraint": False})


def _account_key(**options: Any) -> "models.ForeignKey[ClientAccount, ClientAccount]":
    """To the account of the scope; without an index, because composite ones begin with it."""
    return models.ForeignKey(
        ClientAccount,
        on_delete=models.PROTECT,
        default=current_client_account_id,
        editable=False,
        related_name="+",
        db_index=False,
        **options,
    )


class TenantModel(models.Model):
    """Belongs to a client account, which comes from the scope, and to all of its engagements."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_account = _account_key()

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


class EngagementModel(TenantModel):
    """Belongs to one engagement of one client account: both come from the scope."""

    client_account = _account_key(db_constraint=False)  # the engagement's constraint holds it
    engagement = TenantForeignKey(
        Engagement,
        on_delete=models.PROTECT,
        default=current_engagement_id,
        editable=False,
        related_name="+",
    )

    class Meta(TenantModel.Meta):
        abstract = True


class AuditEvent(models.Model):
    """One change of one object. Only triggers write here (audit.py), and nobody changes it.

    Bare ids instead of keys: what happened outlives the account, the engagement and the user.
    """

    class Action(models.TextChoices):
        CREATE = "create"
        UPDATE = "update"
        DELETE = "delete"

    id = models.BigAutoField(primary_key=True)
    client_account = models.ForeignKey(
        ClientAccount,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    engagement_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    origin = models.CharField(max_length=16, choices=Origin)
    user_id = models.UUIDField(null=True)
    email = models.CharField(
        max_length=254, help_text="The user's at the time; empty where nobody logged in."
    )
    address = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64)
    action = models.CharField(max_length=8, choices=Action)
    object_type = models.CharField(max_length=32)
    object_id = models.UUIDField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    objects = TenantManager()

    class Meta:
        ordering = ["-id"]
        base_manager_name = "objects"
        verbose_name = "audit event"
        indexes = [
            models.Index(fields=["client_account", "id"], name="audit_page_idx"),
            models.Index(fields=["client_account", "object_id"], name="audit_object_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.object_type} {self.object_id}"
