"""Users, and which role each one holds in which client account."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import connection, models, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException

from tenancy.models import ClientAccount
from tenancy.scope import Scope

# One statement for every request: the user, and the role if the user may enter the engagement.
# The function (accounts/migrations) sees past row-level security, which needs its answer first.
_CALLER: Final = """
    SELECT * FROM accounts_admit(%(user)s, %(session)s, %(issued_at)s, %(account)s, %(engagement)s)
"""


# Of the others each costs a statement if somebody asks for it.
_KNOWN_OF_CALLER: Final = ("id", "email", "name", "is_active")


class UserManager(BaseUserManager["User"]):
    def caller(
        self,
        user_id: uuid.UUID,
        scope: Scope | None,
        session_id: uuid.UUID | None,
        issued_at: int,
    ) -> "tuple[User, Role | None] | None":
        """The active user with this id, unless the token has ended that the rest comes from.

        The role is None where the user may not enter `scope`. A token minted elsewhere has no
        session.
        """
        asked: dict[str, Any] = {
            "user": user_id,
            "session": session_id,
            "issued_at": issued_at,
            "account": scope and scope.client_account_id,
            "engagement": scope and scope.engagement_id,
        }
        with connection.cursor() as cursor:
            cursor.execute(_CALLER, asked)
            row = cursor.fetchone()
        if row is None:
            return None
        *known, role = row
        user = self.model.from_db(connection.alias, _KNOWN_OF_CALLER, known)
        return user, Role(role) if role else None

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
    tokens_valid_from = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the password changed or the user was deactivated: older tokens ended.",
    )

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        if self._ends_tokens():
            self.tokens_valid_from = timezone.now()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "tokens_valid_from"}
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with an_admin_stays(self.memberships.values_list("client_account_id", flat=True)):
            return super().delete(*args, **kwargs)

    def _ends_tokens(self) -> bool:
        """Whether to save this ends the user's tokens.

        A stronger hash of the same password does not: Django leaves `_password` empty then.
        It does so too when it takes the password away, which has to be asked for.
        """
        if self._state.adding:
            return False
        if not self.is_active or self._password is not None:  # type: ignore[attr-defined]
            return True
        kept = User.objects.filter(pk=self.pk, password=self.password)
        return not self.has_usable_password() and not kept.exists()


class Role(models.TextChoices):
    ADMIN = "admin"
    CONTRIBUTOR = "contributor"
    VIEWER = "viewer"


class Membership(models.Model):
    """The role that a user holds in a client account, in all of its engagements."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_account = models.ForeignKey(
        ClientAccount, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["client_account", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "user"], name="one_membership_per_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} of {self.client_account}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        stored = Membership.objects.filter(pk=self.pk).order_by()
        before = stored.values_list("client_account_id", flat=True)
        with an_admin_stays({self.client_account_id, *before}):
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with an_admin_stays([self.client_account_id]):
            return super().delete(*args, **kwargs)


class LastAdmin(APIException):
    """An account would have nobody left who can manage it."""

    status_code = 409
    default_code = "last_admin"
    default_detail = "A client account needs an admin. Make another member an admin first."


@contextmanager
def an_admin_stays(account_ids: Iterable[uuid.UUID]) -> Iterator[None]:
    """Undoes the block and raises LastAdmin if it takes the last admin of one of the accounts.

    Two admins who demote each other at once come one after the other: the second finds the
    first one's doing, because the account is locked before anybody looks.
    """
    accounts = list(account_ids)
    with transaction.atomic():
        lock_accounts(accounts)
        before = _administered(accounts)
        yield
        if before - _administered(accounts):
            raise LastAdmin


def lock_accounts(account_ids: Iterable[uuid.UUID]) -> None:
    """Keeps others from changing members and engagements until the transaction ends.

    `no_key` lets them write the rows that refer to the account, such as assets.
    """
    accounts = ClientAccount.objects.select_for_update(no_key=True).order_by("pk")
    list(accounts.filter(pk__in=account_ids).values_list("pk"))


def _administered(account_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of the accounts have an admin who can log in."""
    admins = Membership.objects.filter(role=Role.ADMIN, user__is_active=True)
    ids = admins.order_by().values_list("client_account_id", flat=True)
    return set(ids.filter(client_account__in=account_ids))
