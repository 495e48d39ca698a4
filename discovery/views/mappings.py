"""Mappings of columns, to look at and to decide about."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.mixins import DestroyModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import caller
from accounts.viewsets import ReadViewSet
from discovery import decisions, examples
from discovery.filters import FieldMappingFilter, FlowMappingFilter, LearnedMappingFilter
from discovery.models import FieldMapping, LearnedMapping
from discovery.serializers.mappings import (
    ApprovalSerializer,
    ApprovedSerializer,
    DecisionSerializer,
    FieldMappingSerializer,
    LearnedMappingSerializer,
)
from discovery.views.flows import FlowPartViewSet


class DecisionRefused(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "decision_refused"


class TargetTaken(DecisionRefused):
    default_code = "target_taken"

    def __init__(self, taken: decisions.TargetTaken) -> None:
        super().__init__(str(taken))
        rival = taken.rival
        self.details = {"id": str(rival.pk), "source_field": rival.source_field}


@extend_schema_view(
    list=extend_schema(summary="List the mappings of all flows", examples=[examples.MAPPING]),
    retrieve=extend_schema(
        summary="Read how a column was mapped, and why", examples=[examples.MAPPING]
    ),
)
@extend_schema(tags=["field mappings"])
class FieldMappingViewSet(ReadViewSet):
    queryset = FieldMapping.objects.select_related("table", "decided_by").order_by(
        "-flow__created_at", "flow", "table__position", "position"
    )
    serializer_class = FieldMappingSerializer
    filterset_class = FieldMappingFilter

    @extend_schema(
        summary="Decide where a column goes",
        description="409 while the flow runs, and if another column of the table has the target. "
        "After the assets were made it is a correction: the flow counts it, and mends the assets "
        "when it runs again (`POST /flows/{flow_id}/retry` from `asset_creation`).",
        request=DecisionSerializer,
        responses=FieldMappingSerializer,
        examples=[examples.DECISION_BODY, examples.MAPPING],
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        mapping = self.get_object()
        body = DecisionSerializer(mapping, data=request.data)
        body.is_valid(raise_exception=True)
        try:
            replace = body.validated_data["replace"]
            decisions.decide(mapping, body.choice, caller(request), replace=replace)
        except decisions.NotNow as refused:
            raise DecisionRefused(str(refused)) from refused
        except decisions.TargetTaken as refused:
            raise TargetTaken(refused) from refused
        return Response(FieldMappingSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="How the columns were mapped, and why", examples=[examples.MAPPING])
)
@extend_schema(tags=["flows"])
class FlowMappingViewSet(FlowPartViewSet):
    queryset = FieldMapping.objects.select_related("table", "decided_by")
    serializer_class = FieldMappingSerializer
    filterset_class = FlowMappingFilter

    @extend_schema(
        summary="Approve many mappings of a flow at once",
        description="What a person decided before stays as it is. 409 while the flow runs.",
        request=ApprovalSerializer,
        responses=ApprovedSerializer,
        filters=False,
        examples=[examples.APPROVAL_BODY, examples.APPROVED],
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def approve(self, request: Request, flow_id: str) -> Response:
        body = ApprovalSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            approved = decisions.approve(self.whole, caller(request), **body.validated_data)
        except decisions.NotNow as refused:
            raise DecisionRefused(str(refused)) from refused
        left = decisions.undecided().filter(flow=self.whole).count()
        return Response({"approved": approved, "left": left})


@extend_schema_view(
    list=extend_schema(
        summary="List what people decided about columns, which later imports heed",
        description="Of the whole client account. Where one column has several, the one that was "
        "decided last counts.",
        examples=[examples.LEARNED],
    ),
    retrieve=extend_schema(summary="Read a learned mapping", examples=[examples.LEARNED]),
    destroy=extend_schema(summary="Forget a learned mapping; what it mapped stays as it is"),
)
@extend_schema(tags=["learned mappings"])
class LearnedMappingViewSet(DestroyModelMixin, ReadViewSet):
    queryset = LearnedMapping.objects.select_related("decided_by")
    serializer_class = LearnedMappingSerializer
    filterset_class = LearnedMappingFilter
