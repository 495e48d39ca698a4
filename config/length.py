"""Answers 411 to a body of unknown length, which WSGI applications do not get to read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from config.errors import length_required


class LengthRequiredMiddleware:
    """Without it Django takes a chunked body for an empty one, and a change is lost in silence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            return length_required(request)
        return self.get_response(request)
