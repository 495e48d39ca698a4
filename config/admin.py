"""The admin for operators, who work across tenants: the one place in the web process that may."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from unfold.sites import UnfoldAdminSite

from tenancy.actor import identified
from tenancy.scope import all_tenants


class OperatorsAdmin(UnfoldAdminSite):
    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Django checks the permission first, then calls this.

        Templates query too: they are rendered here, while the view's transaction is open.
        """

        @wraps(view)
        def across_tenants(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            identified(cast("UUID", request.user.pk))
            with all_tenants():
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()
            return response

        guarded: Callable[..., HttpResponse] = super().admin_view(across_tenants, cacheable)
        return guarded
