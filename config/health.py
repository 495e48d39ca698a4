"""`GET /health`: whether this process can reach what it needs."""

import redis
from django.db import DatabaseError, connection
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.counters import counters
from config.version import VERSION

SERVER_STATES = ["ok", "unreachable"]


class HealthSerializer(serializers.Serializer[dict[str, str]]):
    status = serializers.ChoiceField(choices=["ok", "degraded"])
    version = serializers.CharField()
    database = serializers.ChoiceField(choices=SERVER_STATES)
    redis = serializers.ChoiceField(choices=SERVER_STATES)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _broker() -> str:
    try:
        counters().ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"


class HealthView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["health"],
        summary="Whether the service works",
        auth=[],
        responses={200: HealthSerializer, 503: HealthSerializer},
        examples=[
            OpenApiExample(
                "Everything answers",
                {"status": "ok", "version": VERSION, "database": "ok", "redis": "ok"},
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def get(self, request: Request) -> Response:
        parts = {"database": _database(), "redis": _broker()}
        works = set(parts.values()) == {"ok"}
        return Response(
            {"status": "ok" if works else "degraded", "version": VERSION, **parts},
            status=status.HTTP_200_OK if works else status.HTTP_503_SERVICE_UNAVAILABLE,
        )
