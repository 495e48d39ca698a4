"""The fields that a column may be: pointed at by its name, its values, or its side of a link."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from assets.fields import BY_NAME, Kind
from discovery.mapping import aliases, edges
from discovery.mapping.aliases import NONE, NameMatch
from discovery.mapping.column import Column
from discovery.mapping.learned import Lesson
from discovery.mapping.values import Verdict, judge, repetition, revealed

# Values must agree this far before they propose a field by themselves.
_LEAST_REVEALED: Final = 0.6
_MOST_NAMED: Final = 5
_MOST_BEGIN: Final = 0.6
_CORES: Final = frozenset({"core", "thread"})
_OF_HARDWARE: Final = frozenset({"serial", "servicetag", "assettag"})
# "Tag count" is no tag.
_COUNTS: Final = re.compile(
    r"(?:count|counts|cnt|qty|quantity|anzahl|cantidad|quantidade|数量|台数|個数)\W*$"
    r"|^\W*(?:number|num|no\.?|#|count|qty) of\b",
    re.IGNORECASE,
)
_PLANS: Final = frozenset({"migration", "wave", "cutover", "sixr"})
# Alone they do not tell what they are of.
_OF_ANOTHER: Final = frozenset(
    {"version", "release", "build", "edition", "patch", "level", "number"}
)
_VERSIONED: Final = frozenset({"operating_system", "database_engine", "technology"})


@dataclass(frozen=True, slots=True)
class Prospects:
    """The candidates of a column, in no particular order.

    `denial` is how well the header fits the names of what has no canonical field. `lesson` is what
    people decided about such a column, `refuted` that its values speak against it.
    """

    column: Column
    candidates: tuple["Candidate", ...] = ()
    denial: NameMatch | None = None
    lesson: Lesson | None = None
    refuted: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One field that a column may be, with all that was observed about the pair.

    `match` is None where the header is like none of the field's names. `rival` is the best name
    score of another field; `outnamed` tells that another field is called just so and this one is
    not. `denial` is the name score of "no canonical field", `denied` that the header is listed
    there. `revealed` is the part of the values that name the field whatever the header says.
    `outshown` is the part that names another field and does not suit this one.
    `repeated` is how far values repeat of which every asset has its own, `unrepeated` that none
    does of those that assets share. `sided` tells that the column's side of a connection makes
    the field.
    """

    column: Column
    field: str
    match: NameMatch | None
    verdict: Verdict
    rival: float = 0.0
    outnamed: bool = False
    denial: float = 0.0
    denied: bool = False
    revealed: float = 0.0
    outshown: float = 0.0
    repeated: float = 0.0
    unrepeated: float = 0.0
    sided: bool = False

    @property
    def score(self) -> float:
        return self.match.score if self.match else 0.0


def prospects(
    columns: Sequence[Column], contexts: frozenset[str], *, novel: bool = False
) -> Iterator[Prospects]:
    """For each column the fields that it may be; `contexts` say what the table is.

    `novel` sees the headers as if nobody had listed them (see `aliases.matches`).
    """
    connection = "connection" in contexts
    contexts |= _told_by_others(columns)
    sided = edges.targets(edges.sided_columns(columns)) if connection else {}
    after = _after(columns)
    named = Counter(column.header.words for column in columns)
    for column in columns:
        if (named[column.header.words] > 1 and _is_empty_in_series(column)) or _numbers_rows(
            column
        ):
            yield Prospects(column)
        elif column.place in sided:
            yield Prospects(column, tuple(_sided(column, sided[column.place])))
        else:
            told = contexts | after.get(column.place, frozenset()) | _told_by_unit(column)
            names = _names(column, told, connection=connection, novel=novel)
            candidates = _named(column, names, contexts)
            yield Prospects(column, tuple(candidates), names.get(NONE))


def _is_empty_in_series(column: Column) -> bool:
    """A further column of a series that nobody filled in: `Tag 7`."""
    return (column.header.index or 0) > 1 and not column.look.looked_at


def _numbers_rows(column: Column) -> bool:
    """`No.` with 1, 2, 3 ... counts the rows of the table and nothing in them."""
    numbers = column.look.numbers
    running = all(after - before == 1 for before, after in pairwise(numbers))
    return column.header.words == ("number",) and len(numbers) > 1 and running


def _told_by_others(columns: Sequence[Column]) -> frozenset[str]:
    """Contexts that the other headers make.

    "cores": another column counts the cores, so processors are sockets. "hardware": the rows have
    serial numbers. "migration": the table plans one. And the word that most headers begin with,
    which is a product's ("ansible_...").
    """
    cores = {"cores" for column in columns if column.words & _CORES and _counts_cores(column)}
    hardware = {"hardware" for column in columns if column.words & _OF_HARDWARE}
    planned = {"migration" for column in columns if column.words & _PLANS}
    return frozenset(cores | hardware | planned | _common_beginning(columns))


def _told_by_unit(column: Column) -> frozenset[str]:
    """A disk in MB/s is no disk size."""
    rate = (column.header.unit or "").endswith("/s")
    return frozenset({"rate"} if rate else ())


def _after(columns: Sequence[Column]) -> dict[int, frozenset[str]]:
    """Place -> the context that the column before makes: "Version" after "OS" is of the OS."""
    return {
        column.place: frozenset({f"after {best.field}"})
        for before, column in pairwise(columns)
        if column.words <= _OF_ANOTHER
        and (best := aliases.best_match(before.header))
        and best.field in _VERSIONED
    }


def _counts_cores(column: Column) -> bool:
    best = aliases.best_match(column.header)
    return best is not None and best.field == "cpu_cores" and best.same_words


def _common_beginning(columns: Sequence[Column]) -> set[str]:
    beginnings = Counter(column.header.words[0] for column in columns if column.words)
    return {word for word, count in beginnings.items() if count > _MOST_BEGIN * len(columns)}


def _sided(column: Column, field: str | None) -> Iterator[Candidate]:
    if field:
        yield Candidate(column, field, None, judge(field, column.look), sided=True)


def _names(
    column: Column, contexts: frozenset[str], *, connection: bool, novel: bool
) -> dict[str, NameMatch]:
    """Field -> how well the header fits its names, best first; `NONE` is one of the fields."""
    found = {match.field: match for match in aliases.matches(column.header, contexts, novel=novel)}
    if any(match.same_words and match.by_neighbour for match in found.values()):
        found = {field: match for field, match in found.items() if not _is_overruled(match)}
    if _COUNTS.search(column.header.raw):
        found = {
            field: match for field, match in found.items() if field == NONE or _is_count(field)
        }
    denial = found.get(NONE)
    return {
        field: match
        for field, match in found.items()
        if field == NONE
        or (_may_stand_in(field, match, connection=connection) and _withstands(match, denial))
    }


def _is_count(field: str) -> bool:
    """Whether a field is a figure, and not a text or a list that may hold one."""
    known = BY_NAME.get(field)
    return field == "edge.count" if known is None else known.kind in (Kind.INTEGER, Kind.NUMBER)


def _is_overruled(match: NameMatch) -> bool:
    """Whether another column tells better what this name means here."""
    return match.same_words and not match.alias.weak and not match.by_neighbour


def _may_stand_in(field: str, match: NameMatch, *, connection: bool) -> bool:
    """A table of connections has nothing but edges; others tell of them in so many words."""
    of_edge = field.startswith("edge.")
    return of_edge if connection else not of_edge or match.same_words


def _withstands(match: NameMatch, denial: NameMatch | None) -> bool:
    """Whether a field stays possible for a header that may be listed as having none."""
    if denial is None or not denial.same_words:
        return True
    return match.same_words and (match.in_context or not denial.in_context)


def _revealed(column: Column) -> dict[str, float]:
    shown = revealed(column.look)
    return {field: share for field, share in shown.items() if share >= _LEAST_REVEALED}


def _named(
    column: Column, names: Mapping[str, NameMatch], contexts: frozenset[str]
) -> Iterator[Candidate]:
    shown = {} if "connection" in contexts else _revealed(column)
    fields = [field for field in names if field != NONE]
    called_so = {field for field in fields if names[field].same_words}
    denial = names.get(NONE)
    for field in dict.fromkeys([*fields[:_MOST_NAMED], *shown]):
        # A part of an asset, a sample of it and a finding repeat its name.
        own, common = repetition(field, column.look) if "asset" in contexts else (0.0, 0.0)
        verdict = judge(field, column.look)
        yield Candidate(
            column=column,
            field=field,
            match=names.get(field),
            verdict=verdict,
            rival=max((names[other].score for other in fields if other != field), default=0.0),
            outnamed=field not in called_so and bool(called_so),
            denial=denial.score if denial else 0.0,
            denied=denial is not None and denial.same_words,
            revealed=shown.get(field, 0.0),
            outshown=_outshown(field, shown, verdict),
            repeated=own,
            unrepeated=common,
        )


def _outshown(field: str, shown: Mapping[str, float], verdict: Verdict) -> float:
    others = (share for other, share in shown.items() if other != field)
    return max(max(others, default=0.0) - verdict.good, 0.0)
