from typing import Any, Final

from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.mixins import DestroyModelMixin
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import caller
from accounts.viewsets import ReadViewSet
from discovery import choices, examples, imports
from discovery.filters import DataImportFilter, TableRowFilter
from discovery.models import DataImport, ImportTable
from discovery.parsers import UploadParser
from discovery.rows import TableRows
from discovery.serializers.imports import (
    ChoicesSerializer,
    DataImportDetailSerializer,
    DataImportSerializer,
    RowsSerializer,
    TableRowSerializer,
    UploadSerializer,
)
from discovery.views.parts import PartViewSet

_CHOICES: Final = """What is sent is kept in `choices`; null takes a choice back, and what is left \
out stays. A worker then reads the file again: poll until `status` is `read`, or `failed` with the \
reason in `error`; until then `tables` are those of the reading before.

`header_row` and `grain` belong to the chosen `sheet`, or to the only table. For a workbook of \
several tabs, decide in `tables`: `[{"name": "vInfo", "header_row": 3, "grain": "disk"}]` changes \
this tab and leaves the others; `"skip": true` leaves a tab out. `sheet` reads one tab alone. \
What is left out is named in `skipped_tables`, and comes back with `"skip": false` or `sheet: null`.

409 while a flow of the import runs or is paused. A flow that is completed or failed uses the new \
reading after `POST /flows/{flow_id}/retry` with `{"from_phase": "data_import"}`, and from no \
later phase. Mappings of earlier flows stay for tables that keep their name."""


class ImportInUse(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "import_in_use"

    def __init__(self, refused: imports.InUse) -> None:
        super().__init__(str(refused))
        self.details = {"flow_id": str(refused.flow.pk), "status": refused.flow.status}


class NotRead(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "import_not_read"

    def __init__(self, data_import: DataImport) -> None:
        waiting = "The import is not read yet. Ask again when its status is `read`."
        super().__init__(data_import.error or waiting)
        self.details = {"status": data_import.status}


@extend_schema_view(
    list=extend_schema(summary="List imports", examples=[examples.IMPORT]),
    retrieve=extend_schema(
        summary="Read an import with a preview of its tables",
        description="Of each table: what a row of it is (`grain`) and why, whose export it is if "
        "a product is recognised by its columns, how it was read, and its first rows.",
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

    @extend_schema(
        summary="Decide how an import is read",
        description=_CHOICES,
        request=ChoicesSerializer,
        responses={200: DataImportDetailSerializer},
        examples=[examples.CHOICES, examples.TABLE_CHOICES, examples.IMPORT_DETAIL],
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = ChoicesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            chosen = imports.choose(self.get_object(), body.validated_data)
        except imports.InUse as refused:
            raise ImportInUse(refused) from refused
        except choices.NotPossible as refused:
            raise ValidationError(refused.fields) from refused
        return Response(self.get_serializer(chosen).data)

    def perform_destroy(self, instance: DataImport) -> None:
        imports.delete(instance)


@extend_schema_view(
    list=extend_schema(
        summary="The rows of a table as they were read",
        parameters=[OpenApiParameter("table", description="Its name. Default: the first table.")],
        responses={
            200: TableRowSerializer(many=True),
            (409, "application/problem+json"): OpenApiResponse(
                {"$ref": "#/components/schemas/Problem"},
                "The import is not read yet, or could not be",
            ),
        },
        examples=[examples.TABLE_ROW],
    )
)
@extend_schema(tags=["imports"])
class TableRowViewSet(PartViewSet):
    queryset = ImportTable.objects.filter(skipped=False)
    serializer_class = TableRowSerializer
    filterset_class = TableRowFilter
    wholes = DataImport.objects.all()
    whole_key = "data_import_id"
    whole_field = "data_import"

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if self.whole.status != DataImport.Status.READ:
            raise NotRead(self.whole)
        tables = self.get_queryset()
        table = self.filter_queryset(tables).first()
        if table is None:
            raise ValidationError({"table": choices.must_be_one_of([t.name for t in tables])})
        rows: Any = TableRows(table)
        return self.get_paginated_response(self.paginate_queryset(rows))
