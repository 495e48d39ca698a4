"""`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) on every answer."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.exceptions import Throttled

from config.errors import answer
from config.throttling import WINDOW, Usage, usage


def _headers(found: Usage) -> dict[str, str]:
    policies = [f'"{limit.name}";q={limit.quota};w={WINDOW}' for limit in found.limits]
    headers = {"RateLimit-Policy": ", ".join(policies)}
    if found.used:  # not while Redis is away
        headers["RateLimit"] = ", ".join(
            f'"{limit.name}";r={max(0, limit.quota - used)};t={found.seconds_left}'
            for limit, used in zip(found.limits, found.used, strict=True)
        )
    return headers


class RateLimitMiddleware:
    """DRF's views count after authentication, because a user's limit is not the address's.

    What never gets that far is counted here: unknown routes, refused requests, the admin.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        found = usage(request)
        if response.status_code >= 400 and not found.is_within:  # noqa: PLR2004
            response = answer(request, Throttled(found.seconds_left))
        for name, value in _headers(found).items():
            response.headers[name] = value
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *arguments: Any
    ) -> HttpResponse | None:
        found = None if hasattr(view, "cls") else usage(request)  # DRF's views have a class
        return (
            None
            if found is None or found.is_within
            else answer(request, Throttled(found.seconds_left))
        )
