"""JSON in and out through orjson, within limits of size and depth."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any, Final

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import parsers, renderers
from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def _plain(value: object) -> object:
    """Decimals as numbers, and everything else DRF knows to write (lazy texts, querysets)."""
    return float(value) if isinstance(value, Decimal) else JSONEncoder().default(value)


class JSONRenderer(renderers.JSONRenderer):
    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data, default=_plain, option=_OPTIONS)
        except TypeError:  # a whole number of over 64 bits, as an old event may hold one
            return super().render(data, accepted_media_type, renderer_context)


class ProblemRenderer(JSONRenderer):
    media_type = "application/problem+json"


def _preferred(request: Request, offered: list[str]) -> str | None:
    """The one of `offered` that the client likes best; None if it accepts none of them.

    Parameters such as `charset=utf-8` exclude nothing.
    """
    if not request.headers.get("Accept", "").strip():
        return offered[0]
    try:
        accepted = [(kind.main_type, kind.sub_type) for kind in request._request.accepted_types]
    except ValueError:  # a header of many kilobytes
        return None
    return next((own for kind in accepted for own in offered if _fits(kind, own)), None)


def _fits(accepted: tuple[str, str], offered: str) -> bool:
    parts = zip(accepted, offered.split("/"), strict=True)
    return all(part in {"*", own} for part, own in parts)


class Negotiation(DefaultContentNegotiation):
    """Heeds the client's qualities, and takes one that reads problems for one that reads JSON."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderers = list(renderers)
        by_type = {str(renderer.media_type): renderer for renderer in reversed(renderers)}
        if len(by_type) > 1 and request.query_params.get("format"):
            by_format: tuple[BaseRenderer, str] = super().select_renderer(request, renderers)
            return by_format
        if JSONRenderer.media_type in by_type:
            by_type.setdefault(ProblemRenderer.media_type, by_type[JSONRenderer.media_type])
        offered = [str(renderer.media_type) for renderer in renderers]
        chosen = _preferred(request, list(dict.fromkeys([*offered, *by_type])))
        if chosen is None:
            raise NotAcceptable(f"This route answers with {' or '.join(dict.fromkeys(offered))}.")
        return by_type[chosen], str(by_type[chosen].media_type)


def _depth_at_most(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return True
    return False


class _TooDeep(ParseError):
    def __init__(self) -> None:
        most = settings.MAX_JSON_DEPTH
        super().__init__(f"The body is nested deeper than {most} levels (MAX_JSON_DEPTH).")


class JSONParser(parsers.JSONParser):
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        name = getattr((parser_context or {}).get("view"), "json_limit", "MAX_BODY_MB")
        limit = getattr(settings, name) * 2**20
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig(
                f"A JSON body may have at most {getattr(settings, name)} MB here ({name})."
            )
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            if "depth" in str(error) or "recursion" in str(error):
                raise _TooDeep from error
            raise ParseError(f"The body is not JSON: {error}.") from error
        if not _depth_at_most(data, settings.MAX_JSON_DEPTH):
            raise _TooDeep
        return data
