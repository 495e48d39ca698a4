from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.routers import SimpleRouter

from accounts.viewsets import TenantViewSet
from tenancy.querysets import TenantQuerySet


class OptionalSlashRouter(SimpleRouter):
    """Routes that answer with and without a trailing slash, without a redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"

    def register(self, prefix: str, viewset: Any, basename: str | None = None) -> None:
        """Refuses a tenant view whose queryset would look across tenants."""
        if issubclass(viewset, TenantViewSet) and not isinstance(viewset.queryset, TenantQuerySet):
            raise ImproperlyConfigured(
                f"{viewset.__name__}.queryset does not hold to the tenant: "
                "begin it with TenantQuerySet(Model), or with the manager of an EngagementModel."
            )
        super().register(prefix, viewset, basename)
