"""How sure the mapping is: the probability that a decision is right, from what was observed.

The weights are fitted on labelled columns by `bench/mapping_calibration.py` and stand in
`calibration.toml`: of decisions with such observations, that share proved right.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from discovery.mapping import units
from discovery.mapping.aliases import NameMatch
from discovery.mapping.candidates import Candidate
from discovery.mapping.knowledge import knowledge

# Beyond this a logistic curve is flat, and its exponential overflows.
_STEEPEST = 30.0


def observations(candidate: Candidate) -> dict[str, float]:
    """What is known of a column and a field, as figures from 0 to 1 (0 and 1 for no and yes)."""
    header = candidate.column.header
    unit = header.unit
    fits = unit is not None and units.fits(unit, candidate.field)
    return {
        **_of_name(candidate.match),
        "no_match": float(candidate.match is None and not candidate.sided),
        "sided": float(candidate.sided),
        "behind_rival": max(candidate.rival - candidate.score, 0.0),
        "ahead_of_rival": max(candidate.score - candidate.rival, 0.0),
        "outnamed": float(candidate.outnamed),
        "behind_denial": max(candidate.denial - candidate.score, 0.0),
        "denied": float(candidate.denied),
        "values": float(candidate.column.look.looked_at > 0),
        "good": candidate.verdict.good,
        "bad": candidate.verdict.bad,
        "revealed": candidate.revealed,
        "outshown": candidate.outshown,
        "repeated": candidate.repeated,
        "unrepeated": candidate.unrepeated,
        "unit_fits": float(fits),
        "unit_clashes": float(unit is not None and not fits),
        "repaired": float(header.repaired),
    }


def _of_name(match: NameMatch | None) -> dict[str, float]:
    return {
        "score": match.score if match else 0.0,
        "alias_share": match.alias_share if match else 0.0,
        "same_words": float(match is not None and match.same_words),
        "misses_meaning": float(match is not None and match.misses_meaning),
        "same_head": float(match is not None and match.same_head),
        "same_spelling": float(match is not None and match.same_spelling),
        "weak": float(match is not None and match.alias.weak),
        "in_context": float(match is not None and match.in_context),
    }


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted figures.

    `target` weighs the observations of a candidate; `unmapped` weighs, for a column that stays
    without a target, the confidence in its best guess and whether another column took that field.
    A guess below `bar` is not made.
    """

    target: Mapping[str, float]
    unmapped: Mapping[str, float]
    bar: float

    @classmethod
    def fitted(cls) -> Self:
        data = knowledge("calibration")
        return cls(target=data["target"], unmapped=data["unmapped"], bar=data["bar"])

    def of_target(self, candidate: Candidate) -> float:
        """The probability that the candidate is the right field."""
        return _probability(self.target, observations(candidate))

    def of_unmapped(self, best_guess: float, *, taken: bool) -> float:
        """The probability that a column is rightly left without a target."""
        return _probability(self.unmapped, {"best_guess": best_guess, "taken": float(taken)})


def _probability(weights: Mapping[str, float], figures: Mapping[str, float]) -> float:
    total = weights["base"] + sum(weights[name] * figure for name, figure in figures.items())
    return 1 / (1 + math.exp(-max(min(total, _STEEPEST), -_STEEPEST)))
