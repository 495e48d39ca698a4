"""Cleans the tables, makes one row of each asset, and writes those rows in chunks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from assets.retelling import Other, Telling
from assets.writer import Merged, forget_assets, merge_assets
from discovery import decisions, engine, findings, questions
from discovery.classification import Classified, classify, is_open, left_out
from discovery.cleaning import FINDING_SCHEMA
from discovery.cleaning.folding import Part, fold
from discovery.consultation.asking import Consultation
from discovery.engine import Claim, PhaseFailed
from discovery.mapping import Grain
from discovery.models import DataImport, Flow, PhaseRun, TableReading
from discovery.phases import Outcome
from discovery.questions import assets as asset_questions
from discovery.readers.table import ROW
from discovery.tables import clean_tables, reading_of

CHUNK: Final = 25_000
_FORGOTTEN_AT_ONCE: Final = 5_000  # what is deleted is kept in the audit trail, row by row
# What becomes of the rows of a table that describe no asset.
_LEFT_OUT: Final = {
    Grain.REFERENCE: "were taken for no assets",
    Grain.FINDING: "tell what was found on assets, and change none",
}
_DESCRIBING: Final = ~Q(grain__in=[Grain.CONNECTION, Grain.RELATION, *_LEFT_OUT])
_COUNTS: Final = ("created", "updated", "unchanged", "removed")


@dataclass(frozen=True, slots=True)
class SoFar:
    """What is written: so many assets, in this order, with these counts; and what agents judged,
    if they were asked.
    """

    done: int
    order: str
    counts: dict[str, int]
    classified: Classified | None = None

    @property
    def as_result(self) -> dict[str, Any]:
        judged = {"classified": self.classified.kept} if self.classified else {}
        return {"order": self.order, **self.counts, **judged}


def run(held: Claim) -> Outcome:
    with transaction.atomic():
        flow = Flow.objects.get(pk=held.flow_id)
        if flow.data_import_id is None:
            return Outcome(skipped=True)
        _refuse_without_rows(flow.data_import_id)
        assets, found = one_row_an_asset(flow)
        telling = _telling(flow)
        so_far = _so_far(held, assets)
    if so_far.done == 0:
        so_far = _classified(held, assets, so_far)
    if so_far.classified:
        found = pl.concat([found, left_out(so_far.classified)], how="diagonal")
        assets = so_far.classified.applied(assets, telling.import_id)
    if so_far.done == 0:
        with transaction.atomic():
            findings.forget(held)
            findings.add(held, found)
            decisions.heed(flow)
            note = f"{assets.height} assets in the import"
            kept = so_far.as_result if so_far.classified else None
            engine.progress(held, 0, assets.height, note, kept)
    for _ in range(so_far.done, assets.height, CHUNK):
        so_far = _write(held, assets, so_far, telling)
    while (after := _forget(held, assets, so_far, telling)) is not None:
        so_far = after
    waiting_for = _put_questions(held, flow, so_far.classified) if so_far.classified else ""
    result = {"assets": assets.height, "findings": found.height, **so_far.counts}
    return Outcome(result, waiting_for=waiting_for)


def _classified(held: Claim, assets: pl.DataFrame, so_far: SoFar) -> SoFar:
    """With what agents judge, which is asked once and kept before anything is written: no later
    attempt may have other answers in the middle.
    """
    consultation = Consultation.of(held)
    if so_far.classified or not consultation.is_open or not is_open(assets):
        return so_far
    return replace(so_far, classified=classify(consultation, assets))


@transaction.atomic
def _put_questions(held: Claim, flow: Flow, classified: Classified) -> str:
    """What a person has to answer before the flow goes on, if it was told to wait."""
    engine.renew(held)
    asset_questions.put(flow, classified)
    return questions.waiting_for(flow, asset_questions.KINDS)


def _refuse_without_rows(data_import_id: UUID) -> None:
    """Only here: who hands in a template sees in the mappings how its columns would be read."""
    data_import = DataImport.objects.get(pk=data_import_id)
    if not data_import.row_count:
        raise PhaseFailed(
            "no_rows",
            f"{data_import.file_name} has headers at most, and no rows. Export it again with data.",
        )


def one_row_an_asset(flow: Flow) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The assets of the import, each once, in the same order at every attempt; and findings."""
    parts, found = [], []
    for table in clean_tables(flow, _DESCRIBING):
        frame = table.cleaned.frame
        if "edge.direction" in frame.columns:  # its needs have a direction: edges, not a field
            frame = frame.drop("depends_on", strict=False)
        frame = frame.drop(name for name in frame.columns if name.startswith("edge."))
        parts.append(Part(table.name, table.grain, table.asset_type, frame))
        found.append(table.cleaned.findings.with_columns(table=pl.lit(table.name)))
    found.append(_left_out(flow))
    folded = fold(parts)
    assets = folded.frame.with_columns(_sources(flow))
    return assets, pl.concat([*found, folded.findings], how="diagonal")


def _left_out(flow: Flow) -> pl.DataFrame:
    """A finding for each table whose rows describe no asset: nothing goes in silence."""
    readings = TableReading.objects.filter(
        flow=flow, grain__in=_LEFT_OUT, table__row_count__gt=0
    ).select_related("table")
    return pl.DataFrame(
        [
            {
                "table": reading.table.name,
                "reason": f"Its {reading.table.row_count} row(s) "
                f"{_LEFT_OUT[Grain(reading.grain)]}: {'; '.join(reading.evidence)}.",
            }
            for reading in readings
        ],
        schema={**FINDING_SCHEMA, "table": pl.String},
    )


def _sources(flow: Flow) -> pl.Expr:
    """`{"<import>": {"table": "vInfo", "row": 12, "reading": "…"}}`: where it is described."""
    reading = pl.lit(reading_of(flow))
    place = pl.struct(table=pl.col("table"), row=pl.col(ROW), reading=reading)
    return pl.struct(place.alias(str(flow.data_import_id))).struct.json_encode().alias("sources")


def _telling(flow: Flow) -> Telling:
    """How the import is read, and whom else its assets can be asked for if it was otherwise."""
    alone = Telling(str(flow.data_import_id), reading_of(flow))
    if not alone.outdated().exists():
        return alone
    return replace(alone, others=dict(_others(flow)))


def _others(flow: Flow) -> Iterator[tuple[str, Other]]:
    """The other imports whose assets were made and whose decisions are known, the latest first."""
    made = Flow.objects.filter(
        phase_runs__phase="asset_creation", phase_runs__status=PhaseRun.Status.COMPLETED
    )
    last = made.filter(data_import=OuterRef("pk")).order_by("-phase_runs__finished_at")
    others = DataImport.objects.exclude(pk=flow.data_import_id).annotate(
        flow=Subquery(last.values("pk")[:1])
    )
    ours = DataImport.objects.get(pk=flow.data_import_id).created_at
    for other in others.filter(flow__isnull=False).order_by("-created_at"):
        rows = cache(partial(_rows_of, other.flow))
        yield str(other.pk), Other(rows, is_older=other.created_at < ours)


def _rows_of(flow_id: UUID) -> pl.DataFrame:
    assets, _ = one_row_an_asset(Flow.objects.get(pk=flow_id))
    return assets


def _so_far(held: Claim, assets: pl.DataFrame) -> SoFar:
    """Where earlier attempts left off, if they had the assets in this order; else the beginning.

    Another release may order them otherwise. To write a chunk again changes nothing.
    """
    order = str(assets.select("table", ROW).hash_rows().sum() or 0)
    kept = PhaseRun.objects.values_list("result", flat=True).get(pk=held.run_id)
    if kept.get("order") != order:
        return SoFar(0, order, dict.fromkeys(_COUNTS, 0))
    counts = {name: kept.get(name, 0) for name in _COUNTS}
    judged = Classified.read(kept["classified"]) if "classified" in kept else None
    return SoFar(held.done, order, counts, judged)


@transaction.atomic
def _write(held: Claim, assets: pl.DataFrame, so_far: SoFar, telling: Telling) -> SoFar:
    """One chunk. What it wrote, and that it is done, commit together."""
    chunk = assets.slice(so_far.done, CHUNK)
    merged = merge_assets(chunk, telling)
    findings.add(held, _kept_edits(chunk, merged))
    counts = {name: so_far.counts[name] + getattr(merged, name, 0) for name in _COUNTS}
    so_far = replace(so_far, done=so_far.done + chunk.height, counts=counts)
    note = f"{so_far.done} of {assets.height} assets"
    engine.progress(held, so_far.done, assets.height, note, so_far.as_result)
    return so_far


@transaction.atomic
def _forget(held: Claim, assets: pl.DataFrame, so_far: SoFar, telling: Telling) -> SoFar | None:
    """Takes the import back from some assets that it no longer describes; None if from none."""
    lapsed, deleted = forget_assets(telling, _FORGOTTEN_AT_ONCE)
    if not lapsed:
        return None
    counts = so_far.counts | {"removed": so_far.counts["removed"] + deleted}
    so_far = replace(so_far, counts=counts)
    note = f"{counts['removed']} assets are described no more"
    engine.progress(held, so_far.done, assets.height, note, so_far.as_result)
    return so_far


def _kept_edits(chunk: pl.DataFrame, merged: Merged) -> pl.DataFrame:
    places = chunk.select("table", pl.col(ROW).alias("row")).with_row_index("position")
    return merged.kept.join(places, on="position").select(
        "table",
        "row",
        column=pl.lit(""),
        target=pl.col("field"),
        value=pl.col("value"),
        reason=pl.lit("A person set this field to something else; the person's value was kept."),
    )
