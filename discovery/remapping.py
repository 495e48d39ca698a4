"""The columns of a flow mapped anew: as the machine finds, where no person said otherwise."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.db import transaction

from assets.fields import takes_several
from discovery.models import FieldMapping, Flow

# A table keeps its id as long as its name, however the import is read.
Column = tuple[UUID, str]
Goal = tuple[UUID, str]
_Status: Final = FieldMapping.Status


@transaction.atomic
def map_anew(flow: Flow, mappings: Iterable[FieldMapping]) -> None:
    """Puts what the machine found in the place of what it found before.

    What a person decided about a column stays, and holds for the same column in every later flow
    of the import. The machine gives no other column the target that he chose.
    """
    new = {_column(mapping): mapping for mapping in mappings}
    words = said(flow)
    decided = _still_there(flow, new)
    left = {column: mapping for column, mapping in new.items() if column not in decided}
    taken = {goal for mapping in decided.values() for goal in _goals(mapping)}
    followed = _follow_what_was_said(left, words, taken)
    for column, mapping in left.items():
        if column not in followed and taken.intersection(_goals(mapping)):
            _give_way(mapping)
    FieldMapping.objects.bulk_create(left.values(), batch_size=1000)


def _column(mapping: FieldMapping) -> Column:
    return mapping.table_id, mapping.source_field


def _goals(mapping: FieldMapping) -> list[Goal]:
    """The target that no other column of the table can have then, if there is one."""
    target = mapping.target_field
    return [] if target is None or takes_several(target) else [(mapping.table_id, target)]


def said(flow: Flow) -> dict[Column, FieldMapping]:
    """What people decided last about the columns of the import, in whichever flow: last first."""
    decided = FieldMapping.objects.filter(
        table__data_import=flow.data_import_id, decided_at__isnull=False
    )
    last: dict[Column, FieldMapping] = {}
    for mapping in decided.order_by("-decided_at"):
        last.setdefault(_column(mapping), mapping)
    return last


def _still_there(flow: Flow, new: Mapping[Column, FieldMapping]) -> dict[Column, FieldMapping]:
    """What people decided in this flow about these columns, wherever they stand now.

    Decisions about columns that a table lost are deleted: another row names its columns. Those
    about tables that the flow passes over stay, for they may come back.
    """
    known = FieldMapping.objects.filter(flow=flow)
    known.filter(decided_at=None).delete()
    decided = known.filter(table__in={table for table, _ in new})
    kept = {_column(m): m for m in decided if _column(m) in new}
    moved = [m for column, m in kept.items() if m.position != new[column].position]
    still = {m.pk for m in kept.values()} - {m.pk for m in moved}
    decided.exclude(pk__in=still).delete()  # two that change places would collide
    for mapping in moved:
        now = new[_column(mapping)]
        mapping.position, mapping.sample_values = now.position, now.sample_values
    FieldMapping.objects.bulk_create(moved, batch_size=1000)
    return kept


def _follow_what_was_said(
    mappings: Mapping[Column, FieldMapping], words: Mapping[Column, FieldMapping], taken: set[Goal]
) -> set[Column]:
    """Of two columns that were given one target, in two flows, that of the last word has it."""
    followed = set()
    for column, word in words.items():
        if column in mappings and taken.isdisjoint(_goals(word)):
            _follow(mappings[column], word)
            taken.update(_goals(word))
            followed.add(column)
    return followed


def _follow(mapping: FieldMapping, word: FieldMapping) -> None:
    """What was learned of the name may be another thing: a later word on another table."""
    same = (mapping.target_field, mapping.source_unit) == (word.target_field, word.source_unit)
    if same and mapping.status != _Status.SUGGESTED:
        return
    mapping.target_field, mapping.source_unit = word.target_field, word.source_unit
    mapping.source, mapping.confidence = FieldMapping.Source.LEARNED, None
    mapping.status = _Status.APPLIED if word.target_field else _Status.UNMAPPED
    where = f"to {word.target_field}" if word.target_field else "to no field"
    unit = f" in {word.source_unit}" if word.source_unit else ""
    mapping.evidence = [
        f"in an earlier run of this import a person gave this column {where}{unit}",
        *mapping.evidence,
    ]


def _give_way(mapping: FieldMapping) -> None:
    target = mapping.target_field
    mapping.target_field, mapping.source_unit, mapping.confidence = None, "", None
    mapping.status = _Status.UNMAPPED
    mapping.evidence = [f"a person gave {target} to another column", *mapping.evidence]
