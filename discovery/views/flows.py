from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.mixins import DestroyModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import caller
from accounts.viewsets import ReadViewSet
from discovery import decisions, engine, examples, questions
from discovery.consultation import ledger
from discovery.filters import FlowEventFilter, FlowFilter
from discovery.models import Flow, FlowEvent
from discovery.serializers.flows import (
    FlowEventSerializer,
    FlowSerializer,
    RetrySerializer,
    StartFlowSerializer,
)
from discovery.views.parts import PartViewSet


class MoveNotAllowed(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "move_not_allowed"

    def __init__(self, refused: engine.NotAllowed, advice: str = "") -> None:
        super().__init__(f"{advice}{refused}")
        self.details = {"status": refused.status, "allowed": refused.allowed}


@extend_schema_view(
    list=extend_schema(summary="List flows", examples=[examples.FLOW]),
    retrieve=extend_schema(
        summary="Read a flow: status, progress, results", examples=[examples.FLOW]
    ),
    destroy=extend_schema(summary="Delete a flow; the assets it made stay"),
)
@extend_schema(tags=["flows"])
class FlowViewSet(DestroyModelMixin, ReadViewSet):
    queryset = Flow.objects.prefetch_related("phase_runs")
    serializer_class = FlowSerializer
    filterset_class = FlowFilter
    lookup_url_kwarg = "flow_id"

    def get_queryset(self) -> QuerySet[Any]:
        flows = decisions.with_counts(super().get_queryset())
        return ledger.with_calls(questions.with_open(flows))

    @extend_schema(
        summary="Start a flow",
        description="Answers at once; a worker does the work. Poll the flow for its progress.",
        request=StartFlowSerializer,
        responses={201: FlowSerializer},
        examples=[examples.FLOW_BODY, examples.FLOW],
    )
    def create(self, request: Request) -> Response:
        body = StartFlowSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        flow = engine.start(
            name=body.validated_data["flow_name"],
            description=body.validated_data.get("description", ""),
            data_import=body.validated_import(),
            created_by=caller(request),
            review=body.validated_data["review"],
        )
        return Response(FlowSerializer(flow).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Flow) -> None:
        if instance.status == Flow.Status.RUNNING:
            raise MoveNotAllowed(engine.NotAllowed(instance.status), "Cancel the flow first. ")
        instance.delete()

    def _moved(self, move: Any, *args: Any) -> Response:
        flow = self.get_object()
        try:
            move(flow, *args)
        except engine.NotAllowed as refused:
            raise MoveNotAllowed(refused) from refused
        return Response(FlowSerializer(self.get_object()).data)

    @extend_schema(summary="Pause a running flow", request=None, examples=[examples.FLOW])
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, flow_id: str) -> Response:
        return self._moved(engine.pause)

    @extend_schema(summary="Resume a paused flow", request=None, examples=[examples.FLOW])
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, flow_id: str) -> Response:
        return self._moved(engine.resume)

    @extend_schema(
        summary="Cancel a running or paused flow", request=None, examples=[examples.FLOW]
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, flow_id: str) -> Response:
        return self._moved(engine.cancel)

    @extend_schema(
        summary="Run a failed or completed flow again",
        description="After the import was changed by PATCH: from the phase `data_import`, which "
        "reads, maps and writes its tables anew.",
        request=RetrySerializer,
        examples=[examples.RETRY_BODY, examples.FLOW],
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, flow_id: str) -> Response:
        body = RetrySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._moved(engine.retry, body.validated_data.get("from_phase"))


class FlowPartViewSet(PartViewSet):
    """A list that belongs to one flow."""

    wholes = Flow.objects.all()
    whole_key = "flow_id"
    whole_field = "flow"


@extend_schema_view(list=extend_schema(summary="What happened when"))
@extend_schema(tags=["flows"], examples=[examples.EVENT])
class FlowEventViewSet(FlowPartViewSet):
    queryset = FlowEvent.objects.all()
    serializer_class = FlowEventSerializer
    filterset_class = FlowEventFilter
