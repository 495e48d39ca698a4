"""Finds what depends on what: fields that name other assets, and tables that state edges."""

from dataclasses import dataclass

import polars as pl
from django.db import transaction
from django.db.models import Avg, Exists, OuterRef, Q

from assets.bulk import fetch
from assets.models import Asset
from assets.writer import merge_dependencies
from discovery import engine, findings, questions
from discovery.consultation.asking import Consultation
from discovery.dependencies import inquiry
from discovery.dependencies.agreed import SURE, count, is_analysed, settle, tell
from discovery.dependencies.connections import MISSED_SCHEMA, Links, links_of
from discovery.dependencies.doubts import Doubts, Estate, doubts_of
from discovery.dependencies.references import bearers, load_inventory
from discovery.dependencies.rules import DECLARED, EDGE_SCHEMA, RULES, Rule, apply, edges
from discovery.dependencies.said import said_by
from discovery.dependencies.spoken import NO_TEXTS, free_texts, spoken_of
from discovery.engine import Claim
from discovery.mapping import Grain
from discovery.models import FieldMapping, Flow
from discovery.phases import Outcome
from discovery.questions.dependencies import KINDS, asked
from discovery.tables import clean_tables


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules found, and what they left open. `said` is as SAID_SCHEMA has it; `ours` are
    the assets that the flow's import describes, None for all.
    """

    edges: pl.DataFrame
    missed: pl.DataFrame
    said: pl.DataFrame
    ours: pl.Series | None


def run(held: Claim) -> Outcome:
    """The rules' answer is written before an agent is asked, and stands whatever that does."""
    consultation = Consultation.of(held)
    with transaction.atomic():
        flow = Flow.objects.get(pk=held.flow_id)
        inventory = load_inventory()
        names = bearers(inventory)
        found = _by_rules(flow, inventory, names)
        result = _write(held, found)
        if not consultation.is_open and not is_analysed():
            return Outcome(result)
        doubts = _doubts(consultation, found, inventory, names)
    answers = inquiry.ask(consultation, doubts)
    with transaction.atomic():
        changed = settle(answers, consultation.model, found.said)
        tell(held, found.said)
        if consultation.is_open:
            questions.put(flow, asked(answers.opinions, consultation.model, SURE), KINDS)
        by_agent = count(found.ours)
        total = result["dependencies"] + by_agent
        engine.progress(held, 1, 1, f"{total} dependencies")
        waiting_for = questions.waiting_for(flow, KINDS)
    changed += result["changed"]
    totals = {"dependencies": total, "by_agent": by_agent, "changed": changed}
    return Outcome(result | totals, waiting_for=waiting_for)


def _by_rules(flow: Flow, inventory: pl.DataFrame, names: pl.DataFrame) -> Found:
    ours = _described(flow)
    found, missed, said = [], [], []
    for rule in RULES:
        resolved = apply(rule, inventory, names)
        found.append(edges(rule, resolved, _confidence(rule)))
        missed.append(_unresolved(rule, resolved.missed.filter(_is_in("source_id", ours))))
        said.append(said_by(rule, resolved))
    for links in _stated_by_tables(flow, names):
        found.append(links.edges)
        missed.append(links.missed)
        said.append(links.said)
    return Found(_each_once(found), pl.concat(missed), pl.concat(said), ours)


def _doubts(
    consultation: Consultation, found: Found, inventory: pl.DataFrame, names: pl.DataFrame
) -> Doubts:
    """After the rules' dependencies are written: of those pairs nothing is open."""
    if not consultation.is_open:
        return Doubts()
    texts = free_texts(Asset.objects.all()) if consultation.shows_samples else NO_TEXTS
    return doubts_of(Estate(inventory, names, found.ours, spoken_of()), found.said, texts)


def _described(flow: Flow) -> pl.Series | None:
    """The assets that the flow's import describes; None stands for all of them."""
    if flow.data_import_id is None:
        return None
    described = Asset.objects.filter(sources__has_key=str(flow.data_import_id))
    return fetch(described, ("id",), frozenset())["id"]


def _is_in(column: str, assets: pl.Series | None) -> pl.Expr:
    return pl.lit(value=True) if assets is None else pl.col(column).is_in(assets.implode())


def _stated_by_tables(flow: Flow, names: pl.DataFrame) -> list[Links]:
    directed = FieldMapping.objects.filter(
        flow=flow, table=OuterRef("table"), target_field="edge.direction"
    )
    stating = Q(grain__in=[Grain.CONNECTION, Grain.RELATION]) | Q(
        Exists(directed), grain=Grain.ASSET
    )
    return [links_of(table, names) for table in clean_tables(flow, stating)]


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


def _write(held: Claim, found: Found) -> dict[str, int]:
    """Every dependency of the engagement is written; the result counts those of the import."""
    ours = _is_in("source_asset_id", found.ours) | _is_in("target_asset_id", found.ours)
    of_import = found.edges.filter(ours).height
    findings.forget(held)
    findings.add(held, found.missed)
    changed = merge_dependencies(found.edges, DECLARED)
    engine.progress(held, 1, 1, f"{of_import} dependencies")
    return {"dependencies": of_import, "changed": changed, "unresolved": found.missed.height}
