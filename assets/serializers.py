from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from math import isfinite
from typing import Any, Final

import orjson
from django.conf import settings
from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import LEFT_OUT, ChoiceField, StrictFields
from assets.fields import DEPENDENCY_TYPES
from assets.models import DOCUMENT_FIELDS, Asset, Dependency


def _too_many(what: str) -> str:
    return f"At most {settings.MAX_LIST_ITEMS:,} {what} are allowed (MAX_LIST_ITEMS)."


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


@extend_schema_field({"type": "object", "additionalProperties": {}})
class AttributesField(serializers.DictField):
    """What no catalogue field takes: an object with text keys and any JSON values."""

    default_error_messages = {
        "empty": "This object may not be empty.",
        "nul": "NUL characters are not allowed.",
        "too_large": "At most {most:,} KB are allowed (MAX_ATTRIBUTES_KB).",
    }

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if len(value) > settings.MAX_LIST_ITEMS:
            raise serializers.ValidationError(_too_many("keys"))
        if len(orjson.dumps(value)) > settings.MAX_ATTRIBUTES_KB * 2**10:
            self.fail("too_large", most=settings.MAX_ATTRIBUTES_KB)
        hostile = [key for key, item in value.items() if _has_nul(key) or _has_nul(item)]
        if hostile:
            raise serializers.ValidationError(
                {key: [self.error_messages["nul"]] for key in hostile}
            )
        return value


_JUDGEMENT: Final = {
    "type": "object",
    "properties": {
        "agent": {"type": "string"},
        "model": {"type": "string", "description": "The language model that the agent asked."},
        "confidence": {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "description": "The probability that the value is right.",
        },
        "reason": {"type": "string"},
        "import": {
            "type": "string",
            "format": "uuid",
            "description": "The import that describes the asset so.",
        },
    },
    "required": ["agent", "model", "confidence", "reason", "import"],
}


@extend_schema_field({"type": "object", "additionalProperties": _JUDGEMENT, LEFT_OUT: True})
class JudgedField(serializers.JSONField):
    """Which fields an agent judged, and how."""


class WholeNumberField(serializers.BigIntegerField):
    default_error_messages = {"invalid": "A whole number is required."}


class NumberField(serializers.FloatField):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool):  # Python takes true for 1
            self.fail("invalid")
        value = super().to_internal_value(data)
        if not isfinite(value):  # Python reads "nan", and no range refuses it
            self.fail("invalid")
        return value


class AssetSerializer(StrictFields, serializers.ModelSerializer[Asset]):
    """Writes assets. Reading goes without it: see `Document` in models.py."""

    serializer_choice_field = ChoiceField
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.BigIntegerField: WholeNumberField,
        models.FloatField: NumberField,
    }

    attributes = AttributesField(required=False)
    judged_fields = JudgedField(
        read_only=True,
        help_text="Fields whose value is an agent's judgement. An import that states the field "
        "ends that, and so does a person who sets it. Left out where no agent had a say.",
    )

    class Meta:
        model = Asset
        fields = DOCUMENT_FIELDS
        read_only_fields = (
            *("id", "edited_fields", "judged_fields", "sources", "created_at", "updated_at"),
        )
        validators: list[Any] = []  # nothing about an asset is unique but its id

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Of the 70 fields those that the body names: building all costs more than the rest."""
        every = _every_field()
        if not isinstance(getattr(self, "initial_data", None), Mapping):
            return {name: deepcopy(field) for name, field in every.items()}
        named = every.keys() & {*map(str, self.initial_data), "name"}
        return {name: deepcopy(every[name]) for name in named}

    def to_internal_value(self, data: Any) -> Any:
        """Refuses long lists before every item of them is looked at."""
        if isinstance(data, Mapping):
            most = settings.MAX_LIST_ITEMS
            long = [k for k, v in data.items() if isinstance(v, list) and len(v) > most]
            if long:
                raise serializers.ValidationError({str(k): [_too_many("items")] for k in long})
        return super().to_internal_value(data)

    def to_representation(self, instance: Asset) -> dict[str, Any]:
        """What is not known is left out; lists and attributes never are."""
        values = {name: getattr(instance, name) for name in DOCUMENT_FIELDS}
        return {name: value for name, value in values.items() if value is not None}

    def create(self, validated_data: dict[str, Any]) -> Asset:
        created: Asset = Asset.objects.create(
            **validated_data, edited_fields=sorted(validated_data)
        )
        return created

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The empty text says that nothing is known, which is null."""
        return {name: None if value == "" else value for name, value in attrs.items()}

    def update(self, instance: Asset, validated_data: dict[str, Any]) -> Asset:
        instance.edit(validated_data)
        return instance


@cache
def _every_field() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    return serializers.ModelSerializer.get_fields(AssetSerializer())


class FieldSerializer(serializers.Serializer[Any]):
    """One field of the canonical catalogue."""

    name = serializers.CharField()
    group = serializers.CharField()
    type = serializers.CharField(source="kind")
    unit = serializers.CharField(allow_null=True)
    values = serializers.ListField(
        child=serializers.CharField(), help_text="The allowed values of an enumeration."
    )
    description = serializers.CharField()


class CatalogueSerializer(serializers.Serializer[Any]):
    """The page of all fields, in the shape that every list has."""

    items = FieldSerializer(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class AssetReference(serializers.PrimaryKeyRelatedField[Asset]):
    """Given as an id, answered as `{id, name}`."""

    default_error_messages = {"does_not_exist": "No asset with this id exists in the engagement."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(pk_field=serializers.UUIDField(), **kwargs)

    def use_pk_only_optimization(self) -> bool:
        return False

    def to_representation(self, value: Any) -> Any:
        return {"id": value.pk, "name": value.name}


class DependencySerializer(StrictFields, serializers.ModelSerializer[Dependency]):
    serializer_choice_field = ChoiceField

    source_asset = AssetReference(queryset=Asset.objects.all())
    target_asset = AssetReference(queryset=Asset.objects.all())
    dependency_type = ChoiceField(choices=[(key, key) for key in DEPENDENCY_TYPES])
    evidence = serializers.ListField(
        child=serializers.CharField(max_length=1000), required=False, max_length=100
    )

    class Meta:
        model = Dependency
        fields = [
            "id",
            "source_asset",
            "target_asset",
            "dependency_type",
            "origin",
            "confidence",
            "evidence",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["id", "created_at", "updated_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        current = self.instance
        stated = {
            name: attrs.get(name, getattr(current, name, None))
            for name in ("source_asset", "target_asset", "dependency_type")
        }
        if stated["source_asset"] == stated["target_asset"]:
            raise serializers.ValidationError({"target_asset": "An asset cannot need itself."})
        same = Dependency.objects.filter(**stated)
        if same.exclude(pk=current.pk if current else None).exists():
            raise serializers.ValidationError({"target_asset": "This dependency exists already."})
        return attrs

    def update(self, instance: Dependency, validated_data: dict[str, Any]) -> Dependency:
        """What a person changed is the person's from then on: no flow overwrites it."""
        return super().update(instance, {"origin": Dependency.Origin.USER, **validated_data})
