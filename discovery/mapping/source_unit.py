"""The unit of a column's values once its field is known, and why."""

from typing import NamedTuple

from discovery.mapping import units
from discovery.mapping.header import Header
from discovery.mapping.values import Profile


class SourceUnit(NamedTuple):
    """`unit` is None for values that are canonical, or say their unit cell by cell."""

    unit: str | None = None
    evidence: tuple[str, ...] = ()


def source_unit(field: str | None, header: Header, look: Profile) -> SourceUnit:
    """The header says it, or the sizes give it away, or the maker documents it."""
    if field is None or not units.has_units(field):
        return SourceUnit()
    if field.endswith("_percent"):
        return _of_percent(look)
    if field in {"monthly_cost", "purchase_cost"}:
        return _of_cost(field, header)
    if header.unit and field == "disk_throughput_mbps":
        return SourceUnit(units.of_disk(header.unit), (f"the header says {header.unit}",))
    if header.unit and units.fits(header.unit, field):
        return SourceUnit(header.unit, (f"the header says {header.unit}",))
    return _of_sizes(field, look) if look.numbers else _documented(field, header)


def source_units(header: Header, look: Profile) -> dict[str, str]:
    """The unit by the field that the column could go to, for whoever decides otherwise."""
    if header.unit is None and not look.numbers:
        return {}
    found = {field: source_unit(field, header, look).unit for field in units.fields()}
    return {field: unit for field, unit in found.items() if unit}


def _of_percent(look: Profile) -> SourceUnit:
    """Fractions called percent: none above 1, and not all of them whole."""
    numbers = look.numbers
    if numbers and max(numbers) <= 1 and any(number != int(number) for number in numbers):
        return SourceUnit(units.FRACTION, (f"values up to {max(numbers):g} are fractions of 1",))
    return SourceUnit()


def _of_cost(field: str, header: Header) -> SourceUnit:
    period = units.period(header.words) if field == "monthly_cost" else None
    return SourceUnit(period, (f"the cost is per {period}",)) if period else SourceUnit()


def _of_sizes(field: str, look: Profile) -> SourceUnit:
    unit = units.from_sizes(field, look.numbers)
    if unit is None:
        return SourceUnit()
    low, high = min(look.numbers), max(look.numbers)
    step = " in steps of 1024" if all(number % 1024 == 0 for number in look.numbers) else ""
    return SourceUnit(unit, (f"values {low:g}-{high:g}{step} look like {unit}",))


def _documented(field: str, header: Header) -> SourceUnit:
    found = units.documented(field, header.words)
    if found is None:
        return SourceUnit()
    return SourceUnit(found[0], (f"the unit is {found[0]} ({found[1]})",))
