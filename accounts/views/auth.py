from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import caller
from accounts.serializers.auth import (
    CredentialsSerializer,
    MeSerializer,
    RefreshSerializer,
    TokensSerializer,
)

_TOKENS = OpenApiExample(
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
        auth=[],
        request=CredentialsSerializer,
        responses=TokensSerializer,
        examples=[
            OpenApiExample(
                "Credentials",
                {"email": "ada@example.com", "password": "correct horse battery"},
                request_only=True,
            ),
            _TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        credentials = CredentialsSerializer(data=request.data, context={"request": request})
        credentials.is_valid(raise_exception=True)
        return Response(credentials.validated_data)


class RefreshView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["auth"],
        summary="Exchange a refresh token for new tokens",
        auth=[],
        request=RefreshSerializer,
        responses=TokensSerializer,
        examples=[
            OpenApiExample("Refresh token", {"refresh": "eyJhbGciOi…"}, request_only=True),
            _TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        token = RefreshSerializer(data=request.data)
        token.is_valid(raise_exception=True)
        return Response(token.validated_data)


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
