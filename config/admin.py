"""The admin for operators, who work across tenants: the one place in the web process that may."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

from tenancy.scope import EVERY_TENANT, bind


class OperatorsAdmin(UnfoldAdminSite):
    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Django checks the permission first, then calls this; ScopeMiddleware releases."""

        @wraps(view)
        def across_tenants(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            bind(EVERY_TENANT)
            return view(request, *args, **kwargs)

        guarded: Callable[..., HttpResponse] = super().admin_view(across_tenants, cacheable)
        return guarded
