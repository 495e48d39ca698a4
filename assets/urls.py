from django.urls import re_path

from accounts.routers import OptionalSlashRouter
from assets.views import (
    AssetExportViewSet,
    AssetViewSet,
    DependencyExportViewSet,
    DependencyViewSet,
)

router = OptionalSlashRouter()
router.register("assets", AssetViewSet, basename="asset")
router.register("dependencies", DependencyViewSet, basename="dependency")

# Before the routes that would take "export" for an id.
urlpatterns = [
    re_path(r"^assets/export/?$", AssetExportViewSet.as_view({"get": "export"})),
    re_path(
        r"^dependencies/export/?$",
        DependencyExportViewSet.as_view({"get": "export"}),
    ),
    *router.urls,
]
