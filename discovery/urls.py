from django.urls import re_path

from accounts.routers import OptionalSlashRouter
from discovery.views.agents import AgentCallViewSet, AgentPolicyViewSet, FlowAgentCallViewSet
from discovery.views.findings import FindingViewSet, ImportFindingViewSet
from discovery.views.flows import FlowEventViewSet, FlowViewSet
from discovery.views.imports import DataImportViewSet, TableRowViewSet
from discovery.views.mappings import FieldMappingViewSet, FlowMappingViewSet, LearnedMappingViewSet
from discovery.views.questions import FlowQuestionViewSet, QuestionViewSet

router = OptionalSlashRouter()
router.register("data-import", DataImportViewSet, basename="data-import")
part = r"data-import/(?P<data_import_id>[^/.]+)"
router.register(f"{part}/rows", TableRowViewSet, basename="data-import-row")
router.register(f"{part}/findings", ImportFindingViewSet, basename="data-import-finding")
router.register("field-mappings", FieldMappingViewSet, basename="field-mapping")
router.register("learned-mappings", LearnedMappingViewSet, basename="learned-mapping")
router.register("agent-calls", AgentCallViewSet, basename="agent-call")
router.register("questions", QuestionViewSet, basename="question")
# The same resource under two names: the contract lists flows under one and reads them under both.
for prefix in ("discovery/flows", "flows"):
    name = prefix.replace("/", "-")
    router.register(prefix, FlowViewSet, basename=name)
    part = rf"{prefix}/(?P<flow_id>[^/.]+)"
    router.register(f"{part}/field-mappings", FlowMappingViewSet, basename=f"{name}-mapping")
    router.register(f"{part}/questions", FlowQuestionViewSet, basename=f"{name}-question")
    router.register(f"{part}/findings", FindingViewSet, basename=f"{name}-finding")
    router.register(f"{part}/events", FlowEventViewSet, basename=f"{name}-event")
    router.register(f"{part}/agent-calls", FlowAgentCallViewSet, basename=f"{name}-agent-call")

policy = AgentPolicyViewSet.as_view({"get": "retrieve", "patch": "partial_update"})
urlpatterns = [re_path(r"^agent-policy/?$", policy, name="agent-policy"), *router.urls]
