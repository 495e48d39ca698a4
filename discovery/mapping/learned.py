"""What people decided about columns before, in this client account, and how sure that makes one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from assets.fields import BY_NAME, EDGE_FIELDS
from discovery.grains import Grain
from discovery.mapping.rows import Rows
from discovery.mapping.values import Profile, expectation, judge

# So many decisions of people is what the rules hold worth.
# `python -m bench.mapping_learning` measures it on labelled columns.
PRIOR: Final = 0.5
# Values that speak against a field beyond this cannot be read as what the field holds.
_MOST_CONTRADICTION: Final = 0.4
_TARGETS: Final = frozenset({None, *BY_NAME, *(edge.name for edge in EDGE_FIELDS)})


@dataclass(frozen=True, slots=True)
class Lesson:
    """A decision of people: columns of this name, in tables of this context, go to `target`.

    `header` is what `header.known_as` makes of the name, `context` what `context_of` makes of the
    table. `target` None keeps the values in the attributes. `unit` is one that people set, "" for
    that of the target; None if they left it to header and values. `held` and `overruled` count how
    often they decided so, and otherwise. `elsewhere`: in tables whose rows are of another class.
    """

    header: str
    context: str
    target: str | None
    unit: str | None
    held: int
    overruled: int
    decided_at: datetime
    elsewhere: bool = False

    def confidence(self, by_rules: float) -> float:
        """The probability that it holds once more: the mean of a Beta distribution.

        Its prior has the mean of what the rules hold for the same decision, about this very
        column with its values, and the weight of PRIOR decisions.
        """
        return (PRIOR * by_rules + self.held) / (PRIOR + self.held + self.overruled)


class Lessons:
    """Lessons by header; where people decided differently, the last word counts."""

    def __init__(self, lessons: Iterable[Lesson] = ()) -> None:
        known = (lesson for lesson in lessons if lesson.held and lesson.target in _TARGETS)
        self._by_header: dict[str, list[Lesson]] = {}
        for lesson in sorted(known, key=lambda lesson: lesson.decided_at):
            self._by_header.setdefault(lesson.header, []).append(lesson)

    def about(self, header: str, context: str) -> Lesson | None:
        """The last word on such a column in such a table, else in one of the same grain."""
        lately = self._by_header.get(header, ())[::-1]
        here = (lesson for lesson in lately if lesson.context == context)
        near = (
            replace(lesson, elsewhere=True)
            for lesson in lately
            if _grain(lesson.context) == _grain(context)
        )
        return next(here, None) or next(near, None)


NO_LESSONS: Final = Lessons()


def context_of(grain: Grain, rows: Rows) -> str:
    """What a decision holds for: the grain and, where the table tells it, the class of the rows."""
    return f"{grain}/{rows.entity}" if rows.entity else str(grain)


def _grain(context: str) -> str:
    return context.partition("/")[0]


def is_denied(target: str | None, look: Profile) -> bool:
    """Whether the values can hardly be what a field holds: words in a column of numbers.

    Fields that hold any text take what people give them.
    """
    closed = target is not None and expectation(target).neutral is not None
    return closed and judge(str(target), look).bad > _MOST_CONTRADICTION
