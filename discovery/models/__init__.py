"""What the pipeline keeps: imports, tables, flows, phases, mappings, findings, what was learned,
and what agents said and ask."""

from discovery.models.agents import AgentCall, AgentPolicy, AgentStanding
from discovery.models.finding import Finding
from discovery.models.flow import Flow, FlowEvent, PhaseRun
from discovery.models.imports import DataImport, ImportTable
from discovery.models.learned import LearnedMapping
from discovery.models.mapping import FieldMapping, TableReading
from discovery.models.questions import FlowQuestion

__all__ = [
    "AgentCall",
    "AgentPolicy",
    "AgentStanding",
    "DataImport",
    "FieldMapping",
    "Finding",
    "Flow",
    "FlowEvent",
    "FlowQuestion",
    "ImportTable",
    "LearnedMapping",
    "PhaseRun",
    "TableReading",
]
