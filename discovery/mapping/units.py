"""Units of source values: named in the header, given away by the sizes, or documented."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from statistics import median
from typing import Final

from discovery.mapping.knowledge import knowledge

PERCENT: Final = "percent"
FRACTION: Final = "fraction"
# Too short to be trusted outside brackets: "h", "ms", "W" are also parts of names.
_SHORTEST_WRITTEN: Final = 2
_AMBIGUOUS: Final = frozenset(
    ["ms", "std", "ko", "mo", "go", "to", "kw", "hr", "byte", "bytes", "octets", "min"]
)
# Hours that are a time of day as well, in French, Spanish, Italian, Turkish and Danish.
_ALSO_A_TIME: Final = frozenset(["heure", "hora", "ora", "ore", "saat", "timer"])
_SIGNS: Final = frozenset("%€$£¥")
# A capital B is a byte: "MBps" is eight times "Mbps".
_BYTE_RATE: Final = re.compile(r"[KkMG]B(?:ps|PS|/s)")


@cache
def _by_spelling() -> dict[str, str]:
    return {spelt: unit for unit, names in knowledge("units")["names"].items() for spelt in names}


def named(text: str, *, bracketed: bool = False) -> str | None:
    """The unit that a word or a bracket names: `MiB`, `in GB`, `MB per second`, `%`."""
    if _BYTE_RATE.fullmatch(text.strip()):
        return f"{text.strip()[0].upper()}B/s"
    spelt = text.lower().replace(" per second", "/s").replace("per sec", "/s").replace(" ", "")
    return _by_spelling().get(spelt) if bracketed or _is_clear(spelt) else None


def _is_clear(spelt: str) -> bool:
    """Whether a word that is no more than part of a header must be a unit."""
    return spelt in _SIGNS or (
        len(spelt) >= _SHORTEST_WRITTEN and spelt not in _AMBIGUOUS | _ALSO_A_TIME
    )


def combine(bracketed: str | None, written: str | None, words: tuple[str, ...]) -> str | None:
    """One unit out of what a header says in brackets, as a word, and by "per second".

    Bytes a second in a bracket of bits a second are bytes: AWS ADS writes
    `totalDiskBytesReadPerSecond (Kbps)` for kilobytes.
    """
    unit = bracketed or written
    data = knowledge("units")
    if "byte" in words:
        unit = data["bytes"].get(unit, unit) if unit else "bytes"
    if "persecond" in words:
        unit = data["per_second"].get(unit, unit)
    return unit


def fits(unit: str, field: str) -> bool:
    """Whether a field can be given in this unit."""
    return unit in knowledge("units")["fields"].get(field, ())


def documented(field: str, words: tuple[str, ...]) -> tuple[str, str] | None:
    """The unit that a maker documents for a header without one, and where; see `units.toml`."""
    spelt = " ".join(words)
    for entry in knowledge("units")["documented"]:
        if entry["field"] == field and spelt in entry["words"]:
            return entry["unit"], entry["source"]
    return None


def has_units(field: str) -> bool:
    return field in knowledge("units")["fields"]


def fields() -> Iterable[str]:
    """The fields whose values have units."""
    return list(knowledge("units")["fields"])


def from_sizes(field: str, sizes: Sequence[float]) -> str | None:
    """The unit that sizes without one give away; None where GiB will do."""
    middle = median(sizes)
    found = None
    for unit, limit in knowledge("units")["from_median"].get(field, {}).items():
        whole = all(size % limit.get("whole", 1) == 0 for size in sizes) or "whole" not in limit
        found = unit if middle >= limit["least"] and whole else found
    return found


def of_disk(unit: str) -> str:
    """What a unit means for the throughput of a disk."""
    return str(knowledge("units")["disks"].get(unit, unit))


def period(words: tuple[str, ...]) -> str | None:
    """The period of a running cost that a header names; None for the month."""
    periods: dict[str, str] = knowledge("units")["periods"]
    return next((periods[word] for word in words if word in periods), None)
