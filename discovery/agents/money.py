"""What tokens cost, and what may be spent."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens sent and a million answered, in one currency, whichever it is."""

    sent: Decimal
    answered: Decimal

    def of(self, sent: int, answered: int) -> Decimal:
        return (sent * self.sent + answered * self.answered) / _MILLION


@dataclass(frozen=True, slots=True)
class Budget:
    """HTTP requests, tokens both ways, seconds of waiting; and money, None for no bound on it."""

    requests: int
    tokens: int
    seconds: int
    cost: Decimal | None
