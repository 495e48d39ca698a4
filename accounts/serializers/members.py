from typing import Any

from rest_framework import serializers

from accounts.fields import ChoiceField, StrictFields
from accounts.invitations import invite
from accounts.models import Membership, Role
from tenancy.querysets import TenantQuerySet
from tenancy.scope import current_client_account_id


class MemberSerializer(StrictFields, serializers.ModelSerializer[Membership]):
    """A membership, and nothing of its user that his other accounts could know."""

    serializer_choice_field = ChoiceField

    user_id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(source="user.email", max_length=254)

    class Meta:
        model = Membership
        fields = ["id", "user_id", "email", "role", "created_at", "updated_at"]
        read_only_fields = ["id", "created_at", "updated_at"]

    def validate_email(self, email: str) -> str:
        email = email.strip().lower()
        if self.instance is None:
            if TenantQuerySet(Membership).filter(user__email=email).exists():
                raise serializers.ValidationError("This person is a member already.")
        elif email != self.instance.user.email:
            raise serializers.ValidationError(
                "The address of a member cannot be changed. Invite the other address."
            )
        return email

    def create(self, validated_data: dict[str, Any]) -> Membership:
        return invite(
            validated_data["user"]["email"],
            Role(validated_data["role"]),
            current_client_account_id(),
        )

    def update(self, instance: Membership, validated_data: dict[str, Any]) -> Membership:
        """Only the role: the person behind a membership stays the same."""
        instance.role = validated_data.get("role", instance.role)
        instance.save()
        return instance
