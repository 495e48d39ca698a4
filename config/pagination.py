"""The one page shape of every list: `{"items": […], "total": N, "page": 1, "page_size": 10}`."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

if TYPE_CHECKING:
    from rest_framework.views import APIView  # DRF's views import this module by setting


def _whole_number(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):  # noqa: PLR2004
        raise ValidationError({name: f"Must be a whole number from 1 to {most}."})
    return int(text)


class Pages(BasePagination):
    """`page` counts from 1; a page behind the last one is empty and not an error."""

    page_size = 50

    def paginate_queryset(
        self, queryset: Any, request: Request, view: "APIView | None" = None
    ) -> list[Any]:
        self.page = _whole_number(request, "page", 1, 10**9 - 1)
        self.size = _whole_number(request, "page_size", self.page_size, settings.MAX_PAGE_SIZE)
        self.total = queryset.order_by().count()
        start = (self.page - 1) * self.size
        return list(queryset[start : start + self.size]) if start < self.total else []

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {"items": data, "total": self.total, "page": self.page, "page_size": self.size}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole = {"type": "integer", "minimum": 0, "example": 1}
        return {
            "type": "object",
            "required": ["items", "total", "page", "page_size"],
            "properties": {
                "items": schema,
                "total": whole,
                "page": whole | {"minimum": 1},
                "page_size": whole | {"minimum": 1, "maximum": settings.MAX_PAGE_SIZE},
            },
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        def parameter(name: str, most: int, default: int, text: str) -> dict[str, Any]:
            return {
                "name": name,
                "in": "query",
                "required": False,
                "description": text,
                "schema": {"type": "integer", "minimum": 1, "maximum": most, "default": default},
            }

        return [
            parameter("page", 10**9 - 1, 1, "Which page, from 1."),
            parameter("page_size", settings.MAX_PAGE_SIZE, self.page_size, "Items on a page."),
        ]
