"""Who is asking, and what they may do in the tenant that the headers ask for: one query."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

import jwt
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Role, User
from accounts.tokens import subject
from tenancy import actor
from tenancy.actor import Actor, Origin
from tenancy.headers import asked_scope, parse_uuid
from tenancy.scope import Scope


@dataclass(frozen=True, slots=True)
class Access:
    """`request.auth`: the tenant asked for, and the role there; None where there is none."""

    scope: Scope | None
    role: Role | None


def access(request: Request) -> Access:
    """What the caller of an authenticated request may do."""
    return cast("Access", request.auth)


def caller(request: Request) -> User:
    """The user of an authenticated request."""
    return cast("User", request.user)


def _user_id(token: bytes) -> UUID:
    try:
        user_id = parse_uuid(subject(token))
    except jwt.PyJWTError as error:
        raise AuthenticationFailed from error
    if user_id is None:
        raise AuthenticationFailed
    return user_id


def _address(request: Request) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _request_id(request: Request) -> str:
    return str(getattr(request, "request_id", ""))


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
        scope = asked_scope(request)
        user = User.objects.caller(_user_id(header[1]), scope)
        if user is None:
            raise AuthenticationFailed
        actor.bind(Actor(Origin.API, user.pk, _address(request), _request_id(request)))
        role = getattr(user, "role", None)
        return user, Access(scope, Role(role) if role else None)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
