"""The tables of a flow, cleaned by its mappings."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from discovery.cleaning import Cleaned, ColumnRule, clean_table
from discovery.models import FieldMapping, Flow, TableReading


@dataclass(frozen=True, slots=True)
class CleanTable:
    """`confidence` says for each target how sure the mapping of its column is."""

    name: str
    grain: str
    asset_type: str | None
    cleaned: Cleaned
    confidence: dict[str, float]


def clean_tables(flow: Flow, grains: frozenset[str]) -> Iterator[CleanTable]:
    """The tables whose rows are of one of these grains, one after the other."""
    readings = TableReading.objects.filter(flow=flow, grain__in=grains).select_related("table")
    for reading in readings:
        mappings = FieldMapping.objects.filter(flow=flow, table=reading.table)
        rules = [
            ColumnRule(m.source_field, m.target_field, m.source_unit or None) for m in mappings
        ]
        with reading.table.parquet.open("rb") as stored:
            frame = pl.read_parquet(stored)
        yield CleanTable(
            name=reading.table.name,
            grain=reading.grain,
            asset_type=reading.asset_type or None,
            cleaned=clean_table(frame, rules),
            confidence={m.target_field: m.confidence for m in mappings if m.target_field},
        )
