"""The mapping of whole tables: columns, grain, candidates, assignment, and how to say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Final

import polars as pl

from assets.fields import MACHINES
from discovery.grains import Grain
from discovery.mapping import explanation
from discovery.mapping.assignment import Decision, assign
from discovery.mapping.candidates import Prospects, prospects
from discovery.mapping.column import Column, columns_of
from discovery.mapping.confidence import Calibration
from discovery.mapping.grain import grain_of
from discovery.mapping.header import known_as
from discovery.mapping.learned import NO_LESSONS, Lessons, context_of, is_denied
from discovery.mapping.rows import Rows, contradicts, describe
from discovery.mapping.source_unit import SourceUnit, source_unit, source_units

# Grains whose columns are called as those of another one.
_KIN: Final = {Grain.PARTITION: Grain.DISK.value, Grain.RELATION: Grain.CONNECTION.value}

# "Asset type" is the class of the asset, whatever else the row names.
_OF_ASSETS: Final = frozenset({"asset", "ci"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A field that a column may be, the unit its values would have, and the probability."""

    target: str
    unit: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What one column becomes.

    `target` is an asset field, an `edge.…` field, or None: kept in the attributes. `unit` is that
    of the source values, None when they are canonical or have none. `confidence` is the probability
    (0 to 1) that the decision is right, be it a target or None; it is fitted on labelled columns.
    `evidence` are sentences for the people who approve it, the most telling first.
    `suggestion` is the surest guess, made or not; None where there is none, or where another
    column has that field. `units` is the unit of the values by the field they could go to.
    `header` is the name by which people's decisions are kept, `learned` tells that one was heeded.
    `beliefs` are the probabilities of the fields that it may be, and of "none"; those of which they
    do not speak share what is left. `listed` tells that the name is known to have no field.
    """

    source_field: str
    header: str
    target: str | None
    unit: str | None
    confidence: float
    evidence: tuple[str, ...]
    sample_values: tuple[str, ...]
    learned: bool = False
    suggestion: Suggestion | None = None
    units: dict[str, str] = field(default_factory=dict)
    beliefs: Mapping[str, float] = field(default_factory=dict)
    listed: bool = False


@dataclass(frozen=True, slots=True)
class TableMapping:
    """What one table becomes.

    `asset_type` is the class of every row when the table as a whole says it; None when a column
    says it row by row, or nothing does. `context` is what people's decisions are kept by.
    """

    table: str
    grain: Grain
    grain_evidence: tuple[str, ...]
    asset_type: str | None
    context: str
    columns: tuple[ColumnMapping, ...]


def map_tables(
    tables: Sequence[tuple[str, pl.DataFrame]],
    grains: Sequence[Grain | None] = (),
    learned: Lessons = NO_LESSONS,
) -> list[TableMapping]:
    """Map the tables of a file, given by name with a sample of their rows.

    `grains` are what the rows are where that is decided. `learned` is what people decided in the
    files before; it wins over the rules. Frames hold text (nulls for blanks); a frame without rows
    is mapped by its headers alone. The reserved column `__row__` is left out.
    """
    calibration = Calibration.fitted()
    decided = zip_longest(tables, grains)
    return [map_table(name, frame, calibration, grain, learned) for (name, frame), grain in decided]


def tell_grain(name: str, frame: pl.DataFrame) -> tuple[Grain, tuple[str, ...]]:
    """What one row of the table is, and why, without mapping its columns."""
    columns = columns_of(frame)
    return _grain(name, columns, describe(name, columns))


def _grain(name: str, columns: Sequence[Column], rows: Rows) -> tuple[Grain, tuple[str, ...]]:
    grain, evidence = grain_of(name, columns, rows)
    return grain, (*evidence, *rows.evidence)


def map_table(
    name: str,
    frame: pl.DataFrame,
    calibration: Calibration,
    decided: Grain | None = None,
    learned: Lessons = NO_LESSONS,
) -> TableMapping:
    """Map one table with figures of one's own, as the leave-one-family-out bench does."""
    columns = columns_of(frame)
    rows = describe(name, columns)
    told, grain_evidence = _grain(name, columns, rows)
    grain = decided or told
    context = context_of(grain, rows)
    found = [_taught(each, learned, context) for each in prospects(columns, contexts(grain, rows))]
    decisions = _without_roles(rows, assign(found, calibration))
    mapped = tuple(map(_column_mapping, columns, decisions))
    return TableMapping(
        table=name,
        grain=grain,
        grain_evidence=grain_evidence,
        asset_type=_asset_type(grain, rows, decisions),
        context=context,
        columns=mapped,
    )


def _taught(found: Prospects, learned: Lessons, context: str) -> Prospects:
    """With what people decided about such a column, and whether its values speak against that."""
    lesson = learned.about(known_as(found.column.header.raw), context)
    if lesson is None:
        return found
    return replace(found, lesson=lesson, refuted=is_denied(lesson.target, found.column.look))


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
        and not decision.learned
        and not _OF_ASSETS & decision.prospects.column.words
        and contradicts(named.entity, decision.chosen.candidate.column.look.shown)
        else decision
        for decision in decisions
    ]


def contexts(grain: Grain, rows: Rows) -> frozenset[str]:
    """What aliases of a context ask for: grain, class and topic of the rows, how they are named."""
    told = frozenset(filter(None, (grain.value, _KIN.get(grain), rows.entity, rows.topic)))
    return told | rows.naming() if grain is Grain.ASSET and _of_machines(rows) else told


def _of_machines(rows: Rows) -> bool:
    """Whether the rows may stand on a host: what an application names is what it depends on."""
    return rows.entity is None or rows.entity in MACHINES


def _column_mapping(column: Column, decision: Decision) -> ColumnMapping:
    target = decision.chosen.field if decision.chosen else None
    unit, unit_evidence = _unit(column, decision)
    return ColumnMapping(
        source_field=column.header.raw,
        header=known_as(column.header.raw),
        target=target,
        unit=unit,
        confidence=decision.confidence,
        evidence=(*explanation.sentences(decision), *unit_evidence),
        sample_values=column.look.shown,
        learned=decision.learned,
        suggestion=_suggestion(column, decision),
        units=source_units(column.header, column.look),
        beliefs=decision.beliefs,
        listed=_is_listed(decision),
    )


def _is_listed(decision: Decision) -> bool:
    denial = decision.prospects.denial
    return decision.chosen is None and denial is not None and denial.same_words


def _unit(column: Column, decision: Decision) -> SourceUnit:
    """What people set, else what header and values say, which is told in any case."""
    target = decision.chosen.field if decision.chosen else None
    found = source_unit(target, column.header, column.look)
    lesson = decision.chosen.lesson if decision.chosen else None
    if lesson is None or lesson.unit is None:
        return found
    said = f"people set its unit to {lesson.unit}" if lesson.unit else "people set it to no unit"
    return SourceUnit(lesson.unit or None, (said, *found.evidence))


def _suggestion(column: Column, decision: Decision) -> Suggestion | None:
    best = decision.best
    if best is None or decision.taken:
        return None
    unit, _ = source_unit(best.field, column.header, column.look)
    return Suggestion(best.field, unit, best.confidence)


def _asset_type(grain: Grain, rows: Rows, decisions: Sequence[Decision]) -> str | None:
    told_by_column = any(d.chosen and d.chosen.field == "asset_type" for d in decisions)
    return None if told_by_column or grain is not Grain.ASSET else rows.entity
