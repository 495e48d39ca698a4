"""Names and identifiers: host names, qualified names, and serial numbers that are none."""

from typing import Final

import polars as pl

from discovery.cleaning.addresses import is_address, read_addresses
from discovery.cleaning.reading import Reading, Target
from discovery.cleaning.texts import read_text
from discovery.cleaning.vocabulary import PLACEHOLDERS

# Labels of a name in the DNS; the last one has letters, or it would be an address or a version.
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
QUALIFIED: Final = rf"^{_LABEL}(?:\.{_LABEL})*\.[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]\.?$"


def is_qualified(texts: pl.Series) -> pl.Series:
    return texts.str.contains(QUALIFIED)


def read_identifier(texts: pl.Series, target: Target) -> Reading:
    """A text; what firmware reports when nobody filled the field in identifies nothing."""
    reading = read_text(texts, target)
    value = reading.values[target.name]
    idle = is_placeholder(value, target.name)
    return Reading({target.name: _only(value, ~idle)}, fault=reading.fault, aside=idle)


def is_placeholder(texts: pl.Series, target: str) -> pl.Series:
    compact = texts.str.to_lowercase().str.replace_all(r"[\W_]", "")
    return compact.is_in(PLACEHOLDERS[target]).fill_null(value=False)


def read_host_name(texts: pl.Series, target: Target) -> Reading:
    """For `hostname` and `fqdn` alike: the short name, the qualified name or the address of a cell.

    An address is no name, but it is this asset's address. A name without a domain is no fqdn.
    """
    identifier = read_identifier(texts, target)
    names = identifier.values[target.name]
    addressed = is_address(names)
    qualified = is_qualified(names) & ~addressed
    values = {
        "fqdn": _only(names, qualified).str.strip_chars_end("."),
        "hostname": _short(names, qualified, target.name).set(addressed, None),
    }
    if addressed.any():
        addresses = read_addresses(_only(names, addressed), Target("ip_address"))
        values["ip_address"] = addresses.values["ip_address"]
    misplaced = addressed if target.name == "hostname" else ~qualified
    return Reading(values, fault=identifier.fault, aside=identifier.aside | misplaced)


def _short(names: pl.Series, qualified: pl.Series, target: str) -> pl.Series:
    """An fqdn column does not tell the short name of what it qualifies: it may be an alias."""
    if target == "fqdn":
        return _only(names, ~qualified)
    return names.zip_with(~qualified.fill_null(value=False), names.str.extract(r"^([^.]+)"))


def _only(texts: pl.Series, mask: pl.Series) -> pl.Series:
    return texts.zip_with(mask.fill_null(value=False), pl.Series([None], dtype=pl.String))
