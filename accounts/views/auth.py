from django.db import transaction
from django.utils.decorators import method_decorator
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import keys
from accounts.authentication import access, caller
from accounts.models import Session
from accounts.serializers.auth import (
    CredentialsSerializer,
    KeySetSerializer,
    LogoutSerializer,
    MeSerializer,
    RefreshSerializer,
    TokensSerializer,
)
from accounts.tokens import issue

TOKENS = OpenApiExample(
    "Tokens",
    {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…", "token_type": "Bearer", "expires_in": 900},
    response_only=True,
)


class TokenView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["auth"],
        summary="Log in",
        description=(
            "The answer to wrong credentials is the same whether the user exists or not. After "
            "too many of them it is 429 for a while, also with the right ones."
        ),
        auth=[],
        request=CredentialsSerializer,
        responses=TokensSerializer,
        examples=[
            OpenApiExample(
                "Credentials",
                {"email": "ada@example.com", "password": "correct horse battery"},
                request_only=True,
            ),
            TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        credentials = CredentialsSerializer(data=request.data, context={"request": request})
        credentials.is_valid(raise_exception=True)
        return Response(credentials.validated_data)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class RefreshView(APIView):
    """Commits by itself: that a stolen token ended its session must outlive the 401."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["auth"],
        summary="Exchange a refresh token for new tokens",
        description=(
            "A refresh token works once. When it comes a second time, somebody has stolen it: "
            "the session ends, and with it every token that came from the same login."
        ),
        auth=[],
        request=RefreshSerializer,
        responses=TokensSerializer,
        examples=[
            OpenApiExample("Refresh token", {"refresh": "eyJhbGciOi…"}, request_only=True),
            TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        token = RefreshSerializer(data=request.data)
        token.is_valid(raise_exception=True)
        claims = token.validated_data["refresh"]
        with transaction.atomic():
            session = Session.objects.renew(claims.session_id, claims.refresh_id)
            tokens = issue(session) if session else None
        if tokens is None:
            raise AuthenticationFailed
        return Response(tokens)


class LogoutView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        tags=["auth"],
        summary="Log out",
        description=(
            "Ends the session of the access token: from now on its tokens get 401. A token that "
            "was minted elsewhere has no session; then nothing ends, and it stays valid."
        ),
        request=LogoutSerializer,
        responses={204: None},
        examples=[OpenApiExample("Refresh token", {"refresh": "eyJhbGciOi…"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        given = LogoutSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        refresh = given.validated_data.get("refresh")
        sessions = {access(request).session_id, refresh and refresh.session_id} - {None}
        Session.objects.end(user=caller(request), pk__in=sessions)
        return Response(status=status.HTTP_204_NO_CONTENT)


class KeySetView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["auth"],
        summary="The public key that checks tokens",
        description="A JSON Web Key Set (RFC 7517). Empty with HS256, whose key is a secret.",
        auth=[],
        responses=KeySetSerializer,
        examples=[
            OpenApiExample(
                "EdDSA",
                {
                    "keys": [
                        {
                            "kty": "OKP",
                            "crv": "Ed25519",
                            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                            "use": "sig",
                            "alg": "EdDSA",
                        }
                    ]
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        public = keys.current().public
        return Response({"keys": [public] if public else []})


class MeView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        tags=["auth"],
        summary="Who I am, and which engagements I may enter",
        responses=MeSerializer,
        examples=[
            OpenApiExample(
                "A contributor",
                {
                    "id": "9f0c1a52-6d0f-4c0b-8b0e-0d6a4a5c7e11",
                    "email": "ada@example.com",
                    "name": "Ada",
                    "memberships": [
                        {
                            "client_account_id": "11111111-1111-4111-8111-111111111111",
                            "client_account_name": "Northwind Ferries",
                            "role": "contributor",
                            "engagements": [
                                {
                                    "id": "22222222-2222-4222-8222-222222222222",
                                    "name": "Exit of the Hamburg data centre",
                                }
                            ],
                        }
                    ],
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(caller(request)).data)
