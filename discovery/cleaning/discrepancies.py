"""What folding reports: tables that contradict each other, and rows that describe no one asset."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from discovery.cleaning.findings import FOLDED_SCHEMA, ROW, about

# Sizes that differ by less are rounded differently: 15.9 GiB is not 16 GiB, 16.001 is.
_ROUNDING: Final = 0.001
_NAMES_TOLD: Final = 3
# Meant to be unique: where different machines share one, the next import would confuse them.
UNIQUE_KEYS: Final = ("external_id", "serial_number")


def disagreements(members: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """A finding for each value that lost to an earlier, different one of the same asset.

    `members` are the rows of assets that several rows describe, with `group` and their place.
    """
    found = [_lost(members, field) for field in fields]
    return pl.concat([pl.DataFrame(schema=FOLDED_SCHEMA), *found], rechunk=True)


def _lost(members: pl.DataFrame, field: str) -> pl.DataFrame:
    told = members.select("group", "table", ROW, value=field).drop_nulls("value")
    kept = [
        pl.col(name).first().over("group").alias(f"kept_{name}") for name in ("value", "table", ROW)
    ]
    differs = _differs(told.schema["value"])
    reason = pl.format(
        '"{}" differs from row {} of {}: kept "{}"; correct one of the two.',
        *("value", f"kept_{ROW}", "kept_table", "kept_value"),
    )
    lost = told.with_columns(kept).filter(differs).with_columns(target=pl.lit(field))
    return about(lost.cast({"value": pl.String, "kept_value": pl.String}), reason)


def _differs(dtype: pl.DataType) -> pl.Expr:
    value, kept = pl.col("value"), pl.col("kept_value")
    if dtype == pl.String:
        return _bare(value) != _bare(kept)
    if dtype == pl.Float64:
        return (value - kept).abs() > _ROUNDING * kept.abs()
    return value != kept


def _bare(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().str.to_lowercase()


def nameless(rows: pl.DataFrame) -> pl.DataFrame:
    reason = (
        "The row has no name, host name, id, serial number, asset tag or address, so no asset was "
        "made of it; fill one in or map the column that has it."
    )
    told = rows.with_columns(target=pl.lit("name"), value=pl.lit(""))
    return about(told, pl.lit(reason))


def known_by_address(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Rows that none of `names` names. Somebody should, as addresses change hands."""
    is_unnamed = pl.all_horizontal(pl.lit(value=True), *(pl.col(name).is_null() for name in names))
    unnamed = rows.filter(is_unnamed)
    reason = "The row has no name: the asset is called by its address until it gets one."
    told = unnamed.with_columns(target=pl.lit("name"), value=pl.col("ip_address"))
    return about(told, pl.lit(reason))


def contested(rows: pl.DataFrame) -> pl.DataFrame:
    reason = pl.format(
        '"{}" fits several assets of this import, and nothing in this row tells which; it was left '
        "out. Add their id to this table.",
        "value",
    )
    names = [name for name in ("name", "hostname", "fqdn", "serial_number") if name in rows.columns]
    value = pl.coalesce(names) if names else pl.lit("")
    return about(rows.with_columns(target=pl.lit("name"), value=value), reason)


def unfit_ids(doubtful: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`doubtful` as of a Grouping. A host name may be shared: databases name their server so."""
    found = [_unfit(doubtful, rows, key) for key in UNIQUE_KEYS if key in rows.columns]
    return pl.concat([pl.DataFrame(schema=FOLDED_SCHEMA), *found], rechunk=True)


def _unfit(doubtful: pl.DataFrame, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    places = rows.select("position", "table", ROW, written=key)
    shared = (
        doubtful.filter(pl.col("key") == key)
        .join(places, on="position", how="left", maintain_order="left")
        .with_columns(target="key", value="written")
    )
    reason = pl.format(
        '"{}" is shared by {} rows of different machines ({}): it was kept in the attributes and '
        "not used to tell assets apart. Map the column to another field if it is no id of a row.",
        *("value", "rows", pl.col("names").list.head(_NAMES_TOLD).list.join(", ")),
    )
    return about(shared, reason)
