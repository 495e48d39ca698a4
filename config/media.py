"""JSON in and out through orjson, within limits of size and depth."""

from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, Final

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import parsers, renderers
from rest_framework.exceptions import ParseError
from rest_framework.utils.encoders import JSONEncoder

_MAX_DEPTH: Final = 64


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
        return orjson.dumps(data, default=_plain, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)


class ProblemRenderer(JSONRenderer):
    media_type = "application/problem+json"


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


class JSONParser(parsers.JSONParser):
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.MAX_JSON_MB * 2**20
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig(
                f"A JSON body may have at most {settings.MAX_JSON_MB} MB (MAX_JSON_MB)."
            )
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}.") from error
        if not _depth_at_most(data, _MAX_DEPTH):
            raise ParseError(f"The body is nested deeper than {_MAX_DEPTH} levels.")
        return data
