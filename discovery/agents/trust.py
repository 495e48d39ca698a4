"""What an agent's word is worth: how often it is right, and what remains of a doubt once it spoke.

Nobody asks a model how sure it is. Its accuracy is measured, and Bayes' rule does the rest.
"""

from collections.abc import Mapping
from typing import Final

# A model of which nothing is known is right half of the time: Beta(1, 1).
_PRIOR: Final = (1, 1)
# So many controls are the most that count.
_MOST_CONTROLS: Final = 40
# What options of which the rules do not speak have together, at least.
_FLOOR: Final = 0.02


def accuracy(controls_right: int, controls_asked: int, held: int, overruled: int) -> float:
    """The probability that a verdict of which the agent is sure is right: the mean of a Beta
    distribution.

    Its prior, Beta(1, 1), says half: against a rule that is as sure of another answer this decides
    nothing. What people decided counts in full. Controls are easier than what is in doubt, for the
    rules know their answers, and every call brings more of them. So only their share counts beyond
    the first forty: they can make an agent credible, and some thirty decisions of people against it
    make it worthless again.
    """
    weight = min(1.0, _MOST_CONTROLS / controls_asked) if controls_asked else 0.0
    right, wrong = _PRIOR
    right_in_all = right + weight * controls_right + held
    wrong_in_all = wrong + weight * (controls_asked - controls_right) + overruled
    return right_in_all / (right_in_all + wrong_in_all)


def weigh(prior: Mapping[str, float], choice: str, accuracy: float) -> dict[str, float]:
    """The probability of each option, once an agent of that accuracy chose `choice`.

    `prior` is what the rules hold for each option, 0 for those of which they do not speak.
    """
    before = _spread(prior)
    otherwise = (1 - accuracy) / max(1, len(prior) - 1)
    likely = {
        option: share * (accuracy if option == choice else otherwise)
        for option, share in before.items()
    }
    total = sum(likely.values())
    return {option: share / total for option, share in likely.items()}


def _spread(prior: Mapping[str, float]) -> dict[str, float]:
    """Summing up to 1, with what is left for the options of which the rules do not speak."""
    silent = [option for option, share in prior.items() if share <= 0]
    spoken = sum(share for share in prior.values() if share > 0)
    left = max(_FLOOR, 1 - spoken) if silent else 0.0
    return {
        option: share / spoken * (1 - left) if share > 0 else left / len(silent)
        for option, share in prior.items()
    }
