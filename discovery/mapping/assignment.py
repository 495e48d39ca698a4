"""Which column gets which field: decided for the table as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from assets.fields import takes_several
from discovery.mapping.aliases import NONE
from discovery.mapping.candidates import Candidate, Prospects
from discovery.mapping.confidence import Calibration
from discovery.mapping.learned import Lesson
from discovery.mapping.values import judge

_CLEARLY_SURER: Final = 0.15
_SECOND_BEST: Final = 0.2
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Guess:
    """A candidate and the probability that it is right; `lesson` if people decided so before."""

    candidate: Candidate
    confidence: float
    lesson: Lesson | None = None

    @property
    def field(self) -> str:
        return self.candidate.field

    @property
    def place(self) -> int:
        return self.candidate.column.place

    @property
    def called_so(self) -> bool:
        """Whether the field is called by just these words, or the column's side tells it."""
        match = self.candidate.match
        return self.candidate.sided or (
            match is not None and match.same_words and not match.alias.weak
        )

    @property
    def precedence(self) -> datetime:
        """When people last decided so; the beginning of time for what the rules guess.

        An empty column does not take a field from one with values.
        """
        filled = self.candidate.column.look.looked_at > 0
        return self.lesson.decided_at if self.lesson and filled else _NEVER

    @property
    def rank(self) -> tuple[bool, int, int, float, int]:
        """Empty columns last, the better name first, then the first of a series, then the surer."""
        match, column = self.candidate.match, self.candidate.column
        order = match.alias.order if match else 0
        empty = column.look.looked_at == 0
        return (empty, order, column.header.index or 0, -round(self.confidence, 2), self.place)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a column becomes.

    `chosen` is None for a column without a target; `best` is then the guess that was not made, and
    `taken` the guess of the column that got the field, being surer. `confidence` is the
    probability that the decision is right, `beliefs` that of each field and of `NONE`.
    """

    prospects: Prospects
    chosen: Guess | None
    best: Guess | None
    taken: Guess | None
    confidence: float
    beliefs: Mapping[str, float]

    @property
    def learned(self) -> bool:
        """Whether it is what people decided before."""
        if self.chosen:
            return self.chosen.lesson is not None
        return _is_kept(self.prospects)


def assign(found: Sequence[Prospects], calibration: Calibration) -> list[Decision]:
    """One decision for each column, in their order."""
    guesses = [_guesses(each, calibration) for each in found]
    wishes = [
        [] if _is_kept(each) else _wishes(guesses[place], calibration.bar)
        for place, each in enumerate(found)
    ]
    chosen = _settle(wishes)
    taken = {g.field: g for g in chosen.values() if not takes_several(g.field)}
    return [
        _chosen(each, guesses[place], chosen[place], calibration)
        if place in chosen
        else _unmapped(each, guesses[place], taken, calibration)
        for place, each in enumerate(found)
    ]


def _guesses(found: Prospects, calibration: Calibration) -> list[Guess]:
    """What the rules make of a column and, in the place of the same guess, what people decided."""
    by_rules = [Guess(each, calibration.of_target(each)) for each in found.candidates]
    lesson = found.lesson
    if lesson is None or lesson.target is None or found.refuted:
        return by_rules
    if lesson.elsewhere and any(guess.confidence >= calibration.bar for guess in by_rules):
        return by_rules  # the same word for something else: "Host" of machines, and in their list
    same = next((guess for guess in by_rules if guess.field == lesson.target), None)
    candidate = same.candidate if same else _without_a_name(found, lesson.target)
    sureness = same.confidence if same else calibration.of_target(candidate)
    others = [guess for guess in by_rules if guess is not same]
    return [Guess(candidate, lesson.confidence(sureness), lesson), *others]


def _without_a_name(found: Prospects, field: str) -> Candidate:
    return Candidate(found.column, field, None, judge(field, found.column.look))


def _is_kept(found: Prospects) -> bool:
    """Whether people decided that such a column stays in the attributes."""
    lesson = found.lesson
    return lesson is not None and lesson.target is None and not lesson.elsewhere


def _settle(wishes: list[list[Guess]]) -> dict[int, Guess]:
    """Place of a column -> its field, by Gale and Shapley's deferred acceptance.

    Each column asks for the last of its wishes, which it is surest of, each field keeps the column
    it prefers, and who is turned away asks for the next, until all are settled.
    """
    holders: dict[str, Guess] = {}
    asking = [place for place, each in enumerate(wishes) if each]
    chosen: dict[int, Guess] = {}
    while asking:
        place = asking.pop()
        if not wishes[place]:
            continue
        guess = wishes[place].pop()
        holder = holders.get(guess.field)
        if holder and not _is_better(guess, holder):
            asking.append(place)
            continue
        chosen[place] = guess
        if not takes_several(guess.field):
            holders[guess.field] = guess
        if holder:
            del chosen[holder.place]
            asking.append(holder.place)
    return chosen


def _wishes(guesses: Sequence[Guess], bar: float) -> list[Guess]:
    """The guesses to be made, the surest last; what people decided is beyond doubt and bar.

    Who is turned away from a field does not take one that he is far less sure of.
    """
    surest = max((guess.confidence for guess in guesses), default=0.0)
    least = max(bar, surest - _SECOND_BEST)
    made = [
        guess
        for guess in guesses
        if guess.lesson or guess.confidence >= (bar if guess.called_so else least)
    ]
    return sorted(made, key=lambda guess: (guess.lesson is not None, guess.confidence))


def _is_better(guess: Guess, holder: Guess) -> bool:
    """Whether a field prefers a column: by people's last word, if called just so, if clearly
    surer, and then by rank.
    """
    if guess.precedence != holder.precedence:
        return guess.precedence > holder.precedence
    if guess.called_so != holder.called_so:
        return guess.called_so
    ahead = guess.confidence - holder.confidence
    if abs(ahead) > _CLEARLY_SURER:
        return ahead > 0
    return guess.rank < holder.rank


def _chosen(
    prospects: Prospects, guesses: Sequence[Guess], guess: Guess, calibration: Calibration
) -> Decision:
    others = {other.field: other.confidence for other in guesses if other is not guess}
    others[NONE] = calibration.of_unmapped(guess.confidence, taken=False)
    beliefs = _beliefs(guess.field, guess.confidence, others)
    return Decision(prospects, guess, guess, None, guess.confidence, beliefs)


def _unmapped(
    prospects: Prospects,
    guesses: Sequence[Guess],
    taken: dict[str, Guess],
    calibration: Calibration,
) -> Decision:
    best = max(guesses, key=lambda guess: guess.confidence, default=None)
    wanted = best is not None and best.confidence >= calibration.bar
    holder = taken.get(best.field) if best and wanted else None
    sureness = best.confidence if best else 0.0
    confidence = calibration.of_unmapped(sureness, taken=holder is not None)
    if prospects.lesson and _is_kept(prospects):
        confidence = prospects.lesson.confidence(confidence)
    beliefs = _beliefs(NONE, confidence, {guess.field: guess.confidence for guess in guesses})
    return Decision(prospects, None, best, holder, confidence, beliefs)


def _beliefs(decided: str, confidence: float, others: Mapping[str, float]) -> dict[str, float]:
    """What is left beside the decision, for the others as far as it reaches.

    Each of them was judged by itself, so that together they may come to more.
    """
    together = sum(others.values())
    share = min(1.0, (1 - confidence) / together) if together else 0.0
    return {decided: confidence} | {field: sure * share for field, sure in others.items()}
