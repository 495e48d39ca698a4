"""Users, and which role each one holds in which client account."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from tenancy.models import ClientAccount
from tenancy.scope import Scope


class UserQuerySet(models.QuerySet["User"]):
    def with_role_in(self, scope: Scope) -> "UserQuerySet":
        """Annotates `role`: None unless the user may enter this engagement of this account."""
        membership = Membership.objects.filter(
            user=models.OuterRef("pk"),
            client_account=scope.client_account_id,
            client_account__is_active=True,
            client_account__engagements=scope.engagement_id,
        )
        return self.annotate(role=models.Subquery(membership.values("role")[:1]))


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

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
