"""Rows that are part of an asset: disks, network cards, samples, tags.

They join the asset whose identity they name (the name in such a row is the parent's) and never
make one.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from assets.fields import BY_NAME, Kind
from discovery.cleaning import attributes
from discovery.cleaning.findings import FOLDED_SCHEMA, about
from discovery.cleaning.identity import IDENTITY

# (what the row says, what the asset is called), the surest first.
_PAIRS: Final = (
    *((key, key) for key in IDENTITY),
    *(("name", "fqdn"), ("name", "hostname"), ("hostname", "name"), ("fqdn", "name")),
)
# What an orphan is reported by.
_REFERENCE: Final = ("name", "external_id", "hostname", "fqdn", "serial_number")
_TOLD_BY: Final = {
    "storage_gb": ("disk", "partition"),
    "storage_used_gb": ("partition", "disk"),
}
_AVERAGED: Final = tuple(
    name for name, field in BY_NAME.items() if field.kind in {Kind.NUMBER, Kind.MONEY, Kind.INTEGER}
)
_DECIMALS: Final = 4


def parented(children: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """`children` with the `group` of the only asset that bears their surest known key, or null.

    Both frames have the columns of IDENTITY in lower case; `owners` has `group`.
    """
    group = pl.Series([None], dtype=pl.UInt32).new_from_index(0, children.height)
    for own, other in _PAIRS:
        wanted = children[own].zip_with(group.is_null(), pl.Series([None], dtype=pl.String))
        if wanted.null_count() < children.height:
            bearer = wanted.to_frame(other).join(
                _sole_bearers(owners, other), on=other, how="left", maintain_order="left"
            )
            group = group.fill_null(bearer["group"])
    return children.with_columns(group=group)


def _sole_bearers(owners: pl.DataFrame, key: str) -> pl.DataFrame:
    pairs = owners.select(key, "group").drop_nulls().unique()
    return pairs.filter(pl.col(key).is_unique())


def orphans(children: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """One finding for each name that means no asset, or several, in each table."""
    lost = children.filter(pl.col("group").is_null()).with_columns(value=pl.coalesce(_REFERENCE))
    if lost.is_empty():
        return pl.DataFrame(schema=FOLDED_SCHEMA)
    names = pl.concat(owners.select(pl.col(key).alias("value"), "group") for key in IDENTITY)
    bearers = names.drop_nulls().group_by("value").agg(bearers=pl.col("group").n_unique())
    told = (
        lost.group_by("table", "value", maintain_order=True)
        .agg(pl.col("__row__").first(), rows=pl.len())
        .join(bearers, on="value", how="left", maintain_order="left")
        .with_columns(target=pl.lit("name"))
    )
    return about(told, _why_lost())


def _why_lost() -> pl.Expr:
    value, rows = pl.col("value"), pl.col("rows")
    return (
        pl.when(value.is_null())
        .then(pl.format("{} row(s) do not name the asset that they belong to; map its name.", rows))
        .when(pl.col("bearers") > 1)
        .then(
            pl.format(
                '"{}" ({} row(s)) means {} assets of this import; add the id of the one meant.',
                *(value, rows, "bearers"),
            )
        )
        .otherwise(
            pl.format(
                '"{}" ({} row(s)) is no asset of this import; hand this table in together with the '
                "one that lists it, as one workbook or zip.",
                *(value, rows),
            )
        )
    )


def measures(children: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Frames of `group` and what its rows add up to, each group once, the truest first.

    Partitions lie on disks: what there is in all the disks tell, what is used the partitions. Only
    where one of them is silent the other speaks, so nothing counts twice.
    """
    for name, grains in _TOLD_BY.items():
        for grain in grains:
            rows = children.filter(pl.col("grain") == grain)
            yield _first_known(rows, [_sum(name)] if name in rows.columns else [])
    samples = children.filter(pl.col("grain") == "sample")
    yield _first_known(samples, [_mean(name) for name in _AVERAGED if name in samples.columns])


def _first_known(rows: pl.DataFrame, totals: list[pl.Expr]) -> pl.DataFrame:
    """Two tables of one grain list the same things, so they are not added up either."""
    by_table = rows.group_by("group", "part", maintain_order=True).agg(totals)
    return by_table.group_by("group", maintain_order=True).agg(
        pl.exclude("part").first(ignore_nulls=True)
    )


def _sum(name: str) -> pl.Expr:
    value = pl.col(name)
    return pl.when(value.count() > 0).then(value.sum().round(_DECIMALS)).alias(name)


def _mean(name: str) -> pl.Expr:
    if BY_NAME[name].kind is Kind.INTEGER:
        return pl.col(name).mean().round().cast(pl.Int64)
    return pl.col(name).mean().round(_DECIMALS)


def tags(children: pl.DataFrame) -> pl.DataFrame:
    """`group` and its tags: `key=value` of rows that hold an entity, a key and a value."""
    rows = children.filter(pl.col("grain") == "tag")
    if "tags" not in rows.columns:
        rows = rows.with_columns(tags=pl.lit(None, dtype=pl.List(pl.String)))
    rows = rows.select("group", "tags", told=attributes.texts(rows["attributes"]))
    rows = rows.explode("tags", empty_as_null=True)
    key, value = (pl.col("told").list.get(place, null_on_oob=True) for place in range(2))
    tag = pl.concat_str(key, pl.coalesce("tags", value), separator="=", ignore_nulls=True)
    return (
        rows.select("group", tags=tag)
        .filter(pl.col("tags") != "")
        .group_by("group", maintain_order=True)
        .agg(pl.col("tags").unique(maintain_order=True))
    )
