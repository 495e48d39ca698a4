"""Which column gets which field: decided for the table as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assets.fields import BY_NAME
from discovery.mapping.candidates import Candidate, Prospects
from discovery.mapping.confidence import Calibration

# Further addresses of an asset end in ip_addresses and mac_addresses, so any number is welcome.
_OVERFLOWING: Final = frozenset({"ip_address", "mac_address"})
_CLEARLY_SURER: Final = 0.15


@dataclass(frozen=True, slots=True)
class Guess:
    """A candidate and the probability that it is right."""

    candidate: Candidate
    confidence: float

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
    probability that the decision is right.
    """

    prospects: Prospects
    chosen: Guess | None
    best: Guess | None
    taken: Guess | None
    confidence: float


def assign(found: Sequence[Prospects], calibration: Calibration) -> list[Decision]:
    """One decision for each column, in their order."""
    guesses = [
        [Guess(candidate, calibration.of_target(candidate)) for candidate in each.candidates]
        for each in found
    ]
    chosen = _settle(guesses, calibration.bar)
    taken = {g.field: g for g in chosen.values() if not _takes_several(g.field)}
    return [
        _chosen(each, chosen[place])
        if place in chosen
        else _unmapped(each, guesses[place], taken, calibration)
        for place, each in enumerate(found)
    ]


def _settle(guesses: Sequence[Sequence[Guess]], bar: float) -> dict[int, Guess]:
    """Place of a column -> its field, by Gale and Shapley's deferred acceptance.

    Each column asks for the field it is surest of, each field keeps the column it prefers, and who
    is turned away asks for the next, until all are settled.
    """
    wishes = [sorted(_above(each, bar), key=lambda guess: guess.confidence) for each in guesses]
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
        if not _takes_several(guess.field):
            holders[guess.field] = guess
        if holder:
            del chosen[holder.place]
            asking.append(holder.place)
    return chosen


def _above(guesses: Sequence[Guess], bar: float) -> list[Guess]:
    return [guess for guess in guesses if guess.confidence >= bar]


def _is_better(guess: Guess, holder: Guess) -> bool:
    """Whether a field prefers a column: if called just so, if clearly surer, and then by rank."""
    if guess.called_so != holder.called_so:
        return guess.called_so
    ahead = guess.confidence - holder.confidence
    if abs(ahead) > _CLEARLY_SURER:
        return ahead > 0
    return guess.rank < holder.rank


def _takes_several(field: str) -> bool:
    return field in _OVERFLOWING or (field in BY_NAME and BY_NAME[field].kind.is_list)


def _chosen(prospects: Prospects, guess: Guess) -> Decision:
    return Decision(prospects, guess, guess, taken=None, confidence=guess.confidence)


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
    return Decision(prospects, None, best, holder, confidence)
