"""Logins, and the refresh token that each one may use next."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request

from accounts.address import client_address, user_agent
from accounts.models.users import User
from tenancy.actor import identified


class SessionManager(models.Manager["Session"]):
    def start(self, user: User, request: HttpRequest | Request) -> "Session":
        """A session of a user whose credentials were just checked. The expired ones go."""
        identified(user.pk)
        now = timezone.now()
        self.filter(user=user, expires_at__lte=now).delete()
        return self.create(
            user=user,
            tokens_valid_from=user.tokens_valid_from,
            expires_at=now + settings.REFRESH_TOKEN_LIFETIME,
            address=client_address(request),
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
        identified(session.user_id)
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
