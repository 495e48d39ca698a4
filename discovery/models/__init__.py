"""What the pipeline keeps: imports and their tables, flows and their phases, mappings, findings."""

from discovery.models.finding import Finding
from discovery.models.flow import Flow, FlowEvent, PhaseRun
from discovery.models.imports import DataImport, ImportTable
from discovery.models.mapping import FieldMapping, TableReading

__all__ = [
    "DataImport",
    "FieldMapping",
    "Finding",
    "Flow",
    "FlowEvent",
    "ImportTable",
    "PhaseRun",
    "TableReading",
]
