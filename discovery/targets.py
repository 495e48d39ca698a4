"""What a person may map a column to: the fields of the catalogue, and the units that fit them.

The units are read from the data of the cleaning and not through its modules, which load Polars.
"""

import tomllib
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

from assets.fields import BY_NAME, EDGE_FIELDS

TARGETS: Final = (*BY_NAME, *(edge.name for edge in EDGE_FIELDS))
_UNITS: Final = Path(__file__).parent / "cleaning" / "units.toml"


@cache
def _units() -> dict[str, Any]:
    return tomllib.loads(_UNITS.read_text(encoding="utf-8"))


def units_of(target: str) -> tuple[str, ...]:
    """The units in which the values of a column may be; none for a target without units.

    Of money they are currencies and, for a running cost, periods, as in `EUR/year`.
    """
    known = BY_NAME.get(target)
    if known is None or known.unit is None:
        return ()
    money = _units()["currency_signs"] if known.unit.startswith("currency") else ()
    return (*money, *_units()[known.unit])


def fits(target: str, unit: str) -> bool:
    """Whether the cleaning can read values of this unit for the target."""
    names = {name.lower() for name in units_of(target)}
    *before, last = unit.lower().split("/", 1)
    signs = set(_units()["currency_signs"])
    return unit.lower() in names or (last in names and bool(before) and before[0] in signs & names)


def nearest(target: str) -> str | None:
    """The target that was probably meant."""
    close = get_close_matches(target.lower(), TARGETS, n=1)
    return close[0] if close else None
