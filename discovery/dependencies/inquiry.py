"""Asks the dependency analyst about what the rules left open. No transaction may be open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from discovery.agents.dependency_analyst import (
    AGENT,
    Asked,
    Hint,
    Opinion,
    written_controls,
)
from discovery.agents.verdicts import MOST_ITEMS
from discovery.consultation.asking import Consultation
from discovery.dependencies.doubts import Doubts

_CONTROLS: Final = 8  # of a question
_DOUBTS: Final = MOST_ITEMS - _CONTROLS


@dataclass(slots=True)
class Answers:
    """What the agent thinks, and of which pairs it spoke at all, each in both orders."""

    opinions: list[Opinion] = field(default_factory=list)
    judged: set[tuple[str, str]] = field(default_factory=set)


def ask(consultation: Consultation, doubts: Doubts) -> Answers:
    """Where no answer comes, the pairs are not judged, and what is known of them stays."""
    answers = Answers()
    known = doubts.controls
    _ask_all(consultation, doubts.references, lambda number, _: _share(known, number), answers)
    _ask_all(consultation, doubts.mentions, lambda _, hints: written_controls(hints), answers)
    return answers


def _share(controls: Sequence[Hint], number: int) -> Sequence[Hint]:
    """The controls of the question of this number: others each time, as far as there are."""
    start = number * _CONTROLS % max(1, len(controls))
    return controls[start : start + _CONTROLS]


def _ask_all(
    consultation: Consultation,
    hints: Sequence[Hint],
    controls: Callable[[int, Sequence[Hint]], Sequence[Hint]],
    answers: Answers,
) -> None:
    for number, start in enumerate(range(0, len(hints), _DOUBTS)):
        of_question = hints[start : start + _DOUBTS]
        asked = Asked.of([*of_question, *controls(number, of_question)])
        task = of_question[0].task
        judged = consultation.judge(AGENT, task.purpose, asked.items, task.options, task.about)
        if judged:
            answers.opinions += asked.opinions(judged.verdicts, judged.accuracy)
            answers.judged |= {pair for name in judged.verdicts for pair in asked.hints[name].pairs}
