"""The admin for operators, who work across tenants: the one place in the web process that may."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from unfold.sites import UnfoldAdminSite

from accounts.address import client_address
from config.request_id import current_request_id
from tenancy import actor, scope
from tenancy.actor import Actor, Origin
from tenancy.scope import EVERY_TENANT


def _operator(request: HttpRequest) -> Actor:
    user_id = cast("UUID", request.user.pk)
    return Actor(Origin.ADMIN, user_id, client_address(request), current_request_id())


class OperatorsAdmin(UnfoldAdminSite):
    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Django checks the permission first, then calls this; ScopeMiddleware releases.

        Templates query too: they are rendered here, while the view's transaction is open.
        """

        @wraps(view)
        def across_tenants(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            scope.bind(EVERY_TENANT)
            actor.bind(_operator(request))
            response = view(request, *args, **kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response

        guarded: Callable[..., HttpResponse] = super().admin_view(across_tenants, cacheable)
        return guarded
