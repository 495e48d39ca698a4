"""The tables of a flow, cleaned by its mappings."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import orjson
import polars as pl
from django.db.models import Q

from discovery.cleaning import Cleaned, ColumnRule, clean_table
from discovery.engine import PhaseFailed
from discovery.models import DataImport, FieldMapping, Flow, TableReading


@dataclass(frozen=True, slots=True)
class CleanTable:
    """`confidence` says for each target how sure the mapping of its column is, unless a person
    decided it.
    """

    name: str
    grain: str
    asset_type: str | None
    cleaned: Cleaned
    confidence: dict[str, float]


def refuse_stale(flow: Flow) -> None:
    """Raises PhaseFailed where the import was, or is to be, read anew after it was mapped."""
    data_import, mapped = flow.data_import, flow.runs["field_mapping"].finished_at
    if data_import is None:
        return
    read_since = mapped and data_import.read_at and data_import.read_at > mapped
    if read_since or data_import.status == DataImport.Status.UPLOADED:
        raise PhaseFailed(
            "tables_changed",
            f"Somebody decided to have {data_import.file_name} read in another way since this flow "
            "mapped its columns. Run the flow again from the phase data_import.",
        )


def reading_of(flow: Flow) -> str:
    """A name for how the flow reads its tables: the same name, the same assets."""
    tables = TableReading.objects.filter(flow=flow).order_by("table__position")
    read = tables.values_list(
        "table__name", "table__header_row", "table__row_count", "grain", "asset_type"
    )
    rules = FieldMapping.objects.filter(flow=flow).order_by("table__position", "position")
    decided = rules.values_list("table__position", "source_field", "target_field", "source_unit")
    return sha256(orjson.dumps([list(read), list(decided)])).hexdigest()[:8]


def clean_tables(flow: Flow, which: Q) -> Iterator[CleanTable]:
    """The tables of the flow whose readings fit `which`, one after the other.

    Raises PhaseFailed if the columns of those tables are not the ones that were mapped.
    """
    refuse_stale(flow)
    for reading in TableReading.objects.filter(which, flow=flow).select_related("table"):
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
            confidence={
                m.target_field: m.confidence
                for m in mappings
                if m.target_field and m.confidence is not None
            },
        )
