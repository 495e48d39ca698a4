"""`ETag` and `If-Match`: two people do not overwrite each other's changes unseen."""

from hashlib import sha256

from django.http import HttpRequest
from django.utils.cache import get_conditional_response
from django.utils.encoding import force_bytes
from django.utils.http import parse_etags, quote_etag
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = (
        "The object is not the one that If-Match or If-None-Match asks for. "
        "Read it again, and send its ETag."
    )


def content_etag(body: bytes | str) -> str:
    return quote_etag(sha256(force_bytes(body)).hexdigest()[:32])


def has_condition(request: Request) -> bool:
    return "If-Match" in request.headers or "If-None-Match" in request.headers


def require_match(request: HttpRequest, etag: str) -> None:
    """Raises PreconditionFailed unless the object with this tag is one the client asks for."""
    asked = request.headers.get("If-Match")
    unreadable = asked is not None and not parse_etags(asked)  # Django would take it for no header
    if unreadable or get_conditional_response(request, etag=etag) is not None:
        raise PreconditionFailed
