"""Decides for every table what its rows are, and for every column where it goes."""

from collections.abc import Iterator

import polars as pl
from django.db import transaction

from discovery import engine
from discovery.engine import Claim
from discovery.mapping import ColumnMapping, Grain, TableMapping, map_tables
from discovery.models import FieldMapping, Flow, ImportTable, TableReading
from discovery.phases import Outcome
from discovery.reading import SAMPLE_ROWS
from discovery.tables import refuse_stale


def run(held: Claim) -> Outcome:
    with transaction.atomic():
        flow = Flow.objects.select_related("data_import").get(pk=held.flow_id)
        refuse_stale(flow)
        tables = list(ImportTable.objects.filter(data_import=flow.data_import_id, skipped=False))
    if flow.data_import_id is None:
        return Outcome(skipped=True)
    grains = [Grain(table.grain) for table in tables]
    found = map_tables([(table.name, _sample(table)) for table in tables], grains)
    readings = [_reading(flow, *pair) for pair in zip(tables, found, strict=True)]
    mappings = [m for pair in zip(tables, found, strict=True) for m in _mappings(flow, *pair)]
    with transaction.atomic():
        TableReading.objects.filter(flow=flow).delete()
        FieldMapping.objects.filter(flow=flow).delete()
        TableReading.objects.bulk_create(readings)
        FieldMapping.objects.bulk_create(mappings, batch_size=1000)
        engine.progress(held, len(mappings), len(mappings))
    applied = sum(mapping.target_field is not None for mapping in mappings)
    return Outcome({"columns": len(mappings), "mapped": applied})


def _sample(table: ImportTable) -> pl.DataFrame:
    with table.parquet.open("rb") as stored:
        return pl.read_parquet(stored, n_rows=SAMPLE_ROWS)


def _reading(flow: Flow, table: ImportTable, mapping: TableMapping) -> TableReading:
    return TableReading(
        flow=flow,
        table=table,
        grain=table.grain,
        asset_type=mapping.asset_type or "",
        evidence=table.grain_evidence,
    )


def _mappings(flow: Flow, table: ImportTable, mapping: TableMapping) -> Iterator[FieldMapping]:
    for position, column in enumerate(mapping.columns):
        yield FieldMapping(
            flow=flow,
            table=table,
            position=position,
            source_field=column.source_field,
            target_field=column.target,
            source_unit=column.unit or "",
            confidence=round(column.confidence, 4),
            status=_status(column),
            evidence=list(column.evidence),
            sample_values=[value[:200] for value in column.sample_values],
        )


def _status(column: ColumnMapping) -> FieldMapping.Status:
    return FieldMapping.Status.APPLIED if column.target else FieldMapping.Status.UNMAPPED
