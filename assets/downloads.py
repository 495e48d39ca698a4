"""Lists as files to download: what the views that answer with one share."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from assets.exports import FILE_KINDS, Column, export, take_turn


class AnyMediaType(DefaultContentNegotiation):
    """`file_format` chooses what is answered, whatever `Accept` says."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


def download(
    request: Request, rows: QuerySet[Any, Any], columns: Sequence[Column], name: str
) -> FileResponse:
    """All `rows` in the format that the request asks for."""
    file_format = request.query_params.get("file_format", "csv")
    if file_format not in FILE_KINDS:
        raise ValidationError({"file_format": f"Must be one of: {', '.join(FILE_KINDS)}."})
    take_turn()
    return export(rows, columns, name, file_format)


def document(summary: str, example: OpenApiExample) -> dict[str, Any]:
    """What `extend_schema` says of an operation that answers with a file."""
    return {
        "summary": summary,
        "description": "All rows that the filters leave. CSV is in UTF-8 with a byte order mark. "
        "Texts that a spreadsheet would take for formulas are made harmless.",
        "parameters": [OpenApiParameter("file_format", enum=list(FILE_KINDS), default="csv")],
        "filters": True,
        "responses": {(200, kind.media_type): bytes for kind in FILE_KINDS.values()},
        "examples": [example],
    }
