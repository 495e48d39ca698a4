"""What an agent's word is worth: how often it is right, and what remains of a doubt once it spoke.

Nobody asks a model how sure it is. Its accuracy is measured, and Bayes' rule does the rest.
"""

from collections.abc import Mapping
from typing import Final

# A model of which nothing is known is right half of the time: Beta(1, 1).
_PRIOR: Final = (1, 1)
UNKNOWN: Final = 0.5
# So many controls are the most that count.
_MOST_CONTROLS: Final = 40
# What options of which the rules do not speak have together, at least.
_FLOOR: Final = 0.05
# Where a model is wrong, it fell so often for what the rules find likely, and else for anything.
# At half of it, one that always errs as the rules do makes results worse (`bench.agents`).
_MISLED: Final = 2 / 3
# So many doubtful answers are what is known of an agent from elsewhere worth.
_REPUTE: Final = 10


def accuracy(controls_right: int, controls_asked: int, held: int, overruled: int) -> float:
    """The probability that a verdict of which the agent is sure is right: the mean of a Beta
    distribution.

    Its prior, Beta(1, 1), says half: against a rule that is as sure of another answer this decides
    nothing. What people decided counts in full. Controls are easier than what is in doubt, for the
    rules know their answers, and every call brings more of them. So only their share counts beyond
    the first forty: they can make an agent credible, and forty decisions of people against it make
    it worthless again.
    """
    weight = min(1.0, _MOST_CONTROLS / controls_asked) if controls_asked else 0.0
    right, wrong = _PRIOR
    right_in_all = right + weight * controls_right + held
    wrong_in_all = wrong + weight * (controls_asked - controls_right) + overruled
    return right_in_all / (right_in_all + wrong_in_all)


def sobered(accuracy: float, agreed: int, expected: float) -> float:
    """The accuracy, by how often the agent agreed with the rules about what is in doubt.

    `expected` is how often the rules are right there, by their own calibrated figures: a right
    agent agrees as often. One that answers what is easy rightly, and the rest not, is found out.
    """
    return min(accuracy, (_REPUTE * accuracy + agreed) / (_REPUTE + expected))


def weigh(prior: Mapping[str, float], choice: str, accuracy: float) -> dict[str, float]:
    """The probability of each option, once an agent of that accuracy chose `choice`.

    `prior` is what the rules hold for each option, 0 for those of which they do not speak. A wrong
    agent may have fallen for what misled the rules, so its word for their second best guess is
    worth less than one that nobody thought of.
    """
    before = _spread(prior)
    wrong = 1 - accuracy
    likely = {
        option: share * (accuracy if option == choice else wrong * _slip(before, option, choice))
        for option, share in before.items()
    }
    total = sum(likely.values())
    return {option: share / total for option, share in likely.items()}


def _slip(before: Mapping[str, float], truth: str, choice: str) -> float:
    """The share of `choice` among the wrong answers where `truth` would be right."""
    rest = 1 - before[truth]
    tempting = before[choice] / rest if rest > 0 else 0.0
    return (1 - _MISLED) / (len(before) - 1) + _MISLED * tempting


def _spread(prior: Mapping[str, float]) -> dict[str, float]:
    """Summing up to 1, with what is left for the options of which the rules do not speak."""
    silent = [option for option, share in prior.items() if share <= 0]
    spoken = sum(share for share in prior.values() if share > 0)
    left = max(_FLOOR, 1 - spoken) if silent else 0.0
    return {
        option: share / spoken * (1 - left) if share > 0 else left / len(silent)
        for option, share in prior.items()
    }
