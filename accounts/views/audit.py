from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin

from accounts.examples import AUDIT_EVENT
from accounts.filters import AuditEventFilter
from accounts.serializers.audit import AuditEventSerializer
from accounts.viewsets import TenantViewSet
from tenancy.models import AuditEvent
from tenancy.querysets import TenantQuerySet


@extend_schema_view(
    list=extend_schema(
        summary="List what was changed, by whom, the latest first",
        description=(
            "Every change of the account's objects, whichever way it came: API, admin, worker or "
            "command. `before` and `after` hold the fields that changed; for a new object `after` "
            "holds all of them, unless one statement made over 1,000 objects: then they follow "
            "from the object and the `before` of its later changes. A worker's `request_id` is "
            "the id of the flow or import that it worked on."
        ),
        examples=[AUDIT_EVENT],
    )
)
@extend_schema(tags=["audit"])
class AuditEventViewSet(ListModelMixin, TenantViewSet):
    queryset = TenantQuerySet(AuditEvent).order_by("-id")
    serializer_class = AuditEventSerializer
    filterset_class = AuditEventFilter
