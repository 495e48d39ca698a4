"""The headers that choose the tenant of a request."""

from typing import Final
from uuid import UUID

from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request

from tenancy.scope import Scope

CLIENT_ACCOUNT: Final = "X-Client-Account-Id"
ENGAGEMENT: Final = "X-Engagement-Id"


class BadTenantHeader(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "tenant_header"


class NoAccess(PermissionDenied):
    """One answer whether the account is unknown, inactive or somebody else's."""

    default_detail = "No access to this client account and engagement."
    default_code = "no_access"


def parse_uuid(text: str) -> UUID | None:
    """Only the 36-character form: Python also takes braces, `urn:` and 32 digits."""
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if len(text) == len(str(value)) else None


def asked_scope(request: Request) -> Scope | None:
    """The scope that the headers ask for; None if one is missing or malformed."""
    account = parse_uuid(request.headers.get(CLIENT_ACCOUNT, ""))
    engagement = parse_uuid(request.headers.get(ENGAGEMENT, ""))
    return Scope(account, engagement) if account and engagement else None


def complaint(request: Request) -> BadTenantHeader:
    for name in (CLIENT_ACCOUNT, ENGAGEMENT):
        text = request.headers.get(name)
        if text is None:
            return BadTenantHeader(f"The header {name} is missing.")
        if parse_uuid(text) is None:
            return BadTenantHeader(f"The header {name} is not a UUID. Invalid UUID format.")
    raise AssertionError("both headers are well-formed")
