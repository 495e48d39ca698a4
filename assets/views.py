from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from django.http import FileResponse
from drf_spectacular.utils import extend_schema, extend_schema_view
from orjson import OPT_SORT_KEYS, Fragment, dumps
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.conditional import content_etag
from accounts.viewsets import EditViewSet, TenantViewSet, find
from assets.downloads import AnyMediaType, document, download
from assets.examples import (
    ASSET,
    ASSET_BODY,
    ASSET_CHANGE,
    ASSET_EXPORT,
    CATALOGUE,
    DEPENDENCY,
    DEPENDENCY_BODY,
    DEPENDENCY_EXPORT,
    JUDGED_ASSET,
)
from assets.exports import ASSET_COLUMNS, DEPENDENCY_COLUMNS, Column
from assets.fields import FIELDS
from assets.filters import (
    AssetExportFilter,
    AssetFilter,
    DependencyExportFilter,
    DependencyFilter,
)
from assets.models import Asset, Dependency, Document
from assets.serializers import (
    AssetSerializer,
    CatalogueSerializer,
    DependencySerializer,
)

_DOCUMENT: Final = Document()
# An import that describes an asset anew is no change of it, and is shown.
_VERSION: Final = ("updated_at", "sources")


@extend_schema_view(
    list=extend_schema(
        summary="List assets",
        description="Fields that are not known are left out of an item.",
        examples=[ASSET],
    ),
    create=extend_schema(summary="Create an asset", examples=[ASSET_BODY, ASSET]),
    retrieve=extend_schema(summary="Read an asset", examples=[ASSET, JUDGED_ASSET]),
    update=extend_schema(
        summary="Change an asset",
        description="Fields that the body leaves out keep their value.",
        examples=[ASSET_CHANGE, ASSET],
    ),
    partial_update=extend_schema(summary="Change an asset", examples=[ASSET_CHANGE, ASSET]),
    destroy=extend_schema(summary="Delete an asset and its dependencies"),
)
@extend_schema(tags=["assets"])
class AssetViewSet(EditViewSet):
    queryset = Asset.objects.all()
    serializer_class = AssetSerializer
    filterset_class = AssetFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        assets = self.filter_queryset(self.get_queryset())
        page = self.paginate_queryset(assets.values_list(_DOCUMENT, flat=True)) or []
        return self.get_paginated_response([Fragment(text) for text in page])

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        shown = self.get_queryset().values(*_VERSION, document=_DOCUMENT)
        asset = find(shown, kwargs["id"])
        return Response(Fragment(asset["document"]), headers={"ETag": self.etag(asset)})

    def etag(self, shown: Any) -> str:
        """Of what changes with every change: PostgreSQL spaces its JSON otherwise than we do."""
        updated_at, sources = (shown[name] for name in _VERSION)
        version = {"at": updated_at.astimezone(UTC).isoformat(), "sources": sources}
        return content_etag(dumps(version, option=OPT_SORT_KEYS))

    @extend_schema(
        summary="The catalogue: every field an asset can have",
        responses=CatalogueSerializer,
        examples=[CATALOGUE],
        filters=False,
    )
    @action(detail=False, pagination_class=None, filterset_class=None)
    def fields(self, request: Request) -> Response:
        count = len(FIELDS)
        page = {"items": FIELDS, "total": count, "page": 1, "page_size": count}
        return Response(CatalogueSerializer(page).data)


@extend_schema_view(
    list=extend_schema(summary="List dependencies", examples=[DEPENDENCY]),
    create=extend_schema(summary="Create a dependency", examples=[DEPENDENCY_BODY, DEPENDENCY]),
    retrieve=extend_schema(summary="Read a dependency", examples=[DEPENDENCY]),
    update=extend_schema(
        summary="Change a dependency",
        description="Fields that the body leaves out keep their value.",
        examples=[DEPENDENCY_BODY, DEPENDENCY],
    ),
    partial_update=extend_schema(
        summary="Change a dependency", examples=[DEPENDENCY_BODY, DEPENDENCY]
    ),
    destroy=extend_schema(summary="Delete a dependency"),
)
@extend_schema(tags=["dependencies"])
class DependencyViewSet(EditViewSet):
    queryset = Dependency.objects.select_related("source_asset", "target_asset")
    serializer_class = DependencySerializer
    filterset_class = DependencyFilter


class ExportViewSet(TenantViewSet):
    """All rows of a list as a file, with the filters and the order of the list."""

    content_negotiation_class = AnyMediaType
    pagination_class = None

    def _file(self, request: Request, columns: Sequence[Column], name: str) -> FileResponse:
        return download(request, self.filter_queryset(self.get_queryset()), columns, name)


@extend_schema(tags=["assets"])
class AssetExportViewSet(ExportViewSet):
    queryset = Asset.objects.all()
    filterset_class = AssetExportFilter

    @extend_schema(**document("Download assets", ASSET_EXPORT))
    def export(self, request: Request) -> FileResponse:
        return self._file(request, ASSET_COLUMNS, "assets")


@extend_schema(tags=["dependencies"])
class DependencyExportViewSet(ExportViewSet):
    queryset = Dependency.objects.all()
    filterset_class = DependencyExportFilter

    @extend_schema(**document("Download dependencies", DEPENDENCY_EXPORT))
    def export(self, request: Request) -> FileResponse:
        return self._file(request, DEPENDENCY_COLUMNS, "dependencies")
