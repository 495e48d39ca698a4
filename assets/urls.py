from accounts.routers import OptionalSlashRouter
from assets.views import AssetViewSet, DependencyViewSet

router = OptionalSlashRouter()
router.register("assets", AssetViewSet, basename="asset")
router.register("dependencies", DependencyViewSet, basename="dependency")

urlpatterns = router.urls
