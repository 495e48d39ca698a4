from typing import Any

import jwt
from django.contrib.auth import authenticate
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed

from accounts.fields import ChoiceField, StrictFields
from accounts.models import Membership, Role, Session, User
from accounts.tokens import RefreshClaims, issue, read_refresh
from tenancy.models import Engagement


class CredentialsSerializer(StrictFields, serializers.Serializer[User]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(trim_whitespace=False, max_length=256)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        request = self.context["request"]
        user = authenticate(request, **attrs)
        if not isinstance(user, User):
            raise AuthenticationFailed
        return issue(Session.objects.start(user, request))


class RefreshSerializer(StrictFields, serializers.Serializer[User]):
    refresh = serializers.CharField(max_length=4096)

    def validate_refresh(self, token: str) -> RefreshClaims:
        try:
            return read_refresh(token)
        except jwt.PyJWTError as error:
            raise AuthenticationFailed from error


class LogoutSerializer(StrictFields, serializers.Serializer[User]):
    refresh = serializers.CharField(
        max_length=4096,
        required=False,
        help_text="Ends the session of this token too, if it is one of yours.",
    )

    def validate_refresh(self, token: str) -> RefreshClaims | None:
        """One that is no good has nothing left to end."""
        try:
            return read_refresh(token)
        except jwt.PyJWTError:
            return None


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`.")
    refresh = serializers.CharField(help_text="Good for one `POST /auth/token/refresh`.")
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until `access` expires.")


class KeySetSerializer(serializers.Serializer[Any]):
    keys = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))


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
