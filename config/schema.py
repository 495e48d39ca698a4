"""The OpenAPI document: what drf-spectacular cannot see for itself."""

from typing import Any, Final

from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiParameter
from rest_framework.generics import GenericAPIView
from rest_framework.serializers import BaseSerializer

from accounts.permissions import allowed
from accounts.viewsets import TenantViewSet
from config.document import complete
from tenancy.headers import CLIENT_ACCOUNT, ENGAGEMENT

_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_ID: Final = {"type": "string", "format": "uuid"}
_TENANT: Final = {
    400: "A tenant header is missing or malformed, or the body is not JSON",
    401: "No valid credentials",
    403: "No access to this tenant, or the role does not allow it",
}
_CHANGE: Final = {409: "What the database holds does not allow it"}
_BODY: Final = {
    400: "The body is not JSON",
    413: "The body is too large",
    415: "Unsupported media type",
    422: "Fields are invalid",
}


# Nothing here is described by pydantic, and this would load it to see whether something is.
PydanticExtension.target_class = None  # type: ignore[assignment]


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class AssetReferenceField(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "assets.serializers.AssetReference"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        """Given as an id, answered with the name."""
        named = {"id": _ID, "name": {"type": "string"}}
        answer = {"type": "object", "required": [*named], "properties": named}
        return _ID if direction == "request" else answer


class Schema(AutoSchema):
    """Adds the tenant headers and the error answers, the same for every operation."""

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Only what `extend_schema` says: docstrings of views speak to engineers."""
        return ""

    def _who_may(self) -> str:
        if isinstance(self.view, TenantViewSet):
            return f"Roles: {', '.join(allowed(self.view)) or 'none'}."
        if self.view.authentication_classes:
            return "Everybody with a valid token."
        return "Everybody, without a token."

    def get_request_serializer(self) -> Any:
        """PUT takes what PATCH takes: fields that the body leaves out keep their value."""
        serializer = super().get_request_serializer()
        if self.method == "PUT" and isinstance(serializer, BaseSerializer):
            serializer.partial = True
        return serializer

    def get_override_parameters(self) -> list[Any]:
        if not isinstance(self.view, TenantViewSet):
            return []
        return [
            OpenApiParameter(name, {"type": "string", "format": "uuid"}, "header", required=True)
            for name in (CLIENT_ACCOUNT, ENGAGEMENT)
        ]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation:
            described = (operation.get("description"), self._who_may())
            operation["description"] = "\n\n".join(filter(None, described))
            tenant, creates = isinstance(self.view, TenantViewSet), self._creates()
            complete(operation, self.method, tenant=tenant, creates=creates)
            for status, text in self._errors().items():
                operation["responses"].setdefault(str(status), self._problem(text))
        return operation

    def _creates(self) -> bool:
        return isinstance(self.view, TenantViewSet) and self.view.action == "create"

    def _errors(self) -> dict[int, str]:
        errors: dict[int, str] = {}
        if self.method in {"POST", "PUT", "PATCH"}:
            errors |= _BODY
        if isinstance(self.view, GenericAPIView):
            errors |= {422: "Fields, parameters or ids are invalid"}
        if isinstance(self.view, TenantViewSet):
            errors |= _TENANT if self.method == "GET" else _TENANT | _CHANGE
        elif self.view.authentication_classes or "auth/token" in self.path:
            errors |= {401: _TENANT[401]}
        if "{" in self.path:
            errors |= {404: "Unknown id"}
        return errors

    def _problem(self, text: str) -> dict[str, Any]:
        return {"description": text, "content": {"application/problem+json": {"schema": _PROBLEM}}}
