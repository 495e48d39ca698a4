"""Where a request comes from, also behind reverse proxies."""

from ipaddress import ip_address, ip_network
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

_AGENT: Final = 200  # characters of a user agent that are kept
_HOUSEHOLD: Final = 64  # bits of an IPv6 address that a provider gives; a client picks the others


def _parsed(text: str) -> str | None:
    """The address in `text`, which may carry a port or a zone; None if there is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def client_address(request: HttpRequest | Request) -> str:
    """The client's IP address; empty if the server does not tell it.

    Each of the trusted proxies (PROXIES) appends its peer to X-Forwarded-For. Hence it is read
    from the right: what stands further to the left, the client may have written itself.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    told = forwarded[-settings.PROXIES :][0] if settings.PROXIES else ""
    return _parsed(told) or _parsed(peer) or ""


def user_agent(request: HttpRequest | Request) -> str:
    """Clients choose it, and PostgreSQL takes no NUL."""
    told = str(request.META.get("HTTP_USER_AGENT", ""))
    return "".join(filter(str.isprintable, told))[:_AGENT]


def client_network(request: HttpRequest | Request) -> str:
    """What limits per address count by: an IPv6 client has 2^64 addresses to choose from."""
    address = client_address(request)
    return str(ip_network((address, _HOUSEHOLD), strict=False)) if ":" in address else address
