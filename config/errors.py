"""The one error body of every route: RFC 9457, with the member `error`."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from rest_framework import exceptions
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import set_rollback

from config import conflicts
from config.media import ProblemRenderer
from config.request_id import current_request_id

_log = logging.getLogger(__name__)

CREDENTIALS: Final = "Could not validate credentials"
_CONTENTION: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_LOCKED: Final = "55P03"
_FIELD_ERRORS: Final = 200  # told one by one
_NAMED: Final = 5
_TITLES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}
# DRF's sentence for these codes does not say what the contract promises.
MESSAGES: Final = {
    "blank": "This field cannot be empty.",
    "required": "This field is required.",
    "not_a_list": "This field must be a list.",
    "not_a_dict": "This field must be an object.",
    "incorrect_type": "This field must be an id.",
    "max_string_length": "This number is too long.",
    "overflow": "This value is out of range.",
    "date": "This field must be a date with a time.",
    "datetime": "This field must be a date without a time.",
}


class Conflict(APIException):
    status_code = 409
    default_code = "conflict"
    default_detail = "The request conflicts with what the database holds."
    details: Mapping[str, Any] = {}


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"


class Unavailable(APIException):
    """A server behind this one does not answer. The client may try again."""

    status_code = 503
    default_code = "unavailable"
    default_detail = "The database does not answer. Try again in a few seconds."
    wait = 5


class Contention(Unavailable):
    """PostgreSQL gave up this transaction so that another one could go on."""

    default_code = "contention"
    default_detail = "Others changed the same objects at the same time. Try again in a second."
    wait = 1


class Busy(Unavailable):
    """Somebody holds what the request waited for (lock_timeout)."""

    default_code = "busy"
    default_detail = "A worker or another request holds the object. Try again in a few seconds."


def problem(
    path: str, status: int, code: str, message: str, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": _TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "instance": path,
        "request_id": current_request_id(),
        "error": {"code": code, "message": message, "details": dict(details or {})},
    }


def _field_errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Flattens DRF's nested detail to dotted paths: `attributes.cpu`, `0.name`."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            own = "" if key == "non_field_errors" else str(key)
            yield from _field_errors(value, ".".join(filter(None, (path, own))))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, (dict, list))
            yield from _field_errors(value, f"{path}.{index}".lstrip(".") if nested else path)
    else:
        yield {"field": path, "message": MESSAGES.get(getattr(detail, "code", ""), str(detail))}


def _invalid(error: exceptions.ValidationError) -> tuple[str, dict[str, Any]]:
    fields = list(_field_errors(error.detail))
    if len(fields) > _FIELD_ERRORS:
        shown = {"field_errors": fields[:_FIELD_ERRORS]}
        return f"{len(fields)} fields are invalid; the first {_FIELD_ERRORS} are told.", shown
    if len(fields) == 1:
        name = f"{fields[0]['field']}: " if fields[0]["field"] else ""
        return f"{name}{fields[0]['message']}", {"field_errors": fields}
    return f"{len(fields)} fields are invalid.", {"field_errors": fields}


def _in_use(error: Exception) -> str:
    users = [
        f"{user._meta.verbose_name} {user}" for user in getattr(error, "protected_objects", [])
    ]
    more = ", …" if len(users) > _NAMED else ""
    return f"Still in use by: {', '.join(sorted(users)[:_NAMED])}{more}. Delete that first."


def _conflict(error: Exception) -> Conflict:
    sentence, fields = conflicts.explained(error)  # type: ignore[arg-type]
    conflict = Conflict(sentence)
    if fields:
        conflict.details = {"field_errors": [{"field": f, "message": sentence} for f in fields]}
    return conflict


def _unavailable(error: Exception) -> Unavailable:
    state = getattr(error.__cause__, "sqlstate", None)
    if state in _CONTENTION:
        return Contention()
    if state == _LOCKED:
        return Busy()
    _log.warning("The database does not answer: %s", error)
    return Unavailable()


def _too_large(error: Exception) -> str:
    """Our own sentence names the limit; Django's names a setting that is none of ours."""
    if "settings." in str(error):
        return f"A body may have at most {settings.MAX_BODY_MB} MB (MAX_BODY_MB)."
    return str(error)


# The first class that fits decides. DRF's own exceptions stay as they are.
_TRANSLATIONS: Final[tuple[tuple[type[Exception], Callable[[Exception], APIException]], ...]] = (
    (exceptions.NotAuthenticated, lambda _: exceptions.AuthenticationFailed(CREDENTIALS)),
    (exceptions.AuthenticationFailed, lambda _: exceptions.AuthenticationFailed(CREDENTIALS)),
    (ObjectDoesNotExist, lambda _: exceptions.NotFound("The object was not found.")),
    (Http404, lambda _: exceptions.NotFound("The object was not found.")),
    (DjangoPermissionDenied, lambda _: exceptions.PermissionDenied("Insufficient permissions.")),
    (ProtectedError, lambda error: Conflict(_in_use(error))),
    (IntegrityError, _conflict),
    (OperationalError, _unavailable),
    (InterfaceError, _unavailable),
    (UnreadablePostError, lambda _: exceptions.ParseError("The body broke off.")),
    (RequestDataTooBig, lambda error: TooLarge(_too_large(error))),
    (SuspiciousOperation, lambda _: exceptions.ParseError("The request is malformed.")),
)


# What may befall a request before and after its view: sessions, commits, a client that goes away.
_OUTSIDE_VIEWS: Final = (IntegrityError, OperationalError, InterfaceError, UnreadablePostError)


def _translate(error: Exception) -> APIException | None:
    """Exceptions of Django and the database as the ones the contract names, else None."""
    for known, translated in _TRANSLATIONS:
        if isinstance(error, known):
            return translated(error)
    return error if isinstance(error, APIException) else None


def _message(error: APIException) -> tuple[str, dict[str, Any]]:
    match error:
        case exceptions.MethodNotAllowed():
            return str(error.detail).replace('Method "', "Method not allowed: ").split('"')[0], {}
        case exceptions.Throttled():
            seconds = getattr(error, "wait", None) or 60
            return f"The rate limit is exceeded. Try again in {seconds:.0f} seconds.", {}
        case exceptions.ValidationError():
            return _invalid(error)
    return str(error.detail), getattr(error, "details", {})


def _headers(error: APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) or 1)
    return headers


def _code(error: APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "validation_error"
    code = getattr(error.detail, "code", error.default_code)
    return str(code)


def _told(error: APIException, path: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Body, status and headers."""
    status = 422 if isinstance(error, exceptions.ValidationError) else error.status_code
    message, details = _message(error)
    return problem(path, status, _code(error), message, details), status, _headers(error)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None leaves the exception to `server_error`."""
    known = _translate(error)
    if known is None:
        return None
    if isinstance(known, exceptions.AuthenticationFailed):
        known.auth_header = "Bearer"  # type: ignore[attr-defined]  # DRF sets it the same way
    request = context["request"]
    body, status, headers = _told(known, request.path)
    set_rollback()
    # Whatever the view renders otherwise: HTML of the documentation, or a spreadsheet.
    request.accepted_renderer = ProblemRenderer()
    request.accepted_media_type = ProblemRenderer.media_type
    response = Response(body, status, headers=headers, content_type=ProblemRenderer.media_type)
    response.is_contention = isinstance(known, Contention)  # type: ignore[attr-defined]
    return response


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The same outside of DRF's views, for an error that is known."""
    known = _translate(error)
    if known is None:
        raise error
    body, status, headers = _told(known, request.path)
    text = ProblemRenderer().render(body)
    response = HttpResponse(text, ProblemRenderer.media_type, status, headers=headers)
    response.is_contention = isinstance(known, Contention)  # type: ignore[attr-defined]
    return response


def is_contention(response: HttpResponseBase) -> bool:
    """Whether the same request may succeed in another transaction."""
    return getattr(response, "is_contention", False)


def _plain_response(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    body = ProblemRenderer().render(problem(request.path, status, code, message))
    return HttpResponse(body, status=status, content_type=ProblemRenderer.media_type)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain_response(request, 404, "not_found", f"The route {request.path} was not found.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain_response(request, 400, "bad_request", "The request is malformed.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain_response(request, 403, "permission_denied", "Insufficient permissions.")


def length_required(request: HttpRequest) -> HttpResponse:
    message = "Send the body with a Content-Length: one in chunks cannot be read."
    return _plain_response(request, 411, "length_required", message)


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort, also for what fails before a view runs, such as a database that is away."""
    error = sys.exc_info()[1]
    if isinstance(error, _OUTSIDE_VIEWS):
        return answer(request, error)
    message = "The server failed. Its log holds the cause under the request id."
    return _plain_response(request, 500, "server_error", message)
