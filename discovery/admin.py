from collections.abc import Callable
from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from discovery import decisions
from discovery.consultation import sharing
from discovery.models import (
    AgentCall,
    AgentPolicy,
    AgentStanding,
    DataImport,
    FieldMapping,
    Finding,
    Flow,
    FlowEvent,
    FlowQuestion,
    ImportTable,
    LearnedMapping,
    PhaseRun,
    TableReading,
)
from tenancy.admin import TenantModelAdmin


class ReadOnlyAdmin(TenantModelAdmin):
    """What the pipeline wrote is looked at here, not edited: its own functions alone write it."""

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False  # files and running workers hang on these rows: the API deletes them


@admin.register(Flow)
class FlowAdmin(ReadOnlyAdmin):
    list_display = [
        "name",
        "status",
        "current_phase",
        "progress_percentage",
        "client_account",
        "created_at",
    ]
    list_filter = ["status", "client_account"]
    list_select_related = ["client_account"]
    search_fields = ["name", "id"]

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return super().get_queryset(request).prefetch_related("phase_runs")


@admin.register(PhaseRun)
class PhaseRunAdmin(ReadOnlyAdmin):
    list_display = ["flow", "phase", "status", "attempt", "done", "total", "lease_until", "error"]
    list_filter = ["phase", "status", "client_account"]
    list_select_related = ["flow"]
    search_fields = ["flow__id", "flow__name", "error"]


@admin.register(FlowEvent)
class FlowEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "flow", "kind", "phase", "message"]
    list_filter = ["kind", "phase", "client_account"]
    list_select_related = ["flow"]
    search_fields = ["flow__id", "message"]


@admin.register(DataImport)
class DataImportAdmin(ReadOnlyAdmin):
    list_display = [
        "file_name",
        "status",
        "row_count",
        "size_bytes",
        "choices",
        "read_at",
        "client_account",
        "created_at",
    ]
    list_filter = ["status", "source_type", "client_account"]
    list_select_related = ["client_account"]
    search_fields = ["file_name", "id"]


@admin.register(ImportTable)
class ImportTableAdmin(ReadOnlyAdmin):
    list_display = [
        "name",
        "data_import",
        "known_format",
        "grain",
        "row_count",
        "header_row",
        "encoding",
        "delimiter",
        "skipped",
    ]
    list_filter = ["grain", "known_format", "skipped", "client_account"]
    list_select_related = ["data_import"]
    search_fields = ["name", "data_import__file_name"]


@admin.register(TableReading)
class TableReadingAdmin(ReadOnlyAdmin):
    list_display = ["table", "flow", "grain", "asset_type"]
    list_filter = ["grain", "client_account"]
    list_select_related = ["table", "flow"]


@admin.register(FieldMapping)
class FieldMappingAdmin(ReadOnlyAdmin):
    list_display = [
        "source_field",
        "target_field",
        "confidence",
        "source",
        "status",
        "table",
        "flow",
    ]
    list_filter = ["source", "status", "corrected", "target_field", "client_account"]
    list_select_related = ["table", "flow"]
    search_fields = ["source_field", "target_field", "flow__id"]
    actions = ["approve", "reject"]

    @admin.action(description="Approve: the target as it stands, or the suggestion")
    def approve(self, request: HttpRequest, queryset: QuerySet[FieldMapping]) -> None:
        self._decide(request, queryset, decisions.accepted)

    @admin.action(description="Reject: the values stay in attributes")
    def reject(self, request: HttpRequest, queryset: QuerySet[FieldMapping]) -> None:
        self._decide(request, queryset, lambda _: decisions.REJECTED)

    def _decide(
        self,
        request: HttpRequest,
        mappings: QuerySet[FieldMapping],
        choose: Callable[[FieldMapping], decisions.Choice],
    ) -> None:
        """One after the other, so that one that is refused does not hold up the others."""
        by = cast("User", request.user)
        for mapping in mappings:
            try:
                decisions.decide(mapping, choose(mapping), by)
            except (decisions.NotNow, decisions.TargetTaken) as refused:
                self.message_user(request, f"{mapping}: {refused}", messages.ERROR)
            else:
                self.log_change(request, mapping, f"decided: {mapping.get_status_display()}")


@admin.register(FlowQuestion)
class FlowQuestionAdmin(ReadOnlyAdmin):
    list_display = ["text", "kind", "suggestion", "confidence", "agent", "answer", "answered_by"]
    list_filter = [
        *("kind", "agent", "client_account"),
        ("answered_at", admin.EmptyFieldListFilter),  # type: ignore[list-item]
    ]
    list_select_related = ["answered_by"]
    search_fields = ["text", "answer", "flow__id"]


@admin.register(LearnedMapping)
class LearnedMappingAdmin(TenantModelAdmin):
    """To look at, and to delete: then it is forgotten."""

    list_display = [
        "source_field",
        "context",
        "target_field",
        "source_unit",
        "held",
        "overruled",
        "client_account",
        "decided_at",
    ]
    list_filter = ["target_field", "client_account"]
    list_select_related = ["client_account"]
    search_fields = ["source_field", "target_field"]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ["flow", "phase", "table", "row", "column", "target", "value", "reason"]
    list_filter = ["phase", "target", "client_account"]
    list_select_related = ["flow"]
    search_fields = ["flow__id", "value", "reason"]


@admin.register(AgentCall)
class AgentCallAdmin(ReadOnlyAdmin):
    list_display = [
        "asked_at",
        "agent",
        "purpose",
        "outcome",
        "cached",
        "requests",
        "input_tokens",
        "output_tokens",
        "cost",
        "seconds",
        "flow",
        "client_account",
    ]
    list_filter = ["outcome", "agent", "cached", "phase", "model", "client_account"]
    list_select_related = ["flow", "client_account"]
    search_fields = ["flow__id", "flow__name", "purpose", "detail"]
    ordering = ["-asked_at"]

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]  # noqa: ANN201
        """Prompts are large, and of an account's data: the page of one call loads them."""
        return super().get_queryset(request).defer("prompt", "answer")


@admin.register(AgentStanding)
class AgentStandingAdmin(ReadOnlyAdmin):
    list_display = ["agent", "model", "held", "overruled", "client_account"]
    list_filter = ["agent", "model", "client_account"]
    list_select_related = ["client_account"]
    search_fields = ["agent", "model"]


@admin.register(AgentPolicy)
class AgentPolicyAdmin(TenantModelAdmin):
    """To look at, to change, and to delete: then the account goes by the deployment's limit."""

    list_display = ["client_account", "shares", "effective", "updated_at", "updated_by"]
    list_filter = ["shares", "client_account"]
    list_select_related = ["client_account", "updated_by"]
    search_fields = ["client_account__name"]
    readonly_fields = ["client_account", "effective", "updated_at", "updated_by"]

    @admin.display(description="Effective (within AGENT_SHARES)")
    def effective(self, policy: AgentPolicy) -> str:
        return sharing.within_limit(policy.shares)

    def save_model(
        self, request: HttpRequest, obj: AgentPolicy, form: object, change: bool
    ) -> None:
        obj.updated_by = cast("User", request.user)
        super().save_model(request, obj, form, change)
