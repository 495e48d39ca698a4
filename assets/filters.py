"""The filters of the lists, derived from the catalogue."""

from typing import Any, Final
from uuid import UUID

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema_field

from accounts.filters import Moment, OneOf, Ordering, StrictFilterSet
from assets.columns import LARGEST
from assets.fields import DEPENDENCY_TYPES, FIELDS, Field, Kind
from assets.models import Asset, Dependency

_SEARCHED: Final = (
    "name",
    "hostname",
    "fqdn",
    "external_id",
    "serial_number",
    "asset_tag",
    "application_name",
    "operating_system",
    "description",
)


@extend_schema_field({"type": "number", "minimum": -LARGEST, "maximum": LARGEST})
class Number(filters.NumberFilter):
    """Bounded on both sides: -1e999999 takes Python half a minute to write out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=-LARGEST, max_value=LARGEST, **kwargs)


class AllOf(filters.BaseInFilter, filters.CharFilter):
    """`?tags=shop,eu`: all of these texts."""


def _choices(field: Field) -> dict[str, filters.Filter]:
    choices = [(value, value) for value in field.values]
    return {field.name: OneOf(field_name=field.name, choices=choices)}


def _text(field: Field) -> dict[str, filters.Filter]:
    return {
        field.name: filters.CharFilter(field_name=field.name, lookup_expr="iexact"),
        f"{field.name}__contains": filters.CharFilter(
            field_name=field.name, lookup_expr="icontains"
        ),
    }


def _range(kind: type[filters.Filter], field: Field) -> dict[str, filters.Filter]:
    return {
        f"{field.name}__{bound}": kind(field_name=field.name, lookup_expr=bound)
        for bound in ("gte", "lte")
    }


_NUMBERS: Final = (Kind.INTEGER, Kind.NUMBER, Kind.MONEY)
_TEXTS: Final = (Kind.TEXT, Kind.MAC)


def _filters_of(field: Field) -> dict[str, filters.Filter]:
    if field.kind is Kind.ENUM:
        return _choices(field)
    if field.kind in _TEXTS:
        return _text(field)
    if field.kind in _NUMBERS:
        return _range(Number, field)
    if field.kind is Kind.DATE:
        return _range(filters.DateFilter, field)
    if field.kind is Kind.DATETIME:
        return _range(Moment, field)
    return {}


class AddressFilter(filters.Filter):
    field_class = forms.GenericIPAddressField


class AssetFilter(StrictFilterSet):
    locals().update({name: item for field in FIELDS for name, item in _filters_of(field).items()})
    search = filters.CharFilter(method="find", label=f"Looks into {', '.join(_SEARCHED)}.")
    ip_address = AddressFilter(method="with_address", label="Any address of the asset.")
    tags = AllOf(method="tagged", label="Assets that carry all of these tags, with commas.")
    created_at__gte = Moment(field_name="created_at", lookup_expr="gte")
    created_at__lte = Moment(field_name="created_at", lookup_expr="lte")
    updated_at__gte = Moment(field_name="updated_at", lookup_expr="gte")
    updated_at__lte = Moment(field_name="updated_at", lookup_expr="lte")
    ordering = Ordering(
        fields=[
            *(field.name for field in FIELDS if not field.kind.is_list),
            "created_at",
            "updated_at",
        ],
    )

    class Meta:
        model = Asset
        fields: list[str] = []

    def find(self, queryset: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        condition = Q()
        for field in _SEARCHED:
            condition |= Q(**{f"{field}__icontains": value})
        return queryset.filter(condition)

    def with_address(self, queryset: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        return queryset.filter(Q(ip_address=value) | Q(ip_addresses__contains=[value]))

    def tagged(self, queryset: QuerySet[Asset], name: str, value: list[str]) -> QuerySet[Asset]:
        return queryset.filter(tags__contains=value)


class DependencyFilter(StrictFilterSet):
    source_asset = filters.UUIDFilter()
    target_asset = filters.UUIDFilter()
    asset = filters.UUIDFilter(method="on_either_side", label="On either side.")
    dependency_type = OneOf(choices=[(key, key) for key in DEPENDENCY_TYPES])
    origin = OneOf(choices=Dependency.Origin.choices)
    confidence__gte = Number(field_name="confidence", lookup_expr="gte")
    ordering = Ordering(
        fields=["created_at", "confidence", "dependency_type", "origin"],
    )

    class Meta:
        model = Dependency
        fields: list[str] = []

    def on_either_side(
        self, queryset: QuerySet[Dependency], name: str, value: UUID
    ) -> QuerySet[Dependency]:
        return queryset.filter(Q(source_asset=value) | Q(target_asset=value))


class AssetExportFilter(AssetFilter):
    read_elsewhere = frozenset({"file_format"})


class DependencyExportFilter(DependencyFilter):
    read_elsewhere = frozenset({"file_format"})
