"""How the list's keepers write what they know: each cell with its raw text and its truth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final


@dataclass(frozen=True)
class Cell:
    """`raw` stands in the file; `value` is what a reader should make of it, None for not known.

    An unreadable cell holds something that no reader should take for a value. A doubtful one may be
    read in any way that `acceptable` names, and in no other.
    """

    raw: str
    value: Any = None
    unreadable: bool = False
    acceptable: tuple[Any, ...] = ()


def clear(raw: str, value: Any) -> Cell:
    return Cell(raw, value)


def unreadable(raw: str) -> Cell:
    return Cell(raw, unreadable=True)


def doubtful(raw: str, *acceptable: Any) -> Cell:
    return Cell(raw, acceptable=acceptable)


NULLS: Final = (*("",) * 24, "N/A", "N/A", "N/A", "n/a", "-", "-", "tbd", "?", "none", "unknown")
STATUS: Final = {
    "active": (*("Active",) * 8, "active", "In use", "In use", "Operational", "Live"),
    "inactive": ("Inactive", "inactive"),
    "planned": ("Planned",),
    "retired": ("Retired", "Decommissioned"),
}
ENVIRONMENT: Final = {
    "prod": (*("Production",) * 6, "PROD", "PROD", "prod", "prod", "Prd", "production "),
    "test": ("Test", "TEST"),
    "qa": ("UAT",),
    "staging": ("Pre-Prod",),
    "dev": ("Development",),
    "dr": ("DR", "Disaster Recovery"),
}
CRITICALITY: Final = {
    "critical": ("Critical", "critical", "CRITICAL"),
    "high": ("High", "high"),
    "medium": ("Medium", "medium", "Medium "),
    "low": ("Low",),
}


def text(random: Random, value: str) -> str:
    return value + " " if random.random() < 0.02 else value


def word(words: dict[str, tuple[str, ...]]) -> Callable[[Random, str], str]:
    return lambda random, value: random.choice(words[value])


def day(random: Random, value: date) -> str:
    """One of three styles; month first only where the day tells the two apart."""
    styles = ["%Y-%m-%d", "%Y-%m-%d", "%d.%m.%Y", "%d.%m.%Y"]
    if value.day > 12:
        styles.append("%m/%d/%Y")
    return value.strftime(random.choice(styles))


def money(random: Random, value: float) -> str:
    return random.choice((f"${value:,.2f}", f"${value:,.2f}", f"{value:.0f}", f"{value:,.2f}"))


def memory(random: Random, gib: float) -> str:
    """The header says GB; whoever writes another unit says so."""
    bare, with_unit = f"{gib:g}", f"{gib:g} GB"
    return random.choice((bare, bare, bare, with_unit, with_unit, f"{gib * 1024:,.0f} MB"))


def cores(random: Random, value: int) -> str:
    return random.choice((f"{value}", f"{value}", f"{value} cores", f"{value} vCPU"))


def hours(random: Random, value: float) -> str:
    if value < 1:
        return f"{value * 60:.0f} min"
    days = value / 24
    if days >= 1 and random.random() < 0.4:
        return "1 day" if days == 1 else f"{days:g} days"
    return random.choice((f"{value:g}", f"{value:g} h", f"{value:g}h"))
