"""Questions to people about assets of which neither rules nor agents are sure, and their answers.

The API imports this, so nothing here loads Polars or Pydantic.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from accounts.models import User
from assets.models import Asset
from discovery import questions
from discovery.models import Flow, FlowQuestion

if TYPE_CHECKING:
    from discovery.classification import Classified, Doubt

_Kind = FlowQuestion.Kind
KINDS: Final = (_Kind.ASSET_TYPE, _Kind.APPLICATION)
NONE: Final = "none"  # of the options: it belongs to no application
_FIELDS: Final = MappingProxyType(
    {_Kind.ASSET_TYPE: "asset_type", _Kind.APPLICATION: "application_name"}
)
_KINDS: Final = MappingProxyType({name: kind for kind, name in _FIELDS.items()})
_TEXTS: Final = MappingProxyType(
    {
        "asset_type": "What is {}?",
        "application_name": "Which application does {} belong to?",
    }
)


def apply_answer(question: FlowQuestion, answer: str, by: User) -> None:
    """Sets the field as a person's edit; `by` stands in the audit trail already, as who acts.

    Runs in the transaction of the answer. Raises AssetGone, and ValueError for what is no option.
    """
    if answer not in question.options:
        raise ValueError(f"Answer one of: {', '.join(question.options)}.")
    # Locked: it may be deleted at the same time.
    locked = Asset.objects.select_for_update(no_key=True).order_by()
    asset: Asset | None = locked.filter(pk=question.asset_id).first()
    if asset is None:
        raise questions.AssetGone
    asset.edit({_FIELDS[_Kind(question.kind)]: None if answer == NONE else answer})


def put(flow: Flow, made: "Classified") -> None:
    """One question for each look in doubt, about its first asset, unless that is known by now."""
    questions.put(flow, _questions(flow, made), KINDS)


def _questions(flow: Flow, made: "Classified") -> Iterator[FlowQuestion]:
    found = _assets(str(flow.data_import_id), made.doubts)
    for doubt in made.doubts:
        asset = found.get((doubt.table, doubt.row))
        if asset and doubt.field not in asset.edited_fields and not getattr(asset, doubt.field):
            yield _question(doubt, asset, made)


def _assets(import_id: str, doubts: "list[Doubt]") -> dict[tuple[str, int], Asset]:
    rows = {f"sources__{import_id}__row__in": [doubt.row for doubt in doubts]}
    found = Asset.objects.filter(**rows).only(*_KINDS, "sources", "edited_fields")
    places = ((asset.sources[import_id], asset) for asset in found)
    return {(place["table"], place["row"]): asset for place, asset in places}


def _question(doubt: "Doubt", asset: Asset, made: "Classified") -> FlowQuestion:
    alike = f" {doubt.count - 1} more look like it; the answer is for this one."
    more = alike if doubt.count > 1 else ""
    return FlowQuestion(
        kind=_KINDS[doubt.field],
        key=f"{doubt.field}:{doubt.key}",
        text=_TEXTS[doubt.field].format(doubt.name) + more,
        reason=doubt.reason,
        options=doubt.options,
        suggestion=doubt.suggestion,
        confidence=doubt.confidence,
        agent=made.agent,
        model=made.model,
        asset_id=asset.pk,
    )
