"""Finds what depends on what: fields that name other assets, and tables that state edges."""

import polars as pl
from django.db import transaction
from django.db.models import Avg, Exists, OuterRef, Q

from assets.bulk import fetch
from assets.models import Asset
from assets.writer import merge_dependencies
from discovery import engine, findings
from discovery.dependencies.connections import MISSED_SCHEMA, edges_of
from discovery.dependencies.references import bearers, load_inventory
from discovery.dependencies.rules import DECLARED, EDGE_SCHEMA, RULES, Rule, apply, edges
from discovery.engine import Claim
from discovery.mapping import Grain
from discovery.models import FieldMapping, Flow
from discovery.phases import Outcome
from discovery.tables import clean_tables


@transaction.atomic
def run(held: Claim) -> Outcome:
    flow = Flow.objects.get(pk=held.flow_id)
    inventory = load_inventory()
    names = bearers(inventory)
    ours = _described(flow)
    found, missed = [], []
    for rule in RULES:
        resolved = apply(rule, inventory, names)
        found.append(edges(rule, resolved, _confidence(rule)))
        missed.append(_unresolved(rule, resolved.missed.filter(_is_in("source_id", ours))))
    for stated, unknown in _stated_by_tables(flow, names):
        found.append(stated)
        missed.append(unknown)
    dependencies = _each_once(found)
    of_import = _is_in("source_asset_id", ours) | _is_in("target_asset_id", ours)
    return _write(held, dependencies, pl.concat(missed), dependencies.filter(of_import).height)


def _described(flow: Flow) -> pl.Series | None:
    """The assets that the flow's import describes; None stands for all of them."""
    if flow.data_import_id is None:
        return None
    described = Asset.objects.filter(sources__has_key=str(flow.data_import_id))
    return fetch(described, ("id",), frozenset())["id"]


def _is_in(column: str, assets: pl.Series | None) -> pl.Expr:
    return pl.lit(value=True) if assets is None else pl.col(column).is_in(assets.implode())


def _stated_by_tables(flow: Flow, names: pl.DataFrame) -> "list[tuple[pl.DataFrame, pl.DataFrame]]":
    directed = FieldMapping.objects.filter(
        flow=flow, table=OuterRef("table"), target_field="edge.direction"
    )
    stating = Q(grain__in=[Grain.CONNECTION, Grain.RELATION]) | Q(
        Exists(directed), grain=Grain.ASSET
    )
    return [edges_of(table, names) for table in clean_tables(flow, stating)]


def _confidence(rule: Rule) -> float:
    """How sure it is that the columns behind the field mean it; 1 where clients set it."""
    applied = FieldMapping.objects.filter(target_field=rule.field)
    average = applied.aggregate(average=Avg("confidence"))["average"]
    return 1.0 if average is None else round(average, 4)


def _unresolved(rule: Rule, missed: pl.DataFrame) -> pl.DataFrame:
    """One finding for each name that means no asset, and not one for each asset that uses it."""
    return (
        missed.group_by("text", "reason", maintain_order=True)
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


def _write(
    held: Claim, dependencies: pl.DataFrame, missed: pl.DataFrame, of_import: int
) -> Outcome:
    """Every dependency of the engagement is written; the result counts those of the import."""
    findings.forget(held)
    findings.add(held, missed)
    changed = merge_dependencies(dependencies, DECLARED)
    engine.progress(held, 1, 1, f"{of_import} dependencies")
    return Outcome({"dependencies": of_import, "changed": changed, "unresolved": missed.height})
