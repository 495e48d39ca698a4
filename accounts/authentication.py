"""Who is asking, and what they may do in the tenant that the headers ask for: one query."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

import jwt
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Role, User
from accounts.tokens import AccessClaims, read_access
from tenancy.actor import identified
from tenancy.headers import asked_scope
from tenancy.scope import Scope


@dataclass(frozen=True, slots=True)
class Access:
    """`request.auth`: the tenant asked for, and the role there; None where there is none.

    `session_id` is None for a token that was minted elsewhere.
    """

    scope: Scope | None
    role: Role | None
    session_id: UUID | None = None


def access(request: Request) -> Access:
    """What the caller of an authenticated request may do."""
    return cast("Access", request.auth)


def caller(request: Request) -> User:
    """The user of an authenticated request."""
    return cast("User", request.user)


def _claims(token: bytes) -> AccessClaims:
    try:
        return read_access(token)
    except jwt.PyJWTError as error:
        raise AuthenticationFailed from error


class BearerAuthentication(BaseAuthentication):
    """Identity comes from the signed token alone, access from the membership in the database.

    Every cause of refusal ends in the same answer (config/errors.py).
    """

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        header = get_authorization_header(request).split()
        if not header:
            return None
        if len(header) != 2 or header[0].lower() != b"bearer":  # noqa: PLR2004
            raise AuthenticationFailed
        claims, scope = _claims(header[1]), asked_scope(request)
        found = User.objects.caller(claims.user_id, scope, claims.session_id, claims.issued_at)
        if found is None:
            raise AuthenticationFailed
        user, role = found
        identified(user.pk)
        return user, Access(scope, role, claims.session_id)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
