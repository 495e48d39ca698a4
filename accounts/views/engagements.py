from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import APIException

from accounts.examples import ENGAGEMENT, ENGAGEMENT_BODY
from accounts.filters import EngagementFilter
from accounts.holdings import holdings
from accounts.models import KeptAnswer
from accounts.serializers.engagements import EngagementDetailSerializer
from accounts.views.account import AccountViewSet
from tenancy.models import Engagement
from tenancy.querysets import TenantQuerySet
from tenancy.scope import scope


class EngagementStays(APIException):
    status_code = 409
    default_code = "engagement_stays"


@extend_schema_view(
    list=extend_schema(summary="List the engagements of the client account", examples=[ENGAGEMENT]),
    create=extend_schema(summary="Create an engagement", examples=[ENGAGEMENT_BODY, ENGAGEMENT]),
    retrieve=extend_schema(summary="Read an engagement", examples=[ENGAGEMENT]),
    update=extend_schema(
        summary="Rename an engagement",
        description="Fields that the body leaves out keep their value.",
        examples=[ENGAGEMENT_BODY, ENGAGEMENT],
    ),
    partial_update=extend_schema(
        summary="Rename an engagement", examples=[ENGAGEMENT_BODY, ENGAGEMENT]
    ),
    destroy=extend_schema(
        summary="Delete an empty engagement",
        description="409 while it holds assets, imports or flows, and for the account's last one.",
    ),
)
@extend_schema(tags=["engagements"])
class EngagementViewSet(AccountViewSet):
    queryset = TenantQuerySet(Engagement).order_by("name")
    serializer_class = EngagementDetailSerializer
    filterset_class = EngagementFilter

    def perform_destroy(self, instance: Engagement) -> None:
        if not self.get_queryset().exclude(pk=instance.pk).exists():
            raise EngagementStays("A client account needs an engagement, and this is its last one.")
        with scope(instance.client_account_id, instance.pk):
            if held := holdings():
                raise EngagementStays(f"The engagement still holds {held}. Delete those first.")
            KeptAnswer.objects.all().delete()  # for repeated requests, and there will be none
            instance.delete()
