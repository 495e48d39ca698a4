from rest_framework import serializers

from accounts.fields import ChoiceField
from accounts.models import Role
from accounts.serializers.auth import EngagementSerializer
from tenancy.models import ClientAccount


class ClientAccountSerializer(serializers.ModelSerializer[ClientAccount]):
    role = ChoiceField(choices=Role.choices, help_text="The caller's role in this account.")
    engagements = EngagementSerializer(many=True)

    class Meta:
        model = ClientAccount
        fields = ["id", "name", "role", "engagements", "created_at"]
