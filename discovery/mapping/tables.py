"""The mapping of whole tables: columns, grain, candidates, assignment, and how to say it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from discovery.mapping import explanation
from discovery.mapping.assignment import Decision, assign
from discovery.mapping.candidates import prospects
from discovery.mapping.column import Column, columns_of
from discovery.mapping.confidence import Calibration
from discovery.mapping.grain import Grain, grain_of
from discovery.mapping.rows import Rows, contradicts, describe
from discovery.mapping.source_unit import source_unit

# Grains whose columns are called as those of another one.
_KIN: Final = {Grain.PARTITION: Grain.DISK.value, Grain.RELATION: Grain.CONNECTION.value}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What one column becomes.

    `target` is an asset field, an `edge.…` field, or None: kept in the attributes. `unit` is that
    of the source values, None when they are canonical or have none. `confidence` is the probability
    (0 to 1) that the decision is right, be it a target or None; it is fitted on labelled columns.
    `evidence` are sentences for the people who approve it, the most telling first.
    """

    source_field: str
    target: str | None
    unit: str | None
    confidence: float
    evidence: tuple[str, ...]
    sample_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableMapping:
    """What one table becomes.

    `asset_type` is the class of every row when the table as a whole says it; None when a column
    says it row by row, or nothing does.
    """

    table: str
    grain: Grain
    grain_evidence: tuple[str, ...]
    asset_type: str | None
    columns: tuple[ColumnMapping, ...]


def map_tables(tables: Sequence[tuple[str, pl.DataFrame]]) -> list[TableMapping]:
    """Map the tables of a file, given by name with a sample of their rows.

    Frames hold text (nulls for blanks); a frame without rows is mapped by its headers alone. The
    reserved column `__row__` is left out.
    """
    calibration = Calibration.fitted()
    return [map_table(name, frame, calibration) for name, frame in tables]


def map_table(name: str, frame: pl.DataFrame, calibration: Calibration) -> TableMapping:
    """Map one table with figures of one's own, as the leave-one-family-out bench does."""
    columns = columns_of(frame)
    rows = describe(name, columns)
    grain, grain_evidence = grain_of(name, columns, rows)
    found = list(prospects(columns, contexts(grain, rows)))
    decisions = _without_roles(rows, assign(found, calibration))
    mapped = tuple(map(_column_mapping, columns, decisions))
    return TableMapping(
        table=name,
        grain=grain,
        grain_evidence=(*grain_evidence, *rows.evidence),
        asset_type=_asset_type(grain, rows, decisions),
        columns=mapped,
    )


def _without_roles(rows: Rows, decisions: list[Decision]) -> list[Decision]:
    """Drops a class that contradicts the name column: a `server_name` of tier db is a server.

    What such a column holds is the role of the thing; it stays in the attributes.
    """
    named = rows.identity()
    if named is None or not named.entity:
        return decisions
    return [
        replace(decision, chosen=None)
        if decision.chosen
        and decision.chosen.field == "asset_type"
        and contradicts(named.entity, decision.chosen.candidate.column.look.shown)
        else decision
        for decision in decisions
    ]


def contexts(grain: Grain, rows: Rows) -> frozenset[str]:
    """What aliases of a context ask for: grain, class and topic of the rows, how they are named."""
    told = frozenset(filter(None, (grain.value, _KIN.get(grain), rows.entity, rows.topic)))
    return told | rows.naming() if grain is Grain.ASSET else told


def _column_mapping(column: Column, decision: Decision) -> ColumnMapping:
    target = decision.chosen.field if decision.chosen else None
    unit, unit_evidence = source_unit(target, column.header, column.look)
    return ColumnMapping(
        source_field=column.header.raw,
        target=target,
        unit=unit,
        confidence=decision.confidence,
        evidence=(*explanation.sentences(decision), *unit_evidence),
        sample_values=column.look.shown,
    )


def _asset_type(grain: Grain, rows: Rows, decisions: Sequence[Decision]) -> str | None:
    told_by_column = any(d.chosen and d.chosen.field == "asset_type" for d in decisions)
    return None if told_by_column or grain is not Grain.ASSET else rows.entity
