"""What every answer tells browsers and caches: the policies, and who may keep it."""

from collections.abc import Callable
from typing import Any, Final

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from tenancy.headers import CLIENT_ACCOUNT, ENGAGEMENT

_CLOSED: Final = {
    "default-src": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}
_CLOSED_TEXT: Final = "; ".join(f"{name} {value}" for name, (value,) in _CLOSED.items())
_OWN_FILES: Final = {
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
}
# The one inline style of drf-spectacular's page; tests/test_headers.py holds it to that.
_STYLE_OF_DOCS: Final = "'sha256-MMpT0iDxyjALd9PdfepImGX3DBfJPXZ4IlDWdPAgtn0='"
# By the beginning of the path; the first that fits.
_POLICIES: Final = (
    # Unfold's Alpine.js evaluates the expressions in its attributes, and its pages hold styles.
    (
        "/admin/",
        _CLOSED
        | _OWN_FILES
        | {
            "script-src": [SELF, UNSAFE_EVAL],
            "style-src": [SELF, UNSAFE_INLINE],
            "form-action": [SELF],
        },
    ),
    ("/api/docs/", _CLOSED | _OWN_FILES | {"style-src": [SELF, _STYLE_OF_DOCS]}),
    ("", _CLOSED),
)
_EVERYWHERE: Final = {
    # Also where no middleware of Django's got its turn, as with a request that is redirected.
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# By the beginning of the path. A browser may keep an answer if it asks each time whether it still
# holds (ETag); a token is kept by nobody.
_CACHING: Final = (("/api/v1/auth/", "no-store"), ("/api/", "private, no-cache"))


class ContentSecurityPolicy(CSPMiddleware):
    """The tightest policy that the page works with. The API's is always the same text."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if _first(_POLICIES, request.path) is _CLOSED:
            response.headers.setdefault("Content-Security-Policy", _CLOSED_TEXT)
            return response
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if parts.config is None and not report_only:
            parts.config = _first(_POLICIES, request.path)
        return parts


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        for name, value in _EVERYWHERE.items():
            response.headers.setdefault(name, value)
        if caching := _first(_CACHING, request.path):
            response.headers.setdefault("Cache-Control", caching)
            patch_vary_headers(response, ["Authorization", CLIENT_ACCOUNT, ENGAGEMENT])
        return response


def _first(by_beginning: tuple[tuple[str, Any], ...], path: str) -> Any:
    return next((value for beginning, value in by_beginning if path.startswith(beginning)), None)
