from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import (
    CreateModelMixin,
    DestroyModelMixin,
    ListModelMixin,
    RetrieveModelMixin,
    UpdateModelMixin,
)
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.viewsets import TenantViewSet
from assets.examples import ASSET, ASSET_BODY, ASSET_CHANGE, DEPENDENCY, DEPENDENCY_BODY, FIELD
from assets.fields import FIELDS
from assets.filters import AssetFilter, DependencyFilter
from assets.models import Asset, Dependency
from assets.serializers import (
    READ_FIELDS,
    AssetSerializer,
    DependencySerializer,
    FieldSerializer,
    present,
)


class PutKeepsTheRest(UpdateModelMixin):
    """PUT and PATCH do the same: fields that the body leaves out keep their value."""

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs | {"partial": True})


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
class AssetViewSet(
    CreateModelMixin,
    RetrieveModelMixin,
    PutKeepsTheRest,
    DestroyModelMixin,
    ListModelMixin,
    TenantViewSet,
):
    queryset = Asset.objects.all()
    serializer_class = AssetSerializer
    filterset_class = AssetFilter

    def get_queryset(self) -> QuerySet[Any]:
        """Reading needs no instances: rows go from the database to the client as they are."""
        assets = super().get_queryset()
        return assets.values(*READ_FIELDS) if self.action in {"list", "retrieve"} else assets

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([present(row) for row in page or []])

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(present(self.get_object()))

    @extend_schema(
        summary="The catalogue: every field an asset can have",
        responses=OpenApiResponse(FieldSerializer(many=True)),
        examples=[FIELD],
        filters=False,
    )
    @action(detail=False, pagination_class=None, filterset_class=None)
    def fields(self, request: Request) -> Response:
        return Response(FieldSerializer(FIELDS, many=True).data)


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
class DependencyViewSet(
    CreateModelMixin,
    RetrieveModelMixin,
    PutKeepsTheRest,
    DestroyModelMixin,
    ListModelMixin,
    TenantViewSet,
):
    queryset = Dependency.objects.select_related("source_asset", "target_asset")
    serializer_class = DependencySerializer
    filterset_class = DependencyFilter
