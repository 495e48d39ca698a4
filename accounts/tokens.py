"""Access and refresh tokens with the claims that the API contract names."""

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import jwt
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts import keys
from accounts.models import Session, User
from tenancy.actor import acting, acts
from tenancy.headers import parse_uuid
from tenancy.models import Engagement

_LATEST: Final = 2**53  # seconds; what a database number holds in any case


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says. One that was minted elsewhere has no session."""

    user_id: UUID
    session_id: UUID | None
    issued_at: int


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    session_id: UUID
    refresh_id: UUID


def read_access(token: bytes) -> AccessClaims:
    """Raises jwt.InvalidTokenError."""
    claims = _claims(token, "access")
    session_id = _id(claims, "sid") if "sid" in claims else None
    return AccessClaims(_id(claims, "sub"), session_id, _seconds(claims.get("iat")))


def read_refresh(token: str) -> RefreshClaims:
    """Raises jwt.InvalidTokenError."""
    claims = _claims(token, "refresh")
    return RefreshClaims(_id(claims, "sid"), _id(claims, "jti"))


def issue(session: Session) -> dict[str, Any]:
    """The tokens of a session that has just started or was renewed."""
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token["sub"], token["sid"] = str(session.user_id), str(session.pk)
    refresh["jti"] = str(session.refresh_id)
    access.payload.update(_default_tenant(session.user))
    return {
        "access": _sign(access),
        "refresh": _sign(refresh),
        "token_type": "Bearer",
        "expires_in": int(access.lifetime.total_seconds()),
    }


def _sign(token: Token) -> str:
    key = keys.current()
    return jwt.encode(token.payload, key.signing, key.algorithm, key.headers)


def _claims(token: bytes | str, kind: str) -> dict[str, Any]:
    """The claims of a valid token of this kind. The algorithm is ours, not the token's, to say.

    `iat` is not held against a minter whose clock is a second ahead; `exp` is never forgiven.
    """
    key = keys.current()
    claims: dict[str, Any] = jwt.decode(
        token,
        key.checking,
        algorithms=[key.algorithm],
        options={"require": ["exp", "sub"], "verify_iat": False, "verify_aud": False},
    )
    if claims.get("type") != kind:
        raise jwt.InvalidTokenError(f"The token is not one of type {kind}.")
    return claims


def _id(claims: dict[str, Any], name: str) -> UUID:
    value = parse_uuid(str(claims.get(name)))
    if value is None:
        raise jwt.InvalidTokenError(f"The claim {name} is not a UUID.")
    return value


def _seconds(issued_at: Any) -> int:
    """0 for what is no time: such a token counts as made before any change."""
    try:
        return min(max(int(issued_at), 0), _LATEST)
    except (ValueError, TypeError, OverflowError):
        return 0


def _default_tenant(user: User) -> dict[str, str]:
    """The tenant of the user's first membership, for information: the headers choose."""
    with acts(replace(acting(), user_id=user.pk)):
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
