from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.examples import CLIENT_ACCOUNT
from accounts.filters import ClientAccountFilter
from accounts.serializers.client_accounts import ClientAccountSerializer
from accounts.viewsets import find
from tenancy.models import ClientAccount


@extend_schema_view(
    list=extend_schema(summary="List my client accounts", examples=[CLIENT_ACCOUNT]),
    retrieve=extend_schema(summary="Read one of my client accounts", examples=[CLIENT_ACCOUNT]),
)
@extend_schema(tags=["client accounts"])
class ClientAccountViewSet(ReadOnlyModelViewSet[ClientAccount]):
    """Personal: the caller's own memberships decide, and no tenant is chosen yet."""

    permission_classes = [IsAuthenticated]
    queryset = ClientAccount.objects.filter(is_active=True).prefetch_related("engagements")
    serializer_class = ClientAccountSerializer
    filterset_class = ClientAccountFilter
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[Any]:
        own = super().get_queryset().filter(memberships__user=self.request.user.pk)
        return own.annotate(role=F("memberships__role")).order_by("name", "id")

    def get_object(self) -> Any:
        return find(self.get_queryset(), self.kwargs["id"])
