"""`ETag` on everything that can be read, and 304 for a client that has it already."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from accounts.conditional import PreconditionFailed, content_etag
from config.errors import answer


class ConditionalMiddleware:
    """A view that knows a cheaper tag than the hash of its text has set it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method not in {"GET", "HEAD"} or not request.path.startswith("/api/"):
            return response
        if response.status_code == 200 and isinstance(response, HttpResponse):  # noqa: PLR2004
            return _conditional(request, response)
        return response


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    if "ETag" not in response:
        response.headers["ETag"] = content_etag(response.content)
    etag = response.headers["ETag"]
    chosen = get_conditional_response(request, etag=etag, response=response)
    if chosen is not None and chosen.status_code == PreconditionFailed.status_code:
        return answer(request, PreconditionFailed())
    return chosen or response
