from typing import Any

from django.db.models import F, QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request

from assets.downloads import AnyMediaType, document, download
from assets.exports import Column
from discovery import examples
from discovery.filters import FindingExportFilter, FindingFilter
from discovery.models import DataImport, Finding
from discovery.serializers.flows import FindingSerializer
from discovery.views.flows import FlowPartViewSet

_COLUMNS = [
    Column(name, name)
    for name in ("phase", "file", "table", "row", "column", "target", "value", "reason")
]


@extend_schema_view(
    list=extend_schema(
        summary="What could not be read or resolved, and why", examples=[examples.FINDING]
    )
)
@extend_schema(tags=["flows"])
class FindingViewSet(FlowPartViewSet):
    queryset = Finding.objects.annotate(file=F("flow__data_import__file_name"))
    serializer_class = FindingSerializer
    filterset_class = FindingFilter

    @extend_schema(**document("Download the findings", examples.FINDING_EXPORT))
    @action(
        detail=False,
        content_negotiation_class=AnyMediaType,
        pagination_class=None,
        filterset_class=FindingExportFilter,
    )
    def export(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        findings = self.filter_queryset(self.get_queryset())
        return download(request, findings, _COLUMNS, "findings")


@extend_schema_view(
    list=extend_schema(
        summary="What could not be read of an import, and why",
        description="The findings of the flow of this import that ran last; none before the first.",
        examples=[examples.FINDING],
    )
)
@extend_schema(
    tags=["imports"],
    parameters=[OpenApiParameter("data_import_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
)
class ImportFindingViewSet(FindingViewSet):
    wholes = DataImport.objects.all()
    whole_key = "data_import_id"

    def parts_of_whole(self, parts: QuerySet[Any]) -> QuerySet[Any]:
        last = self.whole.flows.order_by("-started_at", "-id").first()
        return parts.filter(flow=last) if last else parts.none()
