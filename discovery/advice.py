"""What the field mapping analyst said of columns, written onto what the rules made of them."""

from typing import Any

from discovery.agents.field_mapping_analyst import NAME, Advice, Opinion, Part
from discovery.decisions import SURE
from discovery.models import FieldMapping

_Status = FieldMapping.Status


def take(mapping: FieldMapping, advice: Advice, model: str) -> None:
    """`mapping` is not saved here, and nobody has decided about it."""
    opinion = advice.opinion
    if advice.part is Part.AGREES:
        _strengthen(mapping, opinion)
    elif advice.part is Part.DECIDES:
        _decide(mapping, opinion, model)
    else:
        _suggest(mapping, opinion, model)


def _strengthen(mapping: FieldMapping, opinion: Opinion) -> None:
    mapping.confidence = round(opinion.confidence, 4)
    mapping.evidence = [*mapping.evidence, f"{NAME} agrees: {opinion.reason}"]
    if mapping.status == _Status.SUGGESTED and opinion.confidence >= SURE:
        mapping.status = _Status.UNMAPPED


def _decide(mapping: FieldMapping, opinion: Opinion, model: str) -> None:
    entry = _entry(mapping, opinion, model)
    mapping.target_field, mapping.source_unit = opinion.target, entry["source_unit"]
    mapping.confidence, mapping.source = entry["confidence"], FieldMapping.Source.AGENT
    mapping.status = _Status.APPLIED if opinion.target else _Status.UNMAPPED
    mapping.evidence = [f"{NAME}: {opinion.reason}", *mapping.evidence]
    mapping.suggestions = [entry, *mapping.suggestions]


def _suggest(mapping: FieldMapping, opinion: Opinion, model: str) -> None:
    """The likeliest is what an approval takes, be it that of the rules."""
    guesses = [_entry(mapping, opinion, model), *mapping.suggestions]
    mapping.suggestions = sorted(guesses, key=lambda guess: -guess["confidence"])
    if mapping.target_field is None:
        mapping.status = _Status.SUGGESTED


def _entry(mapping: FieldMapping, opinion: Opinion, model: str) -> dict[str, Any]:
    return {
        "target_field": opinion.target,
        "source_unit": mapping.units.get(str(opinion.target), ""),
        "confidence": round(opinion.confidence, 4),
        "source": FieldMapping.Source.AGENT.value,
        "agent": NAME,
        "model": model,
        "reason": opinion.reason,
        "sure": opinion.sure,
    }
