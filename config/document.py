"""What the API document says of headers, and of the statuses that every operation shares."""

from collections.abc import Iterator
from typing import Any, Final

from accounts.fields import LEFT_OUT

_TAG: Final = {"type": "string", "example": '"2026-03-02T08:15:00.123456Z"'}
_EVERY_ANSWER: Final = ("RateLimit", "RateLimit-Policy", "X-Request-ID")


def _header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", **_header(description, **schema)}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*_EVERY_ANSWER, *names)}


def _problem(description: str, *headers: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "headers": _headers(*headers),
        "content": {"application/problem+json": {"schema": schema}},
    }


COMPONENTS: Final = {
    "headers": {
        "ETag": _header("The version of what is shown.", **_TAG),
        "Location": _header("Where the new object is."),
        "Idempotency-Replayed": _header(
            "`true` if the answer is an earlier one, kept under this key.", enum=["true"]
        ),
        "RateLimit": _header(
            "What is left, and seconds until it is whole again.",
            example='"user";r=2987;t=34, "account";r=11987;t=34',
        ),
        "RateLimit-Policy": _header(
            "Requests (`q`) in a window of seconds (`w`).",
            example='"user";q=3000;w=60, "account";q=12000;w=60',
        ),
        "Retry-After": _header("Seconds to wait.", example="5"),
        "Allow": _header("The methods that the route supports.", example="GET, HEAD, OPTIONS"),
        "WWW-Authenticate": _header("How to identify oneself.", enum=["Bearer"]),
        "X-Request-ID": _header(
            "The request, as the log names it: the client's own, if it sent one of 1 to 64 "
            "letters, digits, dots, underscores and hyphens."
        ),
    },
    "parameters": {
        "IdempotencyKey": _parameter(
            "Idempotency-Key",
            "Any text of the client's. For 24 hours the same key with the same body gets the same "
            "answer and creates nothing; with another body it is refused (422).",
            minLength=1,
            maxLength=255,
            pattern="^[ -~]+$",
        ),
        "IfMatch": _parameter("If-Match", "An ETag. 412 if the object has changed since.", **_TAG),
        "IfNoneMatch": _parameter(
            "If-None-Match", "An ETag. 304 without a body if nothing has changed since.", **_TAG
        ),
    },
    "responses": {
        "Status304": {"description": "Nothing has changed", "headers": _headers("ETag")},
        "Status405": _problem("Method not allowed", "Allow"),
        "Status406": _problem("The client accepts no JSON"),
        "Status409": _problem("The change does not go together with what the database holds"),
        "Status412": _problem("The object is not the one that If-Match or If-None-Match asks for"),
        "Status429": _problem("Too many requests", "Retry-After"),
        "Status503": _problem("A server behind this one does not answer", "Retry-After"),
    },
}


def without_docstrings(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Those of serializers are for who reads the code, and not part of the API."""
    for schema in result["components"]["schemas"].values():
        schema.pop("description", None)
    return result


def without_the_absent(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """What an answer may leave out is not required in it, though nobody can set it."""
    for schema in result["components"]["schemas"].values():
        for name, described in schema.get("properties", {}).items():
            if described.pop(LEFT_OUT, False):
                schema["required"].remove(name)
    return result


def complete(operation: dict[str, Any], method: str, *, tenant: bool, creates: bool) -> None:
    """Adds to an operation the parameters, headers and statuses that its method brings along."""
    for name, answer in operation["responses"].items():
        if name < "300":
            answer.setdefault("headers", {}).update(_headers(*_told(name, method, tenant, creates)))
    for status in _statuses(method, tenant=tenant):
        reference = {"$ref": f"#/components/responses/Status{status}"}
        operation["responses"].setdefault(str(status), reference)
    operation.setdefault("parameters", []).extend(
        {"$ref": f"#/components/parameters/{name}"}
        for name in _parameters(method, tenant=tenant, creates=creates)
    )


def _told(status: str, method: str, tenant: bool, creates: bool) -> Iterator[str]:
    if status != "204" and (tenant or method == "GET"):
        yield "ETag"
    if creates:
        yield from ("Location", "Idempotency-Replayed")


def _statuses(method: str, *, tenant: bool) -> Iterator[int]:
    yield from (405, 406, 429, 503)
    if method == "GET":
        yield from (304, 412)
    elif tenant:
        yield 409
        if method != "POST":
            yield 412


def _parameters(method: str, *, tenant: bool, creates: bool) -> Iterator[str]:
    if method == "GET":
        yield "IfNoneMatch"
    elif tenant and method != "POST":
        yield "IfMatch"
    if creates:
        yield "IdempotencyKey"
