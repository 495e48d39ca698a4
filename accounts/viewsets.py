"""The base of every view of tenant data."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotAuthenticated, NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet

from accounts.authentication import access
from accounts.conditional import content_etag, has_condition, require_match
from accounts.idempotency import once
from tenancy import scope
from tenancy.headers import NoAccess, complaint, parse_uuid


class TenantViewSet(GenericViewSet[Any]):
    """Binds the scope that the request asked for and its caller may enter.

    Credentials come first (401), then the headers (400), then the membership (403).
    Paths name an object by `id`. Whatever changes something heeds `If-Match`, whatever creates
    heeds `Idempotency-Key`, and both answer with the object's `ETag`.
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

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The last step before DRF calls the method's handler: puts `_change` around it."""
        super().initial(request, *args, **kwargs)
        method = str(request.method).lower()
        handler = getattr(self, method, None)
        if handler and request.method not in SAFE_METHODS:
            setattr(self, method, partial(self._change, handler))

    def _change(
        self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        def change() -> Response:
            return self._tagged(handler(request, *args, **kwargs))

        if self.action == "create":
            return once(request, change)
        if request.method != "POST" and has_condition(request):
            self._require_match(request)
        return change()

    def _require_match(self, request: Request) -> None:
        require_match(request._request, self.etag(self.get_serializer(self.get_locked()).data))

    def get_locked(self) -> Any:
        """The object, locked, so that of two who hold the same tag only one gets past."""
        no_key = self.request.method != "DELETE"
        argument = str(self.lookup_url_kwarg)
        rows = self.get_queryset().select_for_update(no_key=no_key, of=("self",))
        return find(rows, self.kwargs[argument], argument)

    def _tagged(self, response: Response) -> Response:
        """Of one object: its version, and where it is if it is new."""
        shown, key = response.data, str(self.lookup_url_kwarg)
        if isinstance(shown, Mapping):
            response.headers["ETag"] = self.etag(shown)
            if response.status_code == HTTP_201_CREATED and key in shown:
                response.headers["Location"] = f"{self.request.path.rstrip('/')}/{shown[key]}"
        return response

    def etag(self, shown: Any) -> str:
        """Of the object that GET shows as `shown`. The same for the answer of a change."""
        return content_etag(self.request.accepted_renderer.render(shown))

    def get_object(self) -> Any:
        """What is to be deleted is locked: of two who delete it at once one finds it gone."""
        argument, rows = str(self.lookup_url_kwarg), self.get_queryset()
        if self.request.method == "DELETE":
            rows = rows.select_for_update(of=("self",))
        return find(rows, self.kwargs[argument], argument)


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
