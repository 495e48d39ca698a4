"""Releases the scope and the actor that a request bound, whatever happened to the request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from tenancy import actor, scope


class ScopeMiddleware:
    """Around the whole response: templates and renderers query too, and threads are reused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        bound, acting = scope.bind(None), actor.bind(actor.NOBODY)
        try:
            return self.get_response(request)
        finally:
            scope.release(bound)
            actor.release(acting)
