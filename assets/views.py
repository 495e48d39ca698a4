from datetime import UTC
from typing import Any

from django.utils.http import quote_etag
from drf_spectacular.utils import extend_schema, extend_schema_view
from orjson import Fragment
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.viewsets import EditViewSet, find
from assets.examples import ASSET, ASSET_BODY, ASSET_CHANGE, CATALOGUE, DEPENDENCY, DEPENDENCY_BODY
from assets.fields import FIELDS
from assets.filters import AssetFilter, DependencyFilter
from assets.models import Asset, Dependency, Document
from assets.serializers import (
    AssetSerializer,
    CatalogueSerializer,
    DependencySerializer,
)


@extend_schema_view(
    list=extend_schema(
        summary="List assets",
        description="Fields that are not known are left out of an item.",
        examples=[ASSET],
    ),
    create=extend_schema(summary="Create an asset", examples=[ASSET_BODY, ASSET]),
    retrieve=extend_schema(summary="Read an asset", examples=[ASSET]),
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
        page = self.paginate_queryset(assets.values_list(Document(), flat=True)) or []
        return self.get_paginated_response([Fragment(text) for text in page])

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        documents = self.get_queryset().values_list(Document(), "updated_at")
        text, updated_at = find(documents, kwargs["id"])
        return Response(Fragment(text), headers={"ETag": self.etag({"updated_at": updated_at})})

    def etag(self, shown: Any) -> str:
        """The time of the last change: PostgreSQL spaces its JSON otherwise than we do."""
        return quote_etag(shown["updated_at"].astimezone(UTC).isoformat())

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
