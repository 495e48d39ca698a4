"""Users, their sessions, and which role each one holds in which client account."""

import uuid
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request

from accounts.origin import address, user_agent
from tenancy.models import ClientAccount
from tenancy.scope import Scope

# One statement for every request: the user, and the role if the user may enter the engagement.
# Written out, because composing it anew at each request costs more than running it.
# A token of ours has a session, which a change of password or a deactivation ends as well. One
# minted elsewhere has only the second of its making: that of the change itself may be before it.
_CALLER: Final = """
    SELECT caller.id, caller.email, caller.name, caller.is_active, (
        SELECT membership.role
        FROM accounts_membership membership
        JOIN tenancy_clientaccount account
            ON account.id = membership.client_account_id AND account.is_active
        JOIN tenancy_engagement engagement
            ON engagement.client_account_id = account.id AND engagement.id = %(engagement)s
        WHERE membership.user_id = caller.id AND membership.client_account_id = %(account)s
    ) AS role
    FROM accounts_user caller
    WHERE caller.id = %(user)s AND caller.is_active AND CASE
        WHEN %(session)s::uuid IS NULL THEN
            caller.tokens_valid_from IS NULL
            OR %(issued_at)s > floor(extract(epoch FROM caller.tokens_valid_from))
        ELSE EXISTS (
            SELECT FROM accounts_session session
            WHERE session.id = %(session)s
                AND session.user_id = caller.id
                AND session.ended_at IS NULL
                AND session.tokens_valid_from IS NOT DISTINCT FROM caller.tokens_valid_from
        )
    END
"""


class UserManager(BaseUserManager["User"]):
    def caller(
        self,
        user_id: uuid.UUID,
        scope: Scope | None,
        session_id: uuid.UUID | None,
        issued_at: int,
    ) -> "User | None":
        """The active user with this id, unless the token has ended that the rest comes from.

        `role` is None where the user may not enter `scope`. A token minted elsewhere has no
        session.
        """
        asked = {
            "user": user_id,
            "session": session_id,
            "issued_at": issued_at,
            "account": scope and scope.client_account_id,
            "engagement": scope and scope.engagement_id,
        }
        return next(iter(self.raw(_CALLER, asked)), None)

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


class SessionManager(models.Manager["Session"]):
    def start(self, user: User, request: HttpRequest | Request) -> "Session":
        """A session of a user whose credentials were just checked. The expired ones go."""
        now = timezone.now()
        self.filter(user=user, expires_at__lte=now).delete()
        return self.create(
            user=user,
            tokens_valid_from=user.tokens_valid_from,
            expires_at=now + settings.REFRESH_TOKEN_LIFETIME,
            address=address(request),
            user_agent=user_agent(request),
        )

    def renew(self, session_id: uuid.UUID, refresh_id: uuid.UUID) -> "Session | None":
        """The session, ready for its next tokens; None, and it has ended, if `refresh_id` is old.

        Needs a transaction that is committed whatever the answer. The lock on the row lets one
        of two that bring the same token at once win, and shows the other what the winner wrote.
        """
        sessions = self.select_for_update(of=("self",)).select_related("user")
        session = sessions.filter(pk=session_id).first()
        if session is None:
            return None
        if session.refresh_id != refresh_id or not session.is_alive:
            self.end(pk=session_id)
            return None
        session.refresh_id = uuid.uuid4()
        session.last_used_at = timezone.now()
        session.expires_at = session.last_used_at + settings.REFRESH_TOKEN_LIFETIME
        session.save(update_fields=["refresh_id", "last_used_at", "expires_at"])
        return session

    def end(self, **which: Any) -> None:
        self.filter(**which, ended_at=None).update(ended_at=timezone.now())


class Session(models.Model):
    """All tokens that come from one login. A refresh token is good for one renewal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    refresh_id = models.UUIDField(default=uuid.uuid4, editable=False)
    # The user's when the session started, read together with the password that was checked:
    # equal or ended, whatever clocks say and however login and change of password interleave.
    tokens_valid_from = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=200, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    objects = SessionManager()

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.user}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_alive(self) -> bool:
        return (
            self.ended_at is None
            and self.expires_at > timezone.now()
            and self.user.is_active
            and self.tokens_valid_from == self.user.tokens_valid_from
        )


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
