from typing import Any, Final

from rest_framework import serializers, status
from rest_framework.exceptions import APIException

from accounts.fields import ChoiceField, StrictFields
from assets.fields import BY_NAME
from discovery.consultation import ledger
from discovery.models import (
    DataImport,
    Finding,
    Flow,
    FlowEvent,
    PhaseRun,
)
from discovery.phases.order import CURRENT_PHASES, PHASES
from discovery.serializers.agents import AgentTotalsSerializer

WAYS_TO_MIGRATE: Final = BY_NAME["six_r_strategy"].values


class UnknownImport(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "unknown_import"
    default_detail = "There is no data import with this id in the engagement."


class ImportIdField(serializers.UUIDField):
    """Whatever names no import of the tenant, a UUID or not, is answered the same."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise UnknownImport from error


class StartFlowSerializer(StrictFields, serializers.Serializer[Flow]):
    flow_name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    data_import_id = ImportIdField(
        required=False,
        allow_null=True,
        help_text="Without it the flow analyses the assets that the engagement already holds.",
    )

    review = ChoiceField(
        choices=Flow.Review.choices,
        default=Flow.Review.NEVER,
        help_text="Whether the flow pauses after the mapping, for people to decide about it, and "
        "where agents ask them something.",
    )

    def validated_import(self) -> DataImport | None:
        """Raises UnknownImport."""
        import_id = self.validated_data.get("data_import_id")
        if import_id is None:
            return None
        found: DataImport | None = DataImport.objects.filter(pk=import_id).first()
        if found is None:
            raise UnknownImport
        return found


class RetrySerializer(StrictFields, serializers.Serializer[Flow]):
    from_phase = serializers.ChoiceField(
        choices=[(name, name) for name in PHASES],
        required=False,
        error_messages={"invalid_choice": f"Must be one of: {', '.join(PHASES)}."},
        help_text="Default: the phase that failed, or the first one.",
    )


class PhaseRunSerializer(serializers.ModelSerializer[PhaseRun]):
    name = serializers.CharField(source="phase")

    class Meta:
        model = PhaseRun
        fields = ["name", "status", "done", "total", "note", "started_at", "finished_at"]


class InsightSerializer(serializers.Serializer[Any]):
    agent = serializers.CharField(help_text="Who noticed it; `rules` if no agent took part.")
    insight = serializers.CharField()
    confidence = serializers.FloatField(
        min_value=0,
        max_value=1,
        help_text="Of an agent, which nothing measures: how often people decided as it had said.",
    )
    about = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="The applications and groups that an agent speaks of.",
    )


class ApproachSerializer(serializers.Serializer[Any]):
    """A way to the cloud that an agent proposes. It changes nothing."""

    name = serializers.CharField(help_text="The application, or the group of assets.")
    approach = serializers.ChoiceField(choices=[(way, way) for way in WAYS_TO_MIGRATE])
    reason = serializers.CharField()
    confidence = serializers.FloatField(min_value=0, max_value=1)
    agent = serializers.CharField()


class ResultsSerializer(serializers.Serializer[Any]):
    """A figure that an older release did not count is 0."""

    assets_discovered = serializers.IntegerField(default=0)
    assets_created = serializers.IntegerField(default=0)
    assets_updated = serializers.IntegerField(default=0)
    assets_unchanged = serializers.IntegerField(default=0)
    assets_removed = serializers.IntegerField(
        default=0, help_text="That only this import described, and it no longer does."
    )
    dependencies_mapped = serializers.IntegerField(default=0)
    field_mappings_created = serializers.IntegerField(default=0)
    findings = serializers.IntegerField(default=0)
    confidence_score = serializers.FloatField(
        default=0,
        min_value=0,
        max_value=1,
        help_text="Mean confidence of the mappings that were applied.",
    )
    agents = AgentTotalsSerializer(
        default=ledger.NOBODY, help_text="What agents did in this run, and what it took."
    )
    strategy = ApproachSerializer(
        many=True, required=False, help_text="Left out where no agent advised any."
    )


class FlowSerializer(serializers.ModelSerializer[Flow]):
    """What is not there yet (results, an error, an end) is left out."""

    flow_id = serializers.UUIDField(source="pk")
    flow_name = serializers.CharField(source="name")
    data_import_id = serializers.UUIDField(required=False)
    mappings_to_review = serializers.IntegerField(
        default=None, help_text="How many a flow that waits for `mapping_review` waits for."
    )
    corrections = serializers.IntegerField(
        default=None,
        help_text="Mappings that were decided otherwise since the assets were made: run the flow "
        "again from asset_creation.",
    )
    questions_open = serializers.IntegerField(
        default=None, help_text="What agents ask people, and nobody has answered yet."
    )
    current_phase = serializers.ChoiceField(choices=CURRENT_PHASES)
    progress_percentage = serializers.FloatField(min_value=0, max_value=100)
    execution_time = serializers.SerializerMethodField(help_text="Seconds, so far or in all.")
    error = serializers.CharField(source="failed_run.error", default=None)
    error_code = serializers.CharField(source="failed_run.error_code", default=None)
    retryable = serializers.BooleanField(source="failed_run.retryable", default=None)
    phases = PhaseRunSerializer(many=True)
    agents = AgentTotalsSerializer(
        required=False,
        help_text="Before the end, once an agent was asked: what `results.agents` tells then.",
    )
    results = ResultsSerializer(required=False)
    agent_insights = InsightSerializer(source="results.agent_insights", many=True, default=None)

    class Meta:
        model = Flow
        fields = [
            "flow_id",
            "flow_name",
            "description",
            "data_import_id",
            "status",
            "waiting_for",
            "review",
            "mappings_to_review",
            "corrections",
            "questions_open",
            "current_phase",
            "progress_percentage",
            "execution_time",
            "error",
            "error_code",
            "retryable",
            "created_at",
            "started_at",
            "finished_at",
            "phases",
            "agents",
            "results",
            "agent_insights",
        ]

    def get_execution_time(self, flow: Flow) -> float:
        return round(flow.execution_time.total_seconds(), 3)

    def to_representation(self, instance: Flow) -> dict[str, Any]:
        shown = super().to_representation(instance) | {"agents": ledger.so_far(instance)}
        return {name: value for name, value in shown.items() if value not in (None, "")}


class FindingSerializer(serializers.ModelSerializer[Finding]):
    file = serializers.CharField(
        allow_null=True, help_text="The name of the import's file; null without an import."
    )

    class Meta:
        model = Finding
        fields = ["id", "phase", "file", "table", "row", "column", "target", "value", "reason"]


class FlowEventSerializer(serializers.ModelSerializer[FlowEvent]):
    class Meta:
        model = FlowEvent
        fields = ["at", "kind", "phase", "message"]
