"""Access and refresh tokens with the claims that the API contract names."""

from typing import Any, cast

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from tenancy.models import Engagement


class Bearer(AccessToken):
    """An access token; one that was minted elsewhere with the same key has no `jti`."""

    def verify(self) -> None:
        self.check_exp()
        self.verify_token_type()


def subject(token: bytes) -> str:
    """The `sub` of a valid access token. Raises TokenError."""
    claims = Bearer(cast("Bearer", token))
    if "sub" not in claims:
        raise TokenError("The token has no sub.")
    return str(claims["sub"])


def _default_tenant(user: User) -> dict[str, str]:
    """The tenant of the user's first membership, for information: the headers choose."""
    engagement = (
        Engagement.objects.filter(
            client_account__memberships__user=user, client_account__is_active=True
        )
        .order_by("client_account__created_at", "created_at")
        .first()
    )
    if engagement is None:
        return {}
    return {
        "client_account_id": str(engagement.client_account_id),
        "engagement_id": str(engagement.pk),
    }


def issue(user: User) -> dict[str, Any]:
    refresh = RefreshToken.for_user(user)
    for claim, value in _default_tenant(user).items():
        refresh[claim] = value
    access = refresh.access_token
    return {
        "access": str(access),
        "refresh": str(refresh),
        "token_type": "Bearer",
        "expires_in": int(access.lifetime.total_seconds()),
    }
