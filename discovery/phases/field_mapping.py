"""Decides for every table what its rows are, and for every column where it goes."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl
from django.db import transaction

from discovery import advice, decisions, engine, remapping
from discovery.agents import field_mapping_analyst as analyst
from discovery.consultation.asking import Consultation
from discovery.engine import Claim
from discovery.mapping import (
    ColumnMapping,
    Grain,
    Lesson,
    Lessons,
    Suggestion,
    TableMapping,
    map_tables,
)
from discovery.mapping.header import known_as
from discovery.models import FieldMapping, Flow, ImportTable, LearnedMapping, TableReading
from discovery.phases import Outcome
from discovery.reading import SAMPLE_ROWS
from discovery.tables import refuse_stale

_Source: Final = FieldMapping.Source


def run(held: Claim) -> Outcome:
    with transaction.atomic():
        flow = Flow.objects.select_related("data_import").get(pk=held.flow_id)
        refuse_stale(flow)
        tables = list(ImportTable.objects.filter(data_import=flow.data_import_id, skipped=False))
        learned = _learned(tables)
    if flow.data_import_id is None:
        return Outcome(skipped=True)
    grains = [Grain(table.grain) for table in tables]
    found = map_tables([(table.name, _sample(table)) for table in tables], grains, learned)
    readings = [_reading(flow, *pair) for pair in zip(tables, found, strict=True)]
    columns = [list(_mappings(flow, *pair)) for pair in zip(tables, found, strict=True)]
    _consult(held, flow, found, columns)
    mappings = [mapping for of_table in columns for mapping in of_table]
    with transaction.atomic():
        TableReading.objects.filter(flow=flow).delete()
        TableReading.objects.bulk_create(readings)
        remapping.map_anew(flow, mappings)
        engine.progress(held, len(mappings), len(mappings))
        mapped = FieldMapping.objects.filter(flow=flow, target_field__isnull=False).count()
        in_question = decisions.to_review().filter(flow=flow)
        waits = flow.review != Flow.Review.NEVER and in_question.exists()
    return Outcome(
        {"columns": len(mappings), "mapped": mapped},
        waiting_for=Flow.MAPPING_REVIEW if waits else "",
    )


def _consult(
    held: Claim,
    flow: Flow,
    found: Sequence[TableMapping],
    columns: Sequence[Sequence[FieldMapping]],
) -> None:
    """Has the analyst look at what is in doubt. Raises LeaseLost."""
    consultation = Consultation.of(held)
    if not consultation.is_open:
        return
    settled = _settled(flow, columns)
    said: dict[analyst.Place, analyst.Opinion] = {}
    for batch in analyst.batches(found, settled, shows_samples=consultation.shows_samples):
        judged = consultation.judge(
            analyst.NAME, batch.purpose, batch.items, batch.options, batch.about
        )
        if judged:
            said |= analyst.opinions(batch, found, judged.verdicts, judged.accuracy)
    for (at, position), taken in analyst.advice(found, said).items():
        advice.take(columns[at][position], taken, consultation.model)


@transaction.atomic
def _settled(flow: Flow, columns: Sequence[Sequence[FieldMapping]]) -> set[analyst.Place]:
    """The columns about which people of this import decided."""
    words = remapping.said(flow)
    return {
        (at, position)
        for at, of_table in enumerate(columns)
        for position, mapping in enumerate(of_table)
        if (mapping.table_id, mapping.source_field) in words
    }


def _sample(table: ImportTable) -> pl.DataFrame:
    with table.parquet.open("rb") as stored:
        return pl.read_parquet(stored, n_rows=SAMPLE_ROWS)


def _learned(tables: Sequence[ImportTable]) -> Lessons:
    """What the people of the client account decided about columns called as these are."""
    headers = {known_as(name) for table in tables for name in table.columns}
    return Lessons(
        Lesson(
            header=learned.header,
            context=learned.context,
            target=learned.target_field,
            unit=learned.source_unit,
            held=learned.held,
            overruled=learned.overruled,
            decided_at=learned.decided_at,
        )
        for learned in LearnedMapping.objects.filter(header__in=headers)
    )


def _reading(flow: Flow, table: ImportTable, mapping: TableMapping) -> TableReading:
    return TableReading(
        flow=flow,
        table=table,
        grain=table.grain,
        asset_type=mapping.asset_type or "",
        context=mapping.context,
        evidence=table.grain_evidence,
    )


def _mappings(flow: Flow, table: ImportTable, mapping: TableMapping) -> Iterator[FieldMapping]:
    for position, column in enumerate(mapping.columns):
        yield FieldMapping(
            flow=flow,
            table=table,
            position=position,
            source_field=column.source_field,
            header=column.header,
            target_field=column.target,
            source_unit=column.unit or "",
            confidence=round(column.confidence, 4),
            source=_Source.LEARNED if column.learned else _Source.RULE,
            status=_status(column),
            evidence=list(column.evidence),
            sample_values=[value[:200] for value in column.sample_values],
            suggestions=[_shown(column.suggestion)] if column.suggestion else [],
            units=column.units,
        )


def _shown(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "target_field": suggestion.target,
        "source_unit": suggestion.unit or "",
        "confidence": round(suggestion.confidence, 4),
        "source": _Source.RULE.value,
    }


def _status(column: ColumnMapping) -> FieldMapping.Status:
    if column.target:
        return FieldMapping.Status.APPLIED
    doubtful = column.suggestion and not column.learned and column.confidence < decisions.SURE
    return FieldMapping.Status.SUGGESTED if doubtful else FieldMapping.Status.UNMAPPED
