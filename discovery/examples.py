"""One example for each operation of the API document."""

from typing import Final

from drf_spectacular.utils import OpenApiExample

from assets.exports import CSV

_FLOW_ID: Final = "3f6f9a1e-52c4-4f0b-9f57-1f4f4ff0a9d1"
_IMPORT_ID: Final = "8d1c2b3a-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
_CREATED: Final = "2026-03-02T08:15:00.123456Z"
_MODEL: Final = "meta-llama/Llama-3.3-70B-Instruct-Turbo"
_IMPORT: Final = {
    "id": _IMPORT_ID,
    "source_type": "csv",
    "file_name": "servers.csv",
    "size_bytes": 48213,
    "status": "read",
    "row_count": 120,
    "error_code": "",
    "error": "",
    "created_by": "ada@example.com",
    "created_at": _CREATED,
    "read_at": "2026-03-02T08:15:00.301456Z",
}

IMPORT: Final = OpenApiExample("An import", _IMPORT, response_only=True)
IMPORT_DETAIL: Final = OpenApiExample(
    "An import with its tables",
    {
        **_IMPORT,
        "choices": {"tables": [{"name": "servers", "header_row": 1}]},
        "notes": [],
        "tables": [
            {
                "name": "servers",
                "grain": "asset",
                "grain_evidence": ['the column "Hostname" names each row once'],
                "row_count": 120,
                "header_row": 1,
                "encoding": "utf-8",
                "delimiter": ";",
                "columns": ["Hostname", "RAM (MB)"],
                "preview": [["2", "shop-web-01", "32768"]],
            }
        ],
        "skipped_tables": [],
    },
    response_only=True,
)
ROWS: Final = OpenApiExample(
    "Rows",
    {
        "source_type": "csv",
        "file_name": "servers.csv",
        "data_rows": [{"name": "Server1", "type": "server", "env": "prod"}],
    },
    request_only=True,
    media_type="application/json",
)
CHOICES: Final = OpenApiExample(
    "The header stands in row 3 of a text with semicolons",
    {"header_row": 3, "delimiter": ";", "encoding": "cp1252"},
    request_only=True,
)
TABLE_CHOICES: Final = OpenApiExample(
    "Two tabs of a workbook",
    {"tables": [{"name": "vDisk", "grain": "disk"}, {"name": "vUSB", "skip": True}]},
    request_only=True,
)
TABLE_ROW: Final = OpenApiExample(
    "A row",
    {"row": 2, "cells": {"Hostname": "shop-web-01", "RAM (MB)": "32768"}},
    response_only=True,
)
FLOW_BODY: Final = OpenApiExample(
    "Analyse an import",
    {"flow_name": "Servers of Hamburg", "data_import_id": _IMPORT_ID},
    request_only=True,
)
RETRY_BODY: Final = OpenApiExample(
    "From the mapping on", {"from_phase": "field_mapping"}, request_only=True
)
FLOW: Final = OpenApiExample(
    "A completed flow",
    {
        "flow_id": _FLOW_ID,
        "flow_name": "Servers of Hamburg",
        "data_import_id": _IMPORT_ID,
        "status": "completed",
        "current_phase": "completed",
        "progress_percentage": 100.0,
        "execution_time": 0.812,
        "created_at": _CREATED,
        "started_at": _CREATED,
        "finished_at": "2026-03-02T08:15:00.935456Z",
        "phases": [
            {
                "name": "asset_creation",
                "status": "completed",
                "done": 120,
                "total": 120,
                "note": "120 of 120 assets",
                "started_at": _CREATED,
                "finished_at": "2026-03-02T08:15:00.801456Z",
            }
        ],
        "results": {
            "assets_discovered": 120,
            "assets_created": 118,
            "assets_updated": 2,
            "assets_unchanged": 0,
            "assets_removed": 0,
            "dependencies_mapped": 64,
            "field_mappings_created": 14,
            "findings": 3,
            "confidence_score": 0.94,
            "strategy": [
                {
                    "name": "Shop",
                    "approach": "rehost",
                    "reason": "Nothing outside its group needs it.",
                    "confidence": 0.5,
                    "agent": "migration_strategist",
                }
            ],
            "agents": {
                "state": "took_part",
                "detail": "Agents answered 3 of 3 questions.",
                "calls": 3,
                "cached": 1,
                "requests": 2,
                "input_tokens": 5821,
                "output_tokens": 940,
                "cost": 0.001053,
                "seconds": 6.418,
            },
        },
        "agent_insights": [
            {
                "agent": "rules",
                "insight": "shop-db is needed by the most assets: 12.",
                "confidence": 0.97,
            }
        ],
    },
    response_only=True,
)
MAPPING: Final = OpenApiExample(
    "Memory in MB",
    {
        "id": "5b0e7a60-61a9-4d5c-9a1a-0f4c6f7c2a11",
        "flow_id": _FLOW_ID,
        "table": "servers",
        "source_field": "RAM (MB)",
        "target_field": "memory_gb",
        "source_unit": "MiB",
        "confidence": 0.98,
        "source": "rule",
        "status": "applied",
        "evidence": ['"RAM" is an alias of memory_gb'],
        "sample_values": ["32768", "65536"],
        "suggestions": [
            {
                "target_field": "memory_gb",
                "source_unit": "MiB",
                "confidence": 0.98,
                "source": "rule",
                "agent": None,
                "model": None,
                "reason": None,
            }
        ],
        "units": {"memory_gb": "MiB", "storage_gb": "MiB"},
        "decided_by": None,
        "decided_at": None,
        "corrected": False,
    },
    response_only=True,
)
DECISION_BODY: Final = OpenApiExample(
    "It is memory, in MiB",
    {"target_field": "memory_gb", "source_unit": "MiB"},
    request_only=True,
)
APPROVAL_BODY: Final = OpenApiExample(
    "What is sure, and the columns without a target",
    {"min_confidence": 0.9, "unmapped": True},
    request_only=True,
)
APPROVED: Final = OpenApiExample("All but two", {"approved": 12, "left": 2}, response_only=True)
LEARNED: Final = OpenApiExample(
    "A column of departments",
    {
        "id": "0d8f2a57-3f5c-4a51-8a3e-7f7f0d6b8e21",
        "source_field": "Kostenträger",
        "context": "asset/server",
        "target_field": "department",
        "source_unit": None,
        "held": 4,
        "overruled": 1,
        "decided_by": "ada@example.com",
        "decided_at": _CREATED,
    },
    response_only=True,
)
QUESTION: Final = OpenApiExample(
    "What an asset is",
    {
        "id": "c7a1f1de-7c31-4a55-9b40-53c7e0b1a9d2",
        "flow_id": _FLOW_ID,
        "kind": "asset_type",
        "text": "What is shop-gw-01?",
        "reason": "Its name speaks of a gateway, its operating system of a server.",
        "options": ["server", "network"],
        "suggestion": "network",
        "confidence": 0.71,
        "agent": "asset_classifier",
        "asset_id": "2b6a9f3c-4f0e-4d3b-8b3f-0c5d7e9a1b2c",
        "other_id": None,
        "answer": "network",
        "answered_by": "ada@example.com",
        "answered_at": _CREATED,
        "created_at": _CREATED,
    },
    response_only=True,
)
ANSWER_BODY: Final = OpenApiExample("One of the options", {"answer": "network"}, request_only=True)
FINDING: Final = OpenApiExample(
    "A value that is no number",
    {
        "id": 17,
        "phase": "asset_creation",
        "file": "servers.csv",
        "table": "servers",
        "row": 12,
        "column": "RAM (MB)",
        "target": "memory_gb",
        "value": "plenty",
        "reason": "This is not a number.",
    },
    response_only=True,
)
FINDING_EXPORT: Final = OpenApiExample(
    "A value that is no number",
    "phase,file,table,row,column,target,value,reason\r\n"
    "asset_creation,servers.csv,servers,12,RAM (MB),memory_gb,plenty,This is not a number.\r\n",
    response_only=True,
    media_type=CSV,
)
_AGENT_CALL: Final = {
    "id": "b3d5a1c7-0e4f-4b6a-9d2c-1f8e7a6b5c4d",
    "flow_id": _FLOW_ID,
    "phase": "field_mapping",
    "agent": "field_mapping_analyst",
    "model": _MODEL,
    "purpose": "3 columns in doubt",
    "outcome": "answered",
    "detail": "",
    "cached": False,
    "requests": 1,
    "input_tokens": 2911,
    "output_tokens": 312,
    "cost": 0.000421,
    "seconds": 3.207,
    "controls": 8,
    "controls_right": 8,
    "asked_at": _CREATED,
}
AGENT_CALL: Final = OpenApiExample("Columns in doubt", _AGENT_CALL, response_only=True)
AGENT_CALL_DETAIL: Final = OpenApiExample(
    "Columns in doubt",
    {
        **_AGENT_CALL,
        "prompt": 'Which of the options is true of each item? {"items": [{"id": "c1", …',
        "answer": '{"verdicts": [{"id": "c1", "choice": "department", "sure": true, …',
    },
    response_only=True,
)
AGENT_BUDGETS: Final = OpenApiExample(
    "A budget of money for the account alone",
    {
        "account": {
            "requests": {"limit": 2000, "spent": 14},
            "tokens": {"limit": 10000000, "spent": 45870},
            "seconds": {"limit": 20000, "spent": 51.22},
            "cost": {"limit": 5, "spent": 0.006212},
        },
        "flow": {"requests": 60, "tokens": 400000, "seconds": 600, "cost": None},
    },
    response_only=True,
)
AGENT_POLICY_BODY: Final = OpenApiExample(
    "Names of columns, and no values", {"shares": "names"}, request_only=True
)
AGENT_POLICY: Final = OpenApiExample(
    "Names of columns, and no values",
    {
        "shares": "names",
        "limit": "names_and_samples",
        "effective": "names",
        "model": _MODEL,
        "host": "api.deepinfra.com",
        "key_is_set": True,
        "updated_at": _CREATED,
        "updated_by": "ada@example.com",
    },
    response_only=True,
)
EVENT: Final = OpenApiExample(
    "A phase began",
    {"at": _CREATED, "kind": "phase_started", "phase": "field_mapping", "message": ""},
    response_only=True,
)
