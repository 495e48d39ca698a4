"""Decides for every table what its rows are, and for every column where it goes."""

from collections.abc import Iterator
from typing import Final

import polars as pl
from django.db import transaction

from discovery import engine
from discovery.engine import Claim
from discovery.mapping import ColumnMapping, TableMapping, map_tables
from discovery.models import FieldMapping, Flow, ImportTable, TableReading
from discovery.phases import Outcome

# The values of so many rows tell what a column holds; more of them only take longer.
SAMPLE_ROWS: Final = 2_000


def run(held: Claim) -> Outcome:
    with transaction.atomic():
        flow = Flow.objects.get(pk=held.flow_id)
        tables = list(ImportTable.objects.filter(data_import=flow.data_import_id))
    if flow.data_import_id is None:
        return Outcome(skipped=True)
    found = map_tables([(table.name, _sample(table)) for table in tables])
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
        grain=mapping.grain,
        asset_type=mapping.asset_type or "",
        evidence=list(mapping.grain_evidence),
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
