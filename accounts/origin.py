"""Where a request comes from, as far as it can be told."""

from django.http import HttpRequest
from rest_framework.request import Request

_LONGEST = 200


def address(request: HttpRequest | Request | None) -> str:
    """The peer's address; empty where there is none, as behind a socket file or in a command."""
    return _printable(request.META.get("REMOTE_ADDR")) if request else ""


def user_agent(request: HttpRequest | Request) -> str:
    return _printable(request.META.get("HTTP_USER_AGENT"))


def _printable(text: str | None) -> str:
    """Clients choose it, and PostgreSQL takes no NUL."""
    return "".join(filter(str.isprintable, text or ""))[:_LONGEST]
