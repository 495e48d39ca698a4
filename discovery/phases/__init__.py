"""The phases of a flow: one module each, in the order of order.py."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from discovery.engine import Claim


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a phase leaves behind; `skipped` if there was nothing for it to do.

    `waiting_for` names what a person has to do before the next phase.
    """

    result: dict[str, Any] = field(default_factory=dict)
    skipped: bool = False
    waiting_for: str = ""


class Phase(Protocol):
    def run(self, held: "Claim") -> Outcome: ...


def run(held: "Claim") -> Outcome:
    """Runs the claimed phase. Raises PhaseFailed, LeaseLost."""
    phase = cast("Phase", import_module(f"{__name__}.{held.phase}"))
    return phase.run(held)
