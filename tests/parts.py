"""Cleaned tables in a line or two, and what folding makes of them."""

import json
from typing import Any

import polars as pl

from discovery.cleaning.folding import Folded, Part

TYPES = {
    **dict.fromkeys(("tags", "ip_addresses"), pl.List(pl.String)),
    **dict.fromkeys(
        ("memory_gb", "storage_gb", "storage_used_gb", "cpu_utilization_percent"), pl.Float64
    ),
    "cpu_cores": pl.Int64,
}

Row = dict[str, Any]


def part(name: str, *rows: Row, grain: str = "asset", asset_type: str | None = None) -> Part:
    """A cleaned table whose rows start at 2; columns in alphabetical order."""
    columns = sorted({key for row in rows for key in row} - {"attributes"})
    frame = pl.DataFrame(
        {key: [row.get(key) for row in rows] for key in columns},
        schema={key: TYPES.get(key, pl.String) for key in columns},
    )
    attributes = [json.dumps(row.get("attributes", {}), separators=(",", ":")) for row in rows]
    place = pl.int_range(2, len(rows) + 2, eager=True, dtype=pl.Int64).alias("__row__")
    return Part(
        name, grain, asset_type, frame.with_columns(place, attributes=pl.Series(attributes))
    )


def names(folded: Folded) -> list[str]:
    return folded.frame["name"].to_list()


def reasons(folded: Folded) -> list[str]:
    return folded.findings["reason"].to_list()
