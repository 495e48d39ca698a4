"""Ports: `443`, `80;443`, `tcp/22, 8080/tcp`, `[80, 443]`."""

from typing import Final

import polars as pl

from discovery.cleaning.reading import Reading, Target, faults

HIGHEST: Final = 65_535

_PORT: Final = r"(?:(?:tcp|udp)\s*[/:]?\s*)?\d{1,5}(?:\.0)?(?:\s*[/:]?\s*(?:tcp|udp))?"
_PORTS: Final = rf"(?i)^[\[{{(\s]*{_PORT}(?:[\s,;|]+{_PORT})*[\s,;|\]}})]*$"
_FAULT: Final = f"is not a list of ports from 1 to {HIGHEST:,}; write 80;443 and no ranges"


def read_ports(texts: pl.Series, target: Target) -> Reading:
    """Lists of whole numbers; one number for a port of a connection. Port 0 means none."""
    sound = texts.str.contains(_PORTS)
    number = pl.element().cast(pl.Int64)
    numbers = (
        texts.zip_with(sound.fill_null(value=False), pl.Series([None], dtype=pl.String))
        .str.replace_all(r"\.0\b", "")
        .str.extract_all(r"\d+")
        .list.eval(number.filter(number > 0))
        .list.unique(maintain_order=True)
    )
    sound &= numbers.list.max().fill_null(0) <= HIGHEST
    ports = pl.select(pl.when(sound & (numbers.list.len() > 0)).then(numbers)).to_series()
    values = ports if target.name == "port" else ports.list.first()
    return Reading({target.name: values}, fault=faults(~sound, _FAULT))
