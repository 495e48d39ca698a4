"""The cast: who asks, with which token, for which tenant."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from rest_framework.test import APIClient

from accounts.models import Role, User
from tenancy.models import Engagement
from tenancy.scope import all_tenants, scope
from tests.factories import EngagementFactory, MembershipFactory, UserFactory


def seen(look: Callable[[], Any]) -> Any:
    """What an operator sees: the rows of people and accounts, whosever they are."""
    with transaction.atomic(), all_tenants():
        return look()


def mint(user_id: object, engagement: Engagement, **claims: Any) -> str:
    """A token as any holder of the key makes it: the contract's claims and nothing else."""
    now = int(time.time())
    payload = {
        "sub": str(user_id),
        "client_account_id": str(engagement.client_account_id),
        "engagement_id": str(engagement.pk),
        "iat": now,
        "exp": now + 300,
        "type": "access",
    } | claims
    return jwt.encode(payload, settings.JWT_SIGNING_KEY, algorithm="HS256")


def headers(engagement: Engagement) -> dict[str, str]:
    return {
        "X-Client-Account-Id": str(engagement.client_account_id),
        "X-Engagement-Id": str(engagement.pk),
    }


def client(user: User, engagement: Engagement) -> APIClient:
    """Asks as `user` for `engagement`."""
    asking = APIClient(headers=headers(engagement))
    asking.credentials(HTTP_AUTHORIZATION=f"Bearer {mint(user.pk, engagement)}")
    return asking


@dataclass
class Cast:
    """An admin, a contributor and a viewer of one account, an admin of another, someone of none."""

    engagement: Engagement = field(init=False)
    elsewhere: Engagement = field(init=False)

    def __post_init__(self) -> None:
        with all_tenants():
            self._people()

    def _people(self) -> None:
        self.engagement, self.elsewhere = EngagementFactory(), EngagementFactory()
        account, other = self.engagement.client_account, self.elsewhere.client_account
        self.users = {
            role.value: MembershipFactory(client_account=account, role=role).user for role in Role
        }
        self.users["stranger"] = MembershipFactory(client_account=other, role=Role.ADMIN).user
        self.users["nobody"] = UserFactory()

    def __getitem__(self, who: str) -> APIClient:
        return client(self.users[who], self.engagement)

    @property
    def stranger_at_home(self) -> APIClient:
        return client(self.users["stranger"], self.elsewhere)

    def scope(self) -> Any:
        return scope(self.engagement.client_account_id, self.engagement.pk)

    def scope_elsewhere(self) -> Any:
        return scope(self.elsewhere.client_account_id, self.elsewhere.pk)
