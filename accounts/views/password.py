from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import attempts
from accounts.address import client_network
from accounts.mail import forgotten
from accounts.models import Session, User
from accounts.serializers.auth import TokensSerializer
from accounts.serializers.password import (
    PasswordConfirmSerializer,
    PasswordResetAnswerSerializer,
    PasswordResetSerializer,
    PasswordSerializer,
)
from accounts.tokens import issue
from accounts.views.auth import TOKENS

_RESET = {"detail": "If an account has this address, a mail is on its way to it."}


def _set(checked: dict[str, Any]) -> User:
    """Sets the password that a serializer found good, which ends the user's tokens."""
    user: User = checked["user"]
    user.set_password(checked["password"])
    user.save(update_fields=["password"])
    return user


class PasswordView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        tags=["auth"],
        summary="Change my password",
        description=(
            "Ends every session and every token of the user, and answers with new ones. A wrong "
            "current password counts as a failed login."
        ),
        request=PasswordSerializer,
        responses=TokensSerializer,
        examples=[
            OpenApiExample(
                "Old and new",
                {
                    "current_password": "correct horse battery",
                    "new_password": "staple of another horse",
                },
                request_only=True,
            ),
            TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        passwords = PasswordSerializer(data=request.data, context={"request": request})
        passwords.is_valid(raise_exception=True)
        return Response(issue(Session.objects.start(_set(passwords.validated_data), request)))


class PasswordResetView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["auth"],
        summary="Have a mail sent with which to set a password",
        description="The answer does not tell whether an account has the address.",
        auth=[],
        request=PasswordResetSerializer,
        responses={202: PasswordResetAnswerSerializer},
        examples=[
            OpenApiExample("Address", {"email": "ada@example.com"}, request_only=True),
            OpenApiExample("Accepted", _RESET, response_only=True, status_codes=["202"]),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = PasswordResetSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        email = asked.validated_data["email"]
        attempts.reserve("reset", email, client_network(request))  # or anybody could fill a mailbox
        forgotten(email)
        return Response(_RESET, status.HTTP_202_ACCEPTED)


class PasswordConfirmView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["auth"],
        summary="Set a password with the token of a mail",
        description="Ends every session and every token of the user.",
        auth=[],
        request=PasswordConfirmSerializer,
        responses={204: None},
        examples=[
            OpenApiExample(
                "From the mail",
                {
                    "uid": "9f0c1a52-6d0f-4c0b-8b0e-0d6a4a5c7e11",
                    "token": "d8x3kq-5b0f9f3c2e1d4a6b8c7d9e0f1a2b3c4d",
                    "new_password": "staple of another horse",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        confirmed = PasswordConfirmSerializer(data=request.data)
        confirmed.is_valid(raise_exception=True)
        _set(confirmed.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)
