"""Releases the scope that a request bound, whatever happened to the request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from tenancy import scope


class ScopeMiddleware:
    """Around the whole response: templates and renderers query too, and threads are reused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = scope.bind(None)
        try:
            return self.get_response(request)
        finally:
            scope.release(token)
