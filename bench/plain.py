"""The reference: the simplest ModelViewSet that DRF's tutorial would make, of 15 fields."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.routers import DefaultRouter

from config.urls import urlpatterns as own_patterns


class PlainAsset(models.Model):
    name = models.CharField(max_length=500)
    hostname = models.CharField(max_length=500, null=True)
    fqdn = models.CharField(max_length=500, null=True)
    ip_address = models.GenericIPAddressField(null=True)
    asset_type = models.CharField(max_length=32, null=True)
    environment = models.CharField(max_length=32, null=True)
    status = models.CharField(max_length=32, null=True)
    operating_system = models.CharField(max_length=500, null=True)
    cpu_cores = models.IntegerField(null=True)
    memory_gb = models.FloatField(null=True)
    storage_gb = models.FloatField(null=True)
    tags = ArrayField(models.CharField(max_length=100), default=list)
    attributes = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bench"
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["name", "id"], name="bench_plain_idx")]

    def __str__(self) -> str:
        return self.name


class PlainPages(PageNumberPagination):
    page_size_query_param = "page_size"


class PlainSerializer(serializers.ModelSerializer[PlainAsset]):
    class Meta:
        model = PlainAsset
        fields = "__all__"


class PlainViewSet(viewsets.ModelViewSet[PlainAsset]):
    queryset = PlainAsset.objects.all()
    serializer_class = PlainSerializer
    pagination_class = PlainPages
    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    filter_backends = []
    renderer_classes = [JSONRenderer]
    parser_classes = [JSONParser]


router = DefaultRouter()
router.register("plain", PlainViewSet)
urlpatterns = [*own_patterns, path("bench/", include(router.urls))]
