"""Users, and which role each one holds in which client account."""

import uuid
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from accounts.kept_answers import KeptAnswer
from tenancy.models import ClientAccount
from tenancy.scope import Scope

__all__ = ["KeptAnswer", "Membership", "Role", "User"]

# One statement for every request: the user, and the role if the user may enter the engagement.
# Written out, because composing it anew at each request costs more than running it.
_CALLER: Final = """
    SELECT caller.id, caller.email, caller.name, caller.is_active, (
        SELECT membership.role
        FROM accounts_membership membership
        JOIN tenancy_clientaccount account
            ON account.id = membership.client_account_id AND account.is_active
        JOIN tenancy_engagement engagement
            ON engagement.client_account_id = account.id AND engagement.id = %s
        WHERE membership.user_id = caller.id AND membership.client_account_id = %s
    ) AS role
    FROM accounts_user caller
    WHERE caller.id = %s AND caller.is_active
"""


class UserManager(BaseUserManager["User"]):
    def caller(self, user_id: uuid.UUID, scope: Scope | None) -> "User | None":
        """The active user with this id; `role` is None where the user may not enter `scope`."""
        asked = (scope.engagement_id, scope.client_account_id) if scope else (None, None)
        return next(iter(self.raw(_CALLER, [*asked, user_id])), None)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person or a program, known by e-mail address (kept in lower case)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may enter the admin", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)


class Role(models.TextChoices):
    ADMIN = "admin"
    CONTRIBUTOR = "contributor"
    VIEWER = "viewer"


class Membership(models.Model):
    """The role that a user holds in a client account, in all of its engagements."""

    client_account = models.ForeignKey(
        ClientAccount, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["client_account", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "user"], name="one_membership_per_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} of {self.client_account}"
