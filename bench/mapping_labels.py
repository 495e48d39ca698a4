"""Labelled columns, from `columns.json` or whole tables, as the mapping takes them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from discovery.readers.header import column_names

# What the source name of a table begins with, where the tool is more than its first word.
_TOOLS = (
    "aws-ads", "aws-cmf", "aws-export", "azure-migrate", "integration-map", "ansible", "rvtools",
    "vrops", "gcp", "konveyor", "servicenow", "netbox", "snipeit", "ralph", "nessus", "tenable",
    "lansweeper", "solarwinds", "unknown", "generic", "deathstarbench",
)  # fmt: skip
# What the labels call a row -> the grains that are right for it.
_GRAINS = {
    **dict.fromkeys(
        ("vm", "server", "host", "device", "asset", "cluster", "datastore", "service",
         "application", "mixed"),
        frozenset({"asset"}),
    ),
    **dict.fromkeys(
        ("rack", "ip_address", "license", "model", "accessory"), frozenset({"reference"})
    ),
    "disk": frozenset({"disk", "partition"}),
    "nic": frozenset({"nic"}),
    "perf_sample": frozenset({"sample"}),
    "tag": frozenset({"tag"}),
    "edge": frozenset({"connection", "relation"}),
    "finding": frozenset({"finding"}),
    # No grain of ours; neither of these makes assets of processes.
    "process": frozenset({"finding", "reference"}),
}  # fmt: skip
# Written by one team after the same model, so that one would give the other away.
_KIN = {"aws-export": "rvtools", "nessus": "tenable"}


@dataclass(frozen=True, slots=True)
class Label:
    """What a column may be mapped to. `target` is the first choice, None for no field.

    `unit` is that of the source, in the words of the labels; None where they name none.
    """

    header: str
    target: str | None
    accepted: frozenset[str | None]
    unit: str | None = None

    @property
    def must_map(self) -> bool:
        """A column whose label is a field, and which may not stay unmapped."""
        return self.target is not None and None not in self.accepted


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """One labelled table; `name` is what the product would be told (sheet or file), often "".

    `grains` are those that a row may be taken for.
    """

    source: str
    family: str
    name: str
    grains: frozenset[str]
    frame: pl.DataFrame
    labels: tuple[Label, ...]


def load(data: Path) -> list[LabelledTable]:
    tables = json.loads((data / "columns.json").read_text(encoding="utf-8"))
    return [_table(table) for table in tables]


def load_tables(folder: Path) -> list[LabelledTable]:
    """Labelled tables with their rows, a JSON file each; the tool is the family."""
    return [_table_with_rows(path) for path in sorted(folder.glob("*.json"))]


def _table_with_rows(path: Path) -> LabelledTable:
    entry = json.loads(path.read_text(encoding="utf-8"))
    columns = [
        {**column, "samples": [row[place] or None for row in entry["rows"]]}
        for place, column in enumerate(entry["columns"])
    ]
    return LabelledTable(
        source=path.stem,
        family=entry["tool"],
        name=Path(entry["name"]).stem,
        grains=frozenset({entry["grain"]}),
        frame=_frame(columns),
        labels=tuple(_label(column) for column in columns),
    )


def _table(entry: dict[str, Any]) -> LabelledTable:
    source = entry["source"]
    return LabelledTable(
        source=source,
        family=family_of(source),
        name=entry["sheet"] or Path(entry.get("file", "")).stem,
        grains=_GRAINS[entry["grain"].replace("(", " ").split()[0]],
        frame=_frame(entry["columns"]),
        labels=tuple(_label(column) for column in entry["columns"]),
    )


def family_of(source: str) -> str:
    tool = next(tool for tool in _TOOLS if source.startswith(tool))
    return _KIN.get(tool, tool)


def _label(column: dict[str, Any]) -> Label:
    accepted = frozenset([column["target"], *column.get("alternatives", ())])
    return Label(column["header"], column["target"], accepted, column.get("source_unit"))


def _frame(columns: list[dict[str, Any]]) -> pl.DataFrame:
    """The samples as a frame; headers are made distinct as the readers do it."""
    height = max(len(column.get("samples", ())) for column in columns)
    names = column_names([column["header"] for column in columns])
    return pl.DataFrame({
        name: pl.Series([*column.get("samples", ()), *[None] * height][:height], dtype=pl.String)
        for name, column in zip(names, columns, strict=True)
    })  # fmt: skip
