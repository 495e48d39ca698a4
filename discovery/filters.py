import django_filters as filters

from accounts.filters import OneOf, Ordering, StrictFilterSet, Truth
from assets.filters import Number
from discovery.models import (
    AgentCall,
    DataImport,
    FieldMapping,
    Finding,
    Flow,
    FlowEvent,
    FlowQuestion,
    ImportTable,
    LearnedMapping,
)
from discovery.models.agents import OUTCOMES


class DataImportFilter(StrictFilterSet):
    status = OneOf(choices=DataImport.Status.choices)
    file_name__contains = filters.CharFilter(field_name="file_name", lookup_expr="icontains")
    ordering = Ordering(fields=["created_at", "file_name", "size_bytes"])

    class Meta:
        model = DataImport
        fields: list[str] = []


class FlowFilter(StrictFilterSet):
    status = OneOf(choices=Flow.Status.choices)
    waiting_for = filters.CharFilter()
    data_import_id = filters.UUIDFilter()
    flow_name__contains = filters.CharFilter(field_name="name", lookup_expr="icontains")
    ordering = Ordering(fields=[("created_at", "created_at"), ("name", "flow_name")])

    class Meta:
        model = Flow
        fields: list[str] = []


class FlowMappingFilter(StrictFilterSet):
    table = filters.CharFilter(field_name="table__name", lookup_expr="iexact")
    source_field = filters.CharFilter(lookup_expr="iexact")
    source_field__contains = filters.CharFilter(field_name="source_field", lookup_expr="icontains")
    target_field = filters.CharFilter()
    status = OneOf(choices=FieldMapping.Status.choices)
    source = OneOf(choices=FieldMapping.Source.choices)
    confidence__lte = Number(field_name="confidence", lookup_expr="lte")
    confidence__gte = Number(field_name="confidence", lookup_expr="gte")
    ordering = Ordering(fields=["confidence", "source_field", "target_field"])

    class Meta:
        model = FieldMapping
        fields: list[str] = []


class FieldMappingFilter(FlowMappingFilter):
    flow_id = filters.UUIDFilter()


class FlowQuestionFilter(StrictFilterSet):
    kind = OneOf(choices=FlowQuestion.Kind.choices)
    answered = Truth(field_name="answered_at", lookup_expr="isnull", exclude=True)
    ordering = Ordering(fields=["created_at", "confidence", "answered_at"])

    class Meta:
        model = FlowQuestion
        fields: list[str] = []


class QuestionFilter(FlowQuestionFilter):
    flow_id = filters.UUIDFilter()


class LearnedMappingFilter(StrictFilterSet):
    source_field = filters.CharFilter(lookup_expr="iexact")
    source_field__contains = filters.CharFilter(field_name="source_field", lookup_expr="icontains")
    target_field = filters.CharFilter()
    context = filters.CharFilter()
    ordering = Ordering(fields=["source_field", "target_field", "held", "overruled", "decided_at"])

    class Meta:
        model = LearnedMapping
        fields: list[str] = []


class FlowAgentCallFilter(StrictFilterSet):
    agent = filters.CharFilter()
    phase = filters.CharFilter()
    outcome = OneOf(choices=OUTCOMES)
    cached = Truth()
    ordering = Ordering(fields=["asked_at", "seconds", "input_tokens", "output_tokens", "cost"])

    class Meta:
        model = AgentCall
        fields: list[str] = []


class AgentCallFilter(FlowAgentCallFilter):
    flow_id = filters.UUIDFilter()


class FindingFilter(StrictFilterSet):
    phase = filters.CharFilter()
    table = filters.CharFilter(lookup_expr="iexact")
    column = filters.CharFilter(lookup_expr="iexact")
    target = filters.CharFilter()
    reason__contains = filters.CharFilter(field_name="reason", lookup_expr="icontains")

    class Meta:
        model = Finding
        fields: list[str] = []


class FindingExportFilter(FindingFilter):
    read_elsewhere = frozenset({"file_format"})


class TableRowFilter(StrictFilterSet):
    table = filters.CharFilter(field_name="name", strip=False)

    class Meta:
        model = ImportTable
        fields: list[str] = []


class FlowEventFilter(StrictFilterSet):
    kind = filters.CharFilter()

    class Meta:
        model = FlowEvent
        fields: list[str] = []
