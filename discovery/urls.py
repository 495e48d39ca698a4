from accounts.routers import OptionalSlashRouter
from discovery.mapping_views import FieldMappingViewSet, FlowMappingViewSet, LearnedMappingViewSet
from discovery.views import (
    DataImportViewSet,
    FindingViewSet,
    FlowEventViewSet,
    FlowViewSet,
)

router = OptionalSlashRouter()
router.register("data-import", DataImportViewSet, basename="data-import")
router.register("field-mappings", FieldMappingViewSet, basename="field-mapping")
router.register("learned-mappings", LearnedMappingViewSet, basename="learned-mapping")
# The same resource under two names: the contract lists flows under one and reads them under both.
for prefix in ("discovery/flows", "flows"):
    name = prefix.replace("/", "-")
    router.register(prefix, FlowViewSet, basename=name)
    part = rf"{prefix}/(?P<flow_id>[^/.]+)"
    router.register(f"{part}/field-mappings", FlowMappingViewSet, basename=f"{name}-mapping")
    router.register(f"{part}/findings", FindingViewSet, basename=f"{name}-finding")
    router.register(f"{part}/events", FlowEventViewSet, basename=f"{name}-event")

urlpatterns = router.urls
