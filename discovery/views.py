from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.mixins import DestroyModelMixin, ListModelMixin
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import caller
from accounts.viewsets import ReadViewSet, TenantViewSet, find
from discovery import decisions, engine, examples, imports
from discovery.filters import (
    DataImportFilter,
    FindingFilter,
    FlowEventFilter,
    FlowFilter,
)
from discovery.models import DataImport, Finding, Flow, FlowEvent
from discovery.parsers import UploadParser
from discovery.serializers import (
    DataImportDetailSerializer,
    DataImportSerializer,
    FindingSerializer,
    FlowEventSerializer,
    FlowSerializer,
    RetrySerializer,
    RowsSerializer,
    StartFlowSerializer,
    UploadSerializer,
)


class MoveNotAllowed(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "move_not_allowed"

    def __init__(self, refused: engine.NotAllowed, advice: str = "") -> None:
        super().__init__(f"{advice}{refused}")
        self.details = {"status": refused.status, "allowed": refused.allowed}


@extend_schema_view(
    list=extend_schema(summary="List imports", examples=[examples.IMPORT]),
    retrieve=extend_schema(
        summary="Read an import with a preview of its tables",
        responses=DataImportDetailSerializer,
        examples=[examples.IMPORT_DETAIL],
    ),
    destroy=extend_schema(
        summary="Delete an import and its files",
        description="409 while a flow refers to it: delete the flow first.",
    ),
)
@extend_schema(tags=["imports"])
class DataImportViewSet(DestroyModelMixin, ReadViewSet):
    queryset = DataImport.objects.select_related("created_by")
    serializer_class = DataImportSerializer
    filterset_class = DataImportFilter
    json_limit = "MAX_JSON_MB"

    def get_parsers(self) -> list[BaseParser]:
        return [*super().get_parsers(), UploadParser()]

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return DataImportSerializer if self.action == "list" else DataImportDetailSerializer

    @extend_schema(
        summary="Hand in an inventory, as JSON rows or as a file",
        request={"application/json": RowsSerializer, "multipart/form-data": UploadSerializer},
        responses={201: DataImportDetailSerializer},
        examples=[examples.ROWS, examples.IMPORT_DETAIL],
    )
    def create(self, request: Request) -> Response:
        as_file = (request.content_type or "").startswith("multipart/")
        if as_file and len(request.FILES.getlist("file")) > 1:
            raise ValidationError({"file": "One file an import: send the others by themselves."})
        body = (UploadSerializer if as_file else RowsSerializer)(data=request.data)
        body.is_valid(raise_exception=True)
        handed_in = body.validated_data
        if as_file:
            upload = handed_in["file"]
            made = imports.receive_file(
                upload, upload.name, handed_in["source_type"], caller(request)
            )
        else:
            made = imports.receive_rows(
                handed_in["data_rows"],
                handed_in["file_name"],
                handed_in["source_type"],
                caller(request),
            )
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: DataImport) -> None:
        imports.delete(instance)


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
        return decisions.with_counts(super().get_queryset())

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
        request=RetrySerializer,
        examples=[examples.RETRY_BODY, examples.FLOW],
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, flow_id: str) -> Response:
        body = RetrySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._moved(engine.retry, body.validated_data.get("from_phase"))


class FlowPartViewSet(ListModelMixin, TenantViewSet):
    """A list that belongs to one flow: 404 if the flow does not exist."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action:  # else the method is not supported, whatever the flow
            self.flow = find(Flow.objects.all(), self.kwargs["flow_id"], "flow_id")

    def get_queryset(self) -> QuerySet[Any]:
        parts = super().get_queryset()
        return parts.filter(flow=self.flow) if hasattr(self, "flow") else parts


@extend_schema_view(list=extend_schema(summary="What could not be read or resolved, and why"))
@extend_schema(tags=["flows"], examples=[examples.FINDING])
class FindingViewSet(FlowPartViewSet):
    queryset = Finding.objects.all()
    serializer_class = FindingSerializer
    filterset_class = FindingFilter


@extend_schema_view(list=extend_schema(summary="What happened when"))
@extend_schema(tags=["flows"], examples=[examples.EVENT])
class FlowEventViewSet(FlowPartViewSet):
    queryset = FlowEvent.objects.all()
    serializer_class = FlowEventSerializer
    filterset_class = FlowEventFilter
