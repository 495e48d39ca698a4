"""The base of every view of tenant data."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotAuthenticated, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet

from accounts.authentication import access
from tenancy import scope
from tenancy.headers import NoAccess, complaint, parse_uuid


class TenantViewSet(GenericViewSet[Any]):
    """Binds the scope that the request asked for and its caller may enter.

    Credentials come first (401), then the headers (400), then the membership (403).
    Paths name an object by `id`.
    """

    lookup_field = "pk"
    lookup_url_kwarg = "id"

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        granted = access(request)
        if granted.scope is None:
            raise complaint(request)
        if granted.role is None:
            raise NoAccess
        scope.bind(granted.scope)

    def get_object(self) -> Any:
        argument = str(self.lookup_url_kwarg)
        return find(self.get_queryset(), self.kwargs[argument], argument)


class ReadViewSet(ReadOnlyModelViewSet[Any], TenantViewSet):
    """Lists objects of the tenant, and reads one."""


class EditViewSet(ModelViewSet[Any], TenantViewSet):
    """Also makes, changes and deletes them.

    PUT and PATCH do the same: fields that the body leaves out keep their value.
    """

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs | {"partial": True})


def find(queryset: QuerySet[Any], key: str, argument: str = "id") -> Any:
    """The object with this id. Raises NotFound, and ValidationError if `key` is no UUID."""
    if parse_uuid(key) is None:
        raise ValidationError({argument: "Invalid UUID format."})
    found = next(iter(queryset.filter(pk=key).order_by()), None)
    if found is None:
        raise NotFound(f"The {queryset.model._meta.verbose_name} was not found.")
    return found
