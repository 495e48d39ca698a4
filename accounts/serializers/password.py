from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError as WeakPassword
from rest_framework import serializers

from accounts.fields import StrictFields
from accounts.models import User
from tenancy.actor import identified


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=256, write_only=True, **kwargs)


def _refuse_weak(password: str, user: User) -> None:
    """Raises ValidationError on the field with every reason of AUTH_PASSWORD_VALIDATORS."""
    try:
        validate_password(password, user)
    except WeakPassword as error:
        raise serializers.ValidationError({"new_password": error.messages}) from error


class PasswordSerializer(StrictFields, serializers.Serializer[User]):
    """A change of one's own password. The current one is checked, and limited, as at a login."""

    current_password = PasswordField()
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        request = self.context["request"]
        user = authenticate(request, email=request.user.email, password=attrs["current_password"])
        if not isinstance(user, User):
            raise serializers.ValidationError({"current_password": "The password is wrong."})
        _refuse_weak(attrs["new_password"], user)
        return {"user": user, "password": attrs["new_password"]}


class PasswordResetSerializer(StrictFields, serializers.Serializer[User]):
    email = serializers.EmailField(max_length=254)


class PasswordResetAnswerSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField()


class PasswordConfirmSerializer(StrictFields, serializers.Serializer[User]):
    uid = serializers.UUIDField()
    token = serializers.CharField(max_length=100)
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The lock lets a token that is sent twice at once set one password."""
        users = User.objects.select_for_update()
        user = users.filter(pk=attrs["uid"], is_active=True).first()
        if user is None or not default_token_generator.check_token(user, attrs["token"]):
            raise serializers.ValidationError(
                {"token": "The token is used, expired or wrong. Ask for a new mail."}
            )
        identified(user.pk)
        _refuse_weak(attrs["new_password"], user)
        return {"user": user, "password": attrs["new_password"]}
