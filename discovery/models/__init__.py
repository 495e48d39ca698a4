"""What the pipeline keeps: imports, tables, flows, phases, mappings, findings, what was learned."""

from discovery.models.finding import Finding
from discovery.models.flow import Flow, FlowEvent, PhaseRun
from discovery.models.imports import DataImport, ImportTable
from discovery.models.learned import LearnedMapping
from discovery.models.mapping import FieldMapping, TableReading

__all__ = [
    "DataImport",
    "FieldMapping",
    "Finding",
    "Flow",
    "FlowEvent",
    "ImportTable",
    "LearnedMapping",
    "PhaseRun",
    "TableReading",
]
