"""The field mapping analyst: which field a column is, asked where the rules are in doubt.

What the rules hold is not told: a model that repeats it would look like a second witness, and the
controls would be given away.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from itertools import islice
from typing import Any, Final

from assets.fields import EDGE_FIELDS, FIELDS, takes_several
from discovery.agents.redaction import redacted, samples
from discovery.agents.trust import UNKNOWN, sobered, weigh
from discovery.agents.verdicts import MOST_ITEMS, Item, Verdict
from discovery.grains import NOT_IN_USE, Grain
from discovery.mapping import ColumnMapping, TableMapping
from discovery.mapping.aliases import NONE
from discovery.mapping.header import compact
from discovery.mapping.knowledge import knowledge

NAME: Final = "field_mapping_analyst"
# Of labelled columns one in eight of those in doubt is wrong, and one in fifty of the others. Up to
# 0.93 it is one in 25: to ask about these too would be a third more columns, for 0.002 of F1.
ASK_BELOW: Final = 0.9
SURE: Final = 0.97  # what the rules are so sure of can be a control
_MOST_CONTROLS: Final = 8
_MOST_CONTROLS_WITHOUT: Final = 2  # lest "none" be a good answer to everything
MOST_QUESTIONS: Final = 20  # of a flow
_MOST_ASKED: Final = MOST_ITEMS - _MOST_CONTROLS
_MOST_NAME: Final = 100  # characters
_BESIDE: Final = 2  # columns on either side
_WORTH_SAYING: Final = 0.05
_BAR: Final = knowledge("calibration")["bar"]
_OF_LINKS: Final = (Grain.CONNECTION, Grain.RELATION)
_ROWS: Final = {
    Grain.ASSET: "an asset (a machine, an application, a database, a device)",
    Grain.DISK: "a disk of an asset",
    Grain.PARTITION: "a partition or file system of an asset",
    Grain.NIC: "a network card of an asset",
    Grain.SAMPLE: "figures of an asset at a moment",
    Grain.TAG: "a tag of an asset",
    Grain.CONNECTION: "a connection that was seen between two assets",
    Grain.RELATION: "a link between two assets that somebody recorded",
}

# A column: the place of its table, and its own in there.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Batch:
    """What makes one question: columns of tables of one grain. `places` says which column each
    item is.
    """

    items: tuple[Item, ...]
    options: Mapping[str, str]
    about: Mapping[str, Any]
    places: Mapping[str, Place]

    @property
    def purpose(self) -> str:
        asked = sum(item.known is None for item in self.items)
        return f"the fields of {asked} columns" if asked > 1 else "the field of a column"


def batches(
    tables: Sequence[TableMapping], settled: Collection[Place], *, shows_samples: bool
) -> Iterator[Batch]:
    """The questions about the columns in doubt but the `settled` ones: the first columns, where
    they are more than the other agents may be left without a budget for.
    """
    doubtful: dict[Grain, list[Place]] = defaultdict(list)
    for at, table in enumerate(tables):
        for position, column in enumerate(table.columns):
            if is_in_doubt(table, column) and (at, position) not in settled:
                doubtful[table.grain].append((at, position))
    found = (
        _batch(tables, grain, some, shows_samples=shows_samples)
        for grain, places in doubtful.items()
        for some in _evenly(places)
    )
    return islice(found, MOST_QUESTIONS)


def is_in_doubt(table: TableMapping, column: ColumnMapping) -> bool:
    """What people decided before is out of question, whatever the figure."""
    if table.grain in NOT_IN_USE or column.learned:
        return False
    return column.confidence < ASK_BELOW or _is_unknown(column)


def _is_unknown(column: ColumnMapping) -> bool:
    """Whether it holds values of which the rules know nothing, not even that they have no field."""
    guesses = (share for field, share in column.beliefs.items() if field != NONE)
    nothing = column.target is None and max(guesses, default=0.0) < _WORTH_SAYING
    return nothing and bool(column.sample_values) and not column.listed


def _evenly(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    """In as few questions as possible, of about one size."""
    questions = -(-len(places) // _MOST_ASKED)
    size = -(-len(places) // questions)
    for start in range(0, len(places), size):
        yield places[start : start + size]


def _batch(
    tables: Sequence[TableMapping], grain: Grain, asked: Sequence[Place], *, shows_samples: bool
) -> Batch:
    options = _options(grain, [_column(tables, place) for place in asked])
    known = _controls(tables, sorted({at for at, _ in asked}), options)
    # Numbered in the order of the file, lest the numbers tell the controls.
    named = {f"c{n}": place for n, place in enumerate(sorted([*asked, *known]), 1)}
    items = [
        Item(name, _facts(tables, place, shows_samples=shows_samples), known.get(place))
        for name, place in named.items()
    ]
    about = {
        "a row is": _ROWS[grain],
        "tables": {f"t{at + 1}": _told_of(tables[at]) for at in sorted({at for at, _ in asked})},
    }
    return Batch(tuple(items), options, about, named)


def _column(tables: Sequence[TableMapping], place: Place) -> ColumnMapping:
    at, position = place
    return tables[at].columns[position]


def _options(grain: Grain, columns: Sequence[ColumnMapping]) -> dict[str, str]:
    """What a column can be in such a table: also what the rules take for possible there."""
    possible = {field for column in columns for field in column.beliefs}
    links = grain in _OF_LINKS
    return {
        **{f.name: f.description for f in FIELDS if not links or f.name in possible},
        **{f.name: f.description for f in EDGE_FIELDS if links or f.name in possible},
        NONE: "None of these: something else, or nothing that can be told.",
    }


def _told_of(table: TableMapping) -> dict[str, str]:
    told = {"name": redacted(table.table, _MOST_NAME)}
    return told | ({"its rows are": table.asset_type} if table.asset_type else {})


def _facts(tables: Sequence[TableMapping], place: Place, *, shows_samples: bool) -> dict[str, Any]:
    at, position = place
    columns = tables[at].columns
    before, after = columns[max(0, position - _BESIDE) : position], columns[position + 1 :]
    facts = {
        "table": f"t{at + 1}",
        "column": _name(columns[position]),
        "beside": [_name(column) for column in (*before, *after[:_BESIDE])],
    }
    if shows_samples:
        column = columns[position]
        facts["samples"] = samples(column.source_field, column.sample_values)
    return facts


def _name(column: ColumnMapping) -> str:
    return redacted(column.source_field, _MOST_NAME)


# --- Controls ------------------------------------------------------------------------------------


def _controls(
    tables: Sequence[TableMapping], which: Sequence[int], options: Collection[str]
) -> dict[Place, str]:
    """Columns of the same tables of which the rules are sure, each another answer.

    The least sure of them are the most like the ones in doubt, and those that are called as their
    field is come last. Some are rightly without a field.
    """
    columns = {(at, n): c for at in which for n, c in enumerate(tables[at].columns)}
    surest = {p: c for p, c in columns.items() if c.target in options and c.confidence >= SURE}
    targets: dict[str | None, Place] = {}
    for place in sorted(surest, key=lambda p: (_is_called_so(surest[p]), surest[p].confidence, p)):
        targets.setdefault(surest[place].target, place)
    empty = [place for place, c in columns.items() if c.listed and c.sample_values]
    without = empty[: min(_MOST_CONTROLS_WITHOUT, len(targets) // 2)]
    known = {place: str(target) for target, place in targets.items()}
    some = list(known.items())[: _MOST_CONTROLS - len(without)]
    return dict(some) | dict.fromkeys(without, NONE)


def _is_called_so(column: ColumnMapping) -> bool:
    return compact(column.source_field) == compact(str(column.target))


# --- Answers -------------------------------------------------------------------------------------


class Part(StrEnum):
    """What an answer does: it agrees with the rules, decides otherwise, or suggests to do so."""

    AGREES = auto()
    DECIDES = auto()
    SUGGESTS = auto()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the agent said of a column. `confidence` is the probability that it is right, given
    what the rules hold; `carries` that it is the likeliest, and likely enough to be heeded.
    """

    target: str | None
    confidence: float
    carries: bool
    sure: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What becomes of an opinion."""

    part: Part
    opinion: Opinion


def opinions(
    batch: Batch, tables: Sequence[TableMapping], verdicts: Mapping[str, Verdict], accuracy: float
) -> dict[Place, Opinion]:
    """What the verdicts on a batch say, without the controls. `accuracy` is that of the agent
    where it is sure.
    """
    judged = {
        place: (_column(tables, place), verdicts[name])
        for name, place in batch.places.items()
        if name in verdicts
    }
    agreed = sum(verdict.choice == (column.target or NONE) for column, verdict in judged.values())
    expected = sum(column.confidence for column, _ in judged.values())
    sober = sobered(accuracy, agreed, expected)
    return {place: _opinion(*pair, batch.options, sober) for place, pair in judged.items()}


def _opinion(
    column: ColumnMapping, verdict: Verdict, options: Collection[str], accuracy: float
) -> Opinion:
    """What the agent is not sure of is worth no more than the word of an unknown one."""
    prior = {option: column.beliefs.get(option, 0.0) for option in options}
    after = weigh(prior, verdict.choice, accuracy if verdict.sure else min(accuracy, UNKNOWN))
    confidence = after[verdict.choice]
    return Opinion(
        target=None if verdict.choice == NONE else verdict.choice,
        confidence=confidence,
        carries=verdict.sure and confidence >= max(_BAR, *after.values()),
        sure=verdict.sure,
        reason=verdict.reason,
    )


def advice(tables: Sequence[TableMapping], said: Mapping[Place, Opinion]) -> dict[Place, Advice]:
    """What becomes of the opinions."""
    of_tables: dict[int, dict[int, Opinion]] = defaultdict(dict)
    for (at, position), opinion in said.items():
        of_tables[at][position] = opinion
    return {
        (at, position): each
        for at, here in of_tables.items()
        for position, each in _advice(tables[at], here).items()
    }


def _advice(table: TableMapping, said: Mapping[int, Opinion]) -> dict[int, Advice]:
    """By the column's place. A field that another column has, and keeps, is not suggested."""
    deciding = _deciding(table, said)
    held = _held(table, deciding)
    found = {}
    for position, opinion in said.items():
        part = _part(table.columns[position], opinion)
        if position in deciding:
            found[position] = Advice(Part.DECIDES, opinion)
        elif part is Part.AGREES or (part and opinion.target not in held):
            found[position] = Advice(part, opinion)
    return found


def _part(column: ColumnMapping, said: Opinion) -> Part | None:
    """Of an opinion that does not decide. One that is next to impossible makes nobody work."""
    if said.target == column.target:
        raises = said.sure and said.confidence > column.confidence
        return Part.AGREES if raises else None
    return Part.SUGGESTS if said.confidence >= _WORTH_SAYING else None


def _deciding(table: TableMapping, said: Mapping[int, Opinion]) -> dict[int, str | None]:
    """Position -> new target. Of two that claim one field the surer has it, and no column loses
    its field but by an opinion about itself.
    """
    surest_first = sorted(said.items(), key=lambda pair: -pair[1].confidence)
    claims = {
        position: opinion.target
        for position, opinion in surest_first
        if opinion.carries and opinion.target != table.columns[position].target
    }
    # Who loses a claim keeps what he had, which may cost another one his.
    while lost := _lost(table, claims):
        del claims[lost[-1]]
    return claims


def _lost(table: TableMapping, claims: Mapping[int, str | None]) -> list[int]:
    """The claims to what another column has, or a surer one claims."""
    held = _held(table, dict.fromkeys(claims))
    lost = []
    for position, target in claims.items():
        if target in held:
            lost.append(position)
        elif target and not takes_several(target):
            held.add(target)
    return lost


def _held(table: TableMapping, changed: Mapping[int, str | None]) -> set[str]:
    """The fields that take one column and have it."""
    now = {position: column.target for position, column in enumerate(table.columns)}
    targets = (now | dict(changed)).values()
    return {target for target in targets if target and not takes_several(target)}
