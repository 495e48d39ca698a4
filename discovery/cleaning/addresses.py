"""IP addresses, hardware addresses and ports.

Placeholder addresses (unset, loopback, self-assigned, broadcast) identify nothing: half of a data
centre has 127.0.0.1. They become null and stay in the attributes, without a finding.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Final, NamedTuple

import polars as pl

from discovery.cleaning.reading import Reading, Target, faults

# The list that takes the second and further addresses of a cell.
FURTHER: Final = {"ip_address": "ip_addresses", "mac_address": "mac_addresses"}

_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4: Final = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_IPV6: Final = r"^[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$"
# A prefix length or a port says nothing about who has the address.
_DRESSED_IPV4: Final = rf"{_IPV4}(?:/\d{{1,2}}|:\d{{1,5}})?"
_PLACEHOLDER_IP: Final = r"^(?:0\.|127\.|169\.254\.|255\.255\.255\.255$|::1?$)"
_MAC: Final = r"[0-9a-fA-F]{2}(?:[:\-. ]?[0-9a-fA-F]{2}){5}"
_PLACEHOLDER_MAC: Final = r"^(?:00:){5}00$|^(?:ff:){5}ff$"
_CELL: Final = r"""^[\s\[({{'"]*{0}(?:[\s,;|'"]+{0})*[\s\])}}'";,]*$"""

_BETWEEN: Final = re.compile(r"[\s,;|'\"]+")
# `prod-net=10.1.2.3`, `{'prod-net': ['10.1.2.3']}`, `10.1.2.3 (eth0)`: names beside addresses.
_NAME: Final = re.compile(
    r"""[A-Za-z0-9][\w /.-]*['"]?\s*[:=]\s*(?=[\['"]|\d{1,3}\.)|\([^()\d][^()]*\)"""
)
_PORT_OF_V6: Final = re.compile(r"^\[([^\]]+)\](?::\d{1,5})?$")
_TAIL: Final = re.compile(r"%[^/]*|/[\d.]+$")
_PORT_OF_V4: Final = re.compile(r"^([\d.]+):\d{1,5}$")

_IP_FAULT: Final = (
    "is not (wholly) an IP address; write 10.1.2.3 or fd00::1, and a ; between several"
)
_MAC_FAULT: Final = (
    "is not (wholly) a hardware address; write 00:50:56:aa:bb:cc, and a ; between several"
)


class _Cell(NamedTuple):
    """What stands in one cell: addresses in their canonical form, and what else was there."""

    found: list[str]
    unread: bool
    placeholder: bool


def read_addresses(texts: pl.Series, target: Target) -> Reading:
    """IPv4 and IPv6 addresses without prefix length, port and zone."""
    simple = _simple(texts, _DRESSED_IPV4).str.extract_all(_IPV4)
    return _reading(texts, simple, target, _ip_cell, _PLACEHOLDER_IP, _IP_FAULT)


def read_hardware_addresses(texts: pl.Series, target: Target) -> Reading:
    """Addresses of six bytes in any notation, as aa:bb:cc:dd:ee:ff."""
    digits = pl.element().str.replace_all(r"[:\-. ]", "").str.to_lowercase()
    colons = digits.str.replace(r"^(..)(..)(..)(..)(..)(..)$", "$1:$2:$3:$4:$5:$6")
    simple = _simple(texts, _MAC).str.extract_all(_MAC).list.eval(colons)
    return _reading(texts, simple, target, _mac_cell, _PLACEHOLDER_MAC, _MAC_FAULT)


def is_address(texts: pl.Series) -> pl.Series:
    """Where a text is one IP address and nothing else."""
    return texts.str.contains(rf"^{_DRESSED_IPV4}$") | texts.str.contains(_IPV6)


def _simple(texts: pl.Series, element: str) -> pl.Series:
    """The cells that hold nothing but such elements, one or several; null for the others."""
    fits = texts.str.contains(_CELL.format(element)).fill_null(value=False)
    return texts.zip_with(fits, pl.Series([None], dtype=pl.String))


def _reading(
    texts: pl.Series,
    simple: pl.Series,
    target: Target,
    parse: Callable[[str], _Cell],
    placeholder: str,
    fault: str,
) -> Reading:
    """`simple` holds what column expressions could read; `parse` reads the other cells."""
    idle = simple.list.eval(pl.element().str.contains(placeholder)).list.any()
    real = simple.list.eval(pl.element().filter(~pl.element().str.contains(placeholder)))
    rest = texts.zip_with(simple.is_null(), pl.Series([None], dtype=pl.String))
    table = _cells(rest, parse).select(
        found=pl.coalesce(real.list.unique(maintain_order=True), "found"),
        aside=pl.coalesce(idle, "placeholder").fill_null(value=False),
        unread=pl.col("unread").fill_null(value=False),
    )
    return Reading(
        _by_target(table["found"], target),
        fault=faults(table["unread"], fault),
        aside=table["aside"],
    )


def _cells(texts: pl.Series, parse: Callable[[str], _Cell]) -> pl.DataFrame:
    """Each distinct text is parsed once."""
    distinct = texts.drop_nulls().unique(maintain_order=True)
    schema = {"found": pl.List(pl.String), "unread": pl.Boolean(), "placeholder": pl.Boolean()}
    parsed = pl.DataFrame([parse(text) for text in distinct], schema=schema, orient="row")
    return texts.to_frame("text").join(
        parsed.with_columns(text=distinct), on="text", how="left", maintain_order="left"
    )


def _by_target(found: pl.Series, target: Target) -> dict[str, pl.Series]:
    if target.name in FURTHER.values():
        return {target.name: _unless_empty(found)}
    values = {target.name: found.list.first()}
    if target.name in FURTHER and (found.list.len() > 1).any():
        values[FURTHER[target.name]] = _unless_empty(found.list.slice(1))
    return values


def _unless_empty(lists: pl.Series) -> pl.Series:
    return pl.select(pl.when(lists.list.len() > 0).then(lists)).to_series()


def _ip_cell(text: str) -> _Cell:
    plain = _NAME.sub(" ", text).strip("{}();")
    words = [word for word in _BETWEEN.split(plain) if word.strip("[](){}")]
    addresses = [_ip(word) for word in words]
    found = [address for address in addresses if address and not re.match(_PLACEHOLDER_IP, address)]
    idle = any(address and re.match(_PLACEHOLDER_IP, address) for address in addresses)
    return _Cell(list(dict.fromkeys(found)), None in addresses or not words, idle)


def _ip(word: str) -> str | None:
    """The canonical form, None when the word is no address."""
    bare = _PORT_OF_V6.sub(r"\1", word).strip("[](){}")
    bare = _PORT_OF_V4.sub(r"\1", _TAIL.sub("", bare))
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _mac_cell(text: str) -> _Cell:
    words = [word for word in _BETWEEN.split(text.strip("[]{}();")) if word]
    addresses = [_mac(word) for word in words]
    found = [mac for mac in addresses if mac and not re.match(_PLACEHOLDER_MAC, mac)]
    idle = any(mac and re.match(_PLACEHOLDER_MAC, mac) for mac in addresses)
    return _Cell(list(dict.fromkeys(found)), None in addresses or not words, idle)


def _mac(word: str) -> str | None:
    digits = re.sub(r"[:\-.]", "", word).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        return None
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))
