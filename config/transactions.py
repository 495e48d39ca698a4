"""The transaction of a request, run again when PostgreSQL gave it up in favour of another."""

from collections.abc import Callable
from typing import Any, Final

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponseBase

from config.errors import answer, is_contention
from tenancy import scope

RETRIES: Final = 3
_IN_MEMORY: Final = 2**20  # bytes of a body that are kept for another attempt


def _can_be_read_again(request: HttpRequest) -> bool:
    """Reads a small body into memory. Uploads are never buffered, so they get no retry."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > _IN_MEMORY:
        return False
    if (request.content_type or "").startswith("multipart/"):
        return False
    return request.body is not None


class TransactionMiddleware:
    """Does for the API's views what ATOMIC_REQUESTS would do, and sees how the commit went.

    Django opens that transaction around the view alone, where nothing can begin it anew, and an
    error that comes with the commit, such as a foreign key's, would be a failure of the server.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if not hasattr(view, "cls") or getattr(view, "_non_atomic_requests", None):
            return None
        for _ in range(RETRIES if _can_be_read_again(request) else 0):
            response = _attempt(request, view, args, kwargs)
            if not is_contention(response):
                return response
            scope.bind(None)  # the next attempt binds it in its own transaction
        return _attempt(request, view, args, kwargs)


def _attempt(
    request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            response: HttpResponseBase = view(request, *args, **kwargs)
    except (IntegrityError, InterfaceError, OperationalError) as error:
        response = answer(request, error)
    return response
