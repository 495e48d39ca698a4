from typing import Any

from rest_framework import serializers

from accounts.fields import StrictFields
from tenancy.models import Engagement
from tenancy.querysets import TenantQuerySet
from tenancy.scope import current_client_account_id


class EngagementDetailSerializer(StrictFields, serializers.ModelSerializer[Engagement]):
    class Meta:
        model = Engagement
        fields = ["id", "name", "created_at", "updated_at"]
        read_only_fields = ["id", "created_at", "updated_at"]

    def validate_name(self, name: str) -> str:
        namesakes = TenantQuerySet(Engagement).filter(name__iexact=name)
        if self.instance is not None:
            namesakes = namesakes.exclude(pk=self.instance.pk)
        if namesakes.exists():
            raise serializers.ValidationError("Another engagement has this name.")
        return name

    def create(self, validated_data: dict[str, Any]) -> Engagement:
        return TenantQuerySet(Engagement).create(
            **validated_data, client_account_id=current_client_account_id()
        )
