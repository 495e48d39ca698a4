"""Folding: one row per asset out of all tables of an import.

Rows of asset tables are grouped by their identity (`identity.py`); the first known value of a field
wins, in the order of tables and rows. Parts and observations of an asset (`children.py`) join it
and never make one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.fields import BY_NAME
from discovery.cleaning import attributes
from discovery.cleaning.addresses import FURTHER
from discovery.cleaning.children import measures, orphans, parented, tags
from discovery.cleaning.discrepancies import (
    UNIQUE_KEYS,
    contested,
    disagreements,
    known_by_address,
    nameless,
    unfit_ids,
)
from discovery.cleaning.findings import FOLDED_SCHEMA, ROW, capped
from discovery.cleaning.identity import IDENTITY, Grouping, group_rows, keys_of
from discovery.cleaning.texts import MAX_NAME

__all__ = ["IDENTITY", "Folded", "Part", "fold"]

_NAMES: Final = (
    *("name", "hostname", "fqdn", "external_id", "ip_address", "serial_number", "asset_tag"),
)
_LISTS: Final = frozenset(name for name, field in BY_NAME.items() if field.kind.is_list)


@dataclass(frozen=True, slots=True)
class Part:
    """One cleaned table.

    `grain` is asset, disk, partition, nic, sample or tag; `asset_type` is that of rows without one.
    """

    table: str
    grain: str
    asset_type: str | None
    frame: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Folded:
    """`frame`: a row per asset with a column per field seen, `attributes`, and the `table` and
    `__row__` that described it first. `findings`: FINDING_SCHEMA and `table`.
    """

    frame: pl.DataFrame
    findings: pl.DataFrame


def fold(parts: Sequence[Part]) -> Folded:
    """One row per asset, in the order of first description; each has a name.

    Ids and serial numbers that different machines share end in the attributes.
    """
    rows = _stacked([part for part in parts if part.grain == "asset"])
    kids = _stacked([part for part in parts if part.grain != "asset"])
    keys = keys_of(rows).with_columns(rows.select("position", "part", "asset_type"))
    grouping = group_rows(keys)
    rows = rows.with_columns(grouping.rows.select("group", "contested"))
    known = _has_identity(rows)
    members = rows.filter(known & ~pl.col("contested"))
    owners = keys.with_columns(rows["group"]).filter(known & ~rows["contested"])
    kids = parented(kids.with_columns(keys_of(kids)), owners)
    found = [
        capped(nameless(rows.filter(~known))),
        capped(_known_by_address(members)),
        capped(contested(rows.filter("contested"))),
        capped(unfit_ids(grouping.doubtful, rows)),
        capped(disagreements(_several(members), _disputable(members))),
        orphans(kids, owners),
    ]
    frame = _with_children(_one_row_each(members), members, kids)
    return Folded(_finished(frame, grouping), pl.concat(found, rechunk=True))


def _stacked(parts: Sequence[Part]) -> pl.DataFrame:
    """All rows under each other with the place of their table, without what edges are made of."""
    nothing = pl.DataFrame(
        schema={ROW: pl.Int64, "attributes": pl.String, "asset_type": pl.String}
        | {"part": pl.Int32, "table": pl.String, "grain": pl.String}
    )
    frames = [
        part.frame.select(pl.exclude("^edge\\..*$")).with_columns(
            _type(part),
            part=pl.lit(place, dtype=pl.Int32),
            table=pl.lit(part.table),
            grain=pl.lit(str(part.grain)),
        )
        for place, part in enumerate(parts)
    ]
    # Polars 2.1 panics where it joins texts of an empty chunk, hence the rechunking here and there.
    rows = pl.concat([nothing, *frames], how="diagonal", rechunk=True).with_row_index("position")
    return rows.with_columns(pl.col("attributes").fill_null("{}"))


def _type(part: Part) -> pl.Expr:
    of_table = pl.lit(part.asset_type, dtype=pl.String).alias("asset_type")
    return pl.coalesce("asset_type", of_table) if "asset_type" in part.frame.columns else of_table


def _has_identity(rows: pl.DataFrame) -> pl.Series:
    present = [name for name in (*_NAMES, "ip_addresses") if name in rows.columns]
    named = pl.any_horizontal(
        [pl.col(name).is_not_null() for name in present] or [pl.lit(value=False)]
    )
    return rows.select(named.alias("known")).to_series()


def _known_by_address(members: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in _NAMES if name in members.columns and name != "ip_address"]
    if "ip_address" not in members.columns:
        return pl.DataFrame(schema=FOLDED_SCHEMA)
    return known_by_address(members, names)


def _several(members: pl.DataFrame) -> pl.DataFrame:
    """The rows of assets that more than one row describes."""
    return members.filter(pl.col("group").is_duplicated())


def _fields(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if name in BY_NAME]


def _disputable(rows: pl.DataFrame) -> list[str]:
    """Fields with one value. A second address, or an id of another system, contradicts nothing."""
    apart = {*_LISTS, *FURTHER, "external_id"}
    return [name for name in _fields(rows) if name not in apart]


def _one_row_each(members: pl.DataFrame) -> pl.DataFrame:
    several = _several(members)
    columns = ["group", "table", ROW, *_fields(members)]
    once = members.filter(~pl.col("group").is_duplicated()).select(*columns, "attributes")
    told = [_first(name) for name in columns if name != "group"]
    together = (
        several.group_by("group", maintain_order=True)
        .agg(told)
        .join(attributes.merged(several["group"], _with_other_ids(several)), on="group")
    )
    return pl.concat([once, together.select(once.columns)], rechunk=True).sort("group")


def _with_other_ids(several: pl.DataFrame) -> pl.Series:
    """The attributes; an id that another system gave the asset stands there beside the own one."""
    if "external_id" not in several.columns:
        return several["attributes"]
    own = pl.col("external_id")
    others = several.select(pl.when(own != own.first(ignore_nulls=True).over("group")).then(own))
    return attributes.with_entries(several["attributes"], [("external_id", others.to_series())])


def _first(name: str) -> pl.Expr:
    if name not in _LISTS:
        return pl.col(name).first(ignore_nulls=True)
    union = pl.col(name).explode().drop_nulls().unique(maintain_order=True)
    return pl.when(union.len() > 0).then(union.implode()).alias(name)


def _with_children(rows: pl.DataFrame, members: pl.DataFrame, kids: pl.DataFrame) -> pl.DataFrame:
    kids = kids.filter(pl.col("group").is_not_null())
    for measure in measures(kids):
        rows = _filled(rows, measure)
    rows = _with_tags(rows, tags(kids))
    cards = kids.filter(pl.col("grain") == "nic")
    for one, further in FURTHER.items():
        rows = _with_addresses(rows, [members, cards], one, further)
    return rows


def _filled(rows: pl.DataFrame, extra: pl.DataFrame) -> pl.DataFrame:
    """What the children say of a field that the asset itself does not know."""
    fields = [name for name in extra.columns if name != "group"]
    if not fields or extra.is_empty():
        return rows
    beside = rows.select("group").join(extra, on="group", how="left", maintain_order="left")
    return rows.with_columns(
        rows[name].fill_null(beside[name]) if name in rows.columns else beside[name]
        for name in fields
    )


def _with_tags(rows: pl.DataFrame, extra: pl.DataFrame) -> pl.DataFrame:
    if "tags" not in rows.columns or extra.is_empty():
        return _filled(rows, extra)
    own = rows.select("group", "tags").explode("tags", empty_as_null=True)
    both = pl.concat([own, extra.explode("tags", empty_as_null=True)]).drop_nulls()
    union = both.group_by("group").agg(pl.col("tags").unique(maintain_order=True))
    return _filled(rows.drop("tags"), union)


def _with_addresses(
    rows: pl.DataFrame, sources: Sequence[pl.DataFrame], one: str, further: str
) -> pl.DataFrame:
    """The first address of an asset is its own, all others are the further ones."""
    said = list(_said(sources, one, further))
    if not said:
        return rows
    lists = (
        pl.concat(said)
        .drop_nulls()
        .unique(["group", "address"], keep="first", maintain_order=True)
        .group_by("group")
        .agg("address")
    )
    beside = rows.select("group").join(lists, on="group", how="left", maintain_order="left")
    rest = pl.col("address").list.slice(1)
    return rows.with_columns(
        beside["address"].list.first().alias(one),
        beside.select(pl.when(rest.list.len() > 0).then(rest)).to_series().alias(further),
    )


def _said(sources: Sequence[pl.DataFrame], one: str, further: str) -> Iterator[pl.DataFrame]:
    """Frames of group and address, one address a row."""
    for source in sources:
        if one in source.columns:
            yield source.select("group", address=one)
        if further in source.columns:
            lists = source.select("group", address=further)
            yield lists.explode("address", empty_as_null=True)


def _finished(rows: pl.DataFrame, grouping: Grouping) -> pl.DataFrame:
    names = [name for name in _NAMES if name in rows.columns]
    name = pl.coalesce(names).str.slice(0, MAX_NAME) if names else pl.lit("")
    rows = rows.with_columns(name.alias("name"))
    rows = _without_unfit_ids(rows, grouping.doubtful)
    return rows.select(
        "table", ROW, *(name for name in BY_NAME if name in rows.columns), "attributes"
    )


def _without_unfit_ids(rows: pl.DataFrame, doubtful: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.Series([None], dtype=pl.String)
    for key in UNIQUE_KEYS:
        values = doubtful.filter(pl.col("key") == key)["value"]
        if values.is_empty():
            continue
        unfit = rows[key].str.to_lowercase().str.strip_chars().is_in(values.implode())
        unfit = unfit.fill_null(value=False)
        kept = attributes.with_entries(
            rows["attributes"], [(key, rows[key].zip_with(unfit, nothing))]
        )
        rows = rows.with_columns(rows[key].zip_with(~unfit, nothing), kept.alias("attributes"))
    return rows
