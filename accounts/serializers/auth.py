from typing import Any

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError as InvalidId
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.fields import ChoiceField, StrictFields
from accounts.models import Membership, Role, User
from accounts.tokens import issue
from tenancy.models import Engagement


class CredentialsSerializer(StrictFields, serializers.Serializer[User]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(trim_whitespace=False, max_length=256)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = authenticate(self.context.get("request"), **attrs)
        if not isinstance(user, User):
            raise AuthenticationFailed
        return issue(user)


class RefreshSerializer(StrictFields, serializers.Serializer[User]):
    refresh = serializers.CharField(max_length=4096)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            token = RefreshToken(attrs["refresh"])
            user = User.objects.get(pk=token["sub"], is_active=True)
        except (TokenError, KeyError, InvalidId, User.DoesNotExist) as error:
            raise AuthenticationFailed from error
        return issue(user)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`.")
    refresh = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until `access` expires.")


class EngagementSerializer(serializers.ModelSerializer[Engagement]):
    class Meta:
        model = Engagement
        fields = ["id", "name"]


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    client_account_id = serializers.UUIDField()
    client_account_name = serializers.CharField(source="client_account.name")
    role = ChoiceField(choices=Role.choices)
    engagements = EngagementSerializer(source="client_account.engagements", many=True)

    class Meta:
        model = Membership
        fields = ["client_account_id", "client_account_name", "role", "engagements"]


class MeSerializer(serializers.ModelSerializer[User]):
    memberships = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "name", "memberships"]

    def get_memberships(self, user: User) -> list[dict[str, Any]]:
        memberships = (
            user.memberships.filter(client_account__is_active=True)
            .select_related("client_account")
            .prefetch_related("client_account__engagements")
        )
        return list(MembershipSerializer(memberships, many=True).data)
