"""What a client account's people decide about columns, kept for its next imports.

It is written in the transaction of the decision, and read by phases/field_mapping.py.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from discovery.models import FieldMapping, Flow, LearnedMapping, TableReading

_COUNTED = ["source_unit", "source_field", "held", "overruled", "decided_by", "decided_at"]
# The name of a column, and the kind of table that it stands in.
Place = tuple[str, str]


def learn(flow: Flow, decided: Sequence[FieldMapping], by: User) -> None:
    """Counts decisions: each holds once more, and overrules the last word if that was another.

    Of a table that the flow passes over nobody knows the kind, so nothing is learned of it.
    """
    contexts = dict(TableReading.objects.filter(flow=flow).values_list("table_id", "context"))
    now = timezone.now()
    votes = [
        _vote(each, contexts[each.table_id], by, now)
        for each in decided
        if each.header and each.table_id in contexts
    ]
    known = _known(votes)
    for vote in votes:
        _count(vote, known[_place(vote)])
    rows = [row for same in known.values() for row in same]
    LearnedMapping.objects.bulk_update(rows, _COUNTED, batch_size=1000)


def take_back(mapping: FieldMapping) -> None:
    """Uncounts what a person decided about this very column before, if anybody did."""
    if mapping.decided_at is None:
        return
    reading = TableReading.objects.filter(flow=mapping.flow_id, table=mapping.table_id).first()
    if reading is None:  # the flow passes the table over by now
        return
    same = LearnedMapping.objects.filter(header=mapping.header, context=reading.context)
    rows = list(same.order_by("pk").select_for_update(of=("self",)))
    row = next((row for row in rows if row.held and _says(row, mapping.target_field)), None)
    if row is None:  # forgotten meanwhile
        return
    row.held -= 1
    last = _last_word(rows)
    if row.held == 0 and last:
        last.overruled = max(last.overruled - 1, 0)
    LearnedMapping.objects.bulk_update(rows, _COUNTED)
    same.filter(held=0).delete()


def _vote(mapping: FieldMapping, context: str, by: User, now: datetime) -> LearnedMapping:
    """The unit is kept where people set it against what header and values say."""
    unit, found = mapping.source_unit, mapping.units.get(str(mapping.target_field), "")
    return LearnedMapping(
        header=mapping.header,
        context=context,
        target_field=mapping.target_field,
        source_unit=None if unit == found else unit,
        source_field=mapping.source_field[:300],
        decided_by=by,
        decided_at=now,
    )


def _place(row: LearnedMapping) -> Place:
    return row.header, row.context


def _known(votes: Sequence[LearnedMapping]) -> dict[Place, list[LearnedMapping]]:
    """All that is known of the same columns, locked, with a row for each vote.

    New rows are made before the others are read, with nothing counted: of two people who decide
    at once the second waits there, and then finds them. They come in one order, lest each waits
    for the other.
    """
    new = sorted(votes, key=lambda vote: (*_place(vote), vote.target_field or ""))
    LearnedMapping.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
    rows = LearnedMapping.objects.filter(header__in={vote.header for vote in votes})
    known = defaultdict(list)
    for row in rows.order_by("pk").select_for_update(of=("self",)):
        known[_place(row)].append(row)
    return known


def _count(vote: LearnedMapping, rows: Sequence[LearnedMapping]) -> None:
    last = _last_word(rows)
    row = next(row for row in rows if _says(row, vote.target_field))
    if last and last is not row:
        last.overruled += 1
    row.held += 1
    row.source_unit, row.source_field = vote.source_unit, vote.source_field
    row.decided_by, row.decided_at = vote.decided_by, vote.decided_at


def _says(row: LearnedMapping, target: str | None) -> bool:
    return row.target_field == target


def _last_word(rows: Sequence[LearnedMapping]) -> LearnedMapping | None:
    return max((row for row in rows if row.held), key=lambda row: row.decided_at, default=None)
