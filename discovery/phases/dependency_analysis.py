"""Finds what depends on what: fields that name other assets, and tables that state edges."""

import polars as pl
from django.db import transaction
from django.db.models import Avg, Exists, OuterRef, Q

from assets.writer import merge_dependencies
from discovery import engine, findings
from discovery.dependencies.connections import MISSED_SCHEMA, edges_of
from discovery.dependencies.references import Resolved, bearers, load_inventory
from discovery.dependencies.rules import EDGE_SCHEMA, RULES, Rule, apply, edges
from discovery.engine import Claim
from discovery.mapping import Grain
from discovery.models import FieldMapping, Flow
from discovery.phases import Outcome
from discovery.tables import clean_tables


def run(held: Claim) -> Outcome:
    flow = Flow.objects.get(pk=held.flow_id)
    inventory = load_inventory()
    names = bearers(inventory)
    found, missed = [], []
    for rule in RULES:
        resolved = apply(rule, inventory, names)
        found.append(edges(rule, resolved, _confidence(rule)))
        missed.append(_unresolved(rule, resolved))
    for stated, unknown in _stated_by_tables(flow, names):
        found.append(stated)
        missed.append(unknown)
    dependencies = _each_once(found)
    return _write(held, dependencies, pl.concat(missed))


def _stated_by_tables(flow: Flow, names: pl.DataFrame) -> "list[tuple[pl.DataFrame, pl.DataFrame]]":
    directed = FieldMapping.objects.filter(
        flow=flow, table=OuterRef("table"), target_field="edge.direction"
    )
    stating = Q(grain=Grain.CONNECTION) | Q(Exists(directed), grain=Grain.ASSET)
    return [edges_of(table, names) for table in clean_tables(flow, stating)]


def _confidence(rule: Rule) -> float:
    """How sure it is that the columns behind the field mean it; 1 where clients set it."""
    applied = FieldMapping.objects.filter(
        target_field=rule.field, status=FieldMapping.Status.APPLIED
    )
    average = applied.aggregate(average=Avg("confidence"))["average"]
    return 1.0 if average is None else round(average, 4)


def _unresolved(rule: Rule, resolved: Resolved) -> pl.DataFrame:
    """One finding for each name that means no asset, and not one for each asset that uses it."""
    return (
        resolved.missed.group_by("text", "reason", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("source_name").first())
        .select(
            table=pl.lit(""),
            row=pl.lit(None, pl.Int64),
            column=pl.lit(""),
            target=pl.lit(rule.field),
            value="text",
            reason=pl.format(
                "{} ({} asset(s) say so, such as {})", "reason", "count", "source_name"
            ),
        )
        .cast(MISSED_SCHEMA)  # type: ignore[arg-type]
    )


def _each_once(found: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([part.cast(EDGE_SCHEMA) for part in found]).unique(  # type: ignore[arg-type]
        ["source_asset_id", "target_asset_id", "dependency_type"], maintain_order=True
    )


@transaction.atomic
def _write(held: Claim, dependencies: pl.DataFrame, missed: pl.DataFrame) -> Outcome:
    findings.forget(held)
    findings.add(held, missed)
    changed = merge_dependencies(dependencies)
    engine.progress(held, 1, 1, f"{dependencies.height} dependencies")
    return Outcome(
        {"dependencies": dependencies.height, "changed": changed, "unresolved": missed.height}
    )
