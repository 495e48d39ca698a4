"""Sums up: the figures of the run, what the rules noticed, and what the strategist advises."""

from collections.abc import Iterator
from typing import Any, Final

from django.db import transaction
from django.db.models import Avg, Count

from assets.graph import Shape, shape
from assets.models import Asset, Dependency
from discovery import engine
from discovery.consultation import ledger
from discovery.consultation.asking import Consultation
from discovery.engine import Claim
from discovery.models import FieldMapping, Finding, Flow
from discovery.phases import Outcome
from discovery.strategy import Advice

RULES: Final = "rules"


def run(held: Claim) -> Outcome:
    advice = Advice.of(Consultation.of(held))
    with transaction.atomic():
        flow = Flow.objects.get(pk=held.flow_id)
        results = _results(flow)
        if advice:
            advice.put_questions(flow)
            results["agent_insights"] += advice.insights
            results["strategy"] = advice.strategy
            engine.progress(held, 1, 1)
    return Outcome(results)


def _results(flow: Flow) -> dict[str, Any]:
    mappings = FieldMapping.objects.filter(flow=flow)
    created = flow.runs["asset_creation"].result
    mapped = mappings.filter(target_field__isnull=False)
    estate = shape(Dependency.objects.values_list("source_asset_id", "target_asset_id"))
    return {
        "assets_discovered": created.get("assets", 0),
        "assets_created": created.get("created", 0),
        "assets_updated": created.get("updated", 0),
        "assets_unchanged": created.get("unchanged", 0),
        "assets_removed": created.get("removed", 0),
        "dependencies_mapped": flow.runs["dependency_analysis"].result["dependencies"],
        "field_mappings_created": mappings.count(),
        "findings": Finding.objects.filter(flow=flow).count(),
        "confidence_score": _confidence(mapped),
        "agents": ledger.totals(flow),
        "agent_insights": [*_mapping_insights(mappings), *_graph_insights(estate)],
    }


def _confidence(mapped: Any) -> float:
    """The mean confidence of the mappings that were applied; of the dependencies without any."""
    for rows in (mapped, Dependency.objects.all()):
        average: float | None = rows.aggregate(average=Avg("confidence"))["average"]
        if average is not None:
            return round(average, 4)
    return 0.0


def _insight(text: str, confidence: float) -> dict[str, Any]:
    return {"agent": RULES, "insight": text, "confidence": confidence}


def _mapping_insights(mappings: Any) -> Iterator[dict[str, Any]]:
    total = mappings.count()
    if not total:
        return
    mapped = mappings.filter(target_field__isnull=False)
    doubtful = list(mapped.order_by("confidence").values_list("source_field", flat=True)[:3])
    yield _insight(
        f"{mapped.count()} of {total} columns go to a canonical field, the others to attributes. "
        f"Least sure: {', '.join(doubtful) or 'none'}.",
        _confidence(mapped),
    )


def _graph_insights(estate: Shape) -> Iterator[dict[str, Any]]:
    """Counted on the graph, so as sure as the dependencies are on average."""
    if not estate.dependencies:
        return
    # Of every type, while the graph has one edge for two assets.
    known = Dependency.objects.aggregate(count=Count("id"), average=Avg("confidence"))
    confidence = 1.0 if known["average"] is None else round(known["average"], 4)
    yield _insight(
        f"{known['count']} dependencies tie {estate.assets} assets into {estate.groups} "
        f"group(s); the largest holds {estate.largest_group}.",
        confidence,
    )
    if estate.cycles:
        yield _insight(f"Circles of assets that need each other: {estate.cycles}.", confidence)
    if estate.most_needed:
        asset_id, count = estate.most_needed[0]
        # Somebody may have deleted it meanwhile.
        for name in Asset.objects.filter(pk=asset_id).values_list("name", flat=True):
            yield _insight(f"{name} is needed by the most assets: {count}.", confidence)
