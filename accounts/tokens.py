"""Access and refresh tokens with the claims that the API contract names."""

from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User
from tenancy.actor import Actor, Origin, acts
from tenancy.models import Engagement


def subject(token: bytes) -> str:
    """The `sub` of a valid access token, minted here or elsewhere. Raises jwt.PyJWTError.

    `iat` is not held against a minter whose clock is a second ahead; `exp` is never forgiven.
    """
    claims = jwt.decode(
        token,
        settings.JWT_SIGNING_KEY,
        algorithms=["HS256"],
        options={"require": ["exp", "sub"], "verify_iat": False, "verify_aud": False},
    )
    if claims.get("type") != "access":
        raise jwt.InvalidTokenError("The token is none for access.")
    return str(claims["sub"])


def _default_tenant(user: User) -> dict[str, str]:
    """The tenant of the user's first membership, for information: the headers choose."""
    with acts(Actor(Origin.API, user.pk)):
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
