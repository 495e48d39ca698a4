"""Which asset a text means: a name, host name, full name, id or address in other words."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.bulk import fetch
from assets.models import Asset

_KEYS: Final = ("external_id", "name", "fqdn", "hostname", "ip_address")
_LINKS: Final = ("virtualization_host", "cluster", "application_name", "depends_on")
AMBIGUOUS: Final = "Several assets bear this name: use a full name, an id or an address."
UNKNOWN: Final = "No asset of the engagement bears this name: import it, then run again."
# How sure an agent is of a field that it judged.
JUDGED: Final = "judged_fields__{}__confidence"
_LOADED: Final = (
    *("id", *_KEYS, "ip_addresses", "asset_type", *_LINKS),
    JUDGED.format("application_name"),
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """`edges`: the references with the asset they mean as `target_id`. `missed`: with a reason."""

    edges: pl.DataFrame
    missed: pl.DataFrame


def load_inventory() -> pl.DataFrame:
    """The engagement's assets with everything that names them or what they need."""
    return fetch(Asset.objects.all(), _LOADED, frozenset({"ip_addresses", "depends_on"}))


def folded(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase()


def bearers(inventory: pl.DataFrame) -> pl.DataFrame:
    """Every text that names an asset: key, target_id, target_type, rank (0 is the surest)."""
    inventory = inventory.with_columns(
        short_name=pl.col("fqdn").str.split(".").list.first(),
        short_label=pl.when(pl.col("name").str.contains(r"^[^.\s]+\.[^\s]+\.[^\s]+$")).then(
            pl.col("name").str.split(".").list.first()
        ),
    )
    columns = (*_KEYS, "short_name", "short_label")
    named = [_naming(inventory, column, rank) for rank, column in enumerate(columns)]
    further = inventory.explode("ip_addresses", empty_as_null=True)
    named.append(_naming(further, "ip_addresses", len(columns)))
    return pl.concat(named).unique(["key", "target_id"], keep="first", maintain_order=True)


def _naming(inventory: pl.DataFrame, column: str, rank: int) -> pl.DataFrame:
    return inventory.select(
        key=folded(column), target_id="id", target_type="asset_type", rank=pl.lit(rank)
    ).filter(pl.col("key").str.len_chars() > 0)


def resolve(
    references: pl.DataFrame, names: pl.DataFrame, classes: tuple[str | None, ...] = ()
) -> Resolved:
    """Finds what the column `text` of `references` means, among assets of `classes` if given.

    One asset must bear the text by its surest key; two bearers are ambiguous and resolve to none.
    An asset never means itself.
    """
    if classes:
        allowed = pl.col("target_type").is_in([c for c in classes if c])
        names = names.filter(allowed | (pl.col("target_type").is_null() & (None in classes)))
    asked = references.with_row_index("asked").with_columns(key=folded("text"))
    found = asked.join(names, on="key", how="left").filter(
        pl.col("target_id").is_null() | pl.col("target_id").ne_missing(pl.col("source_id"))
    )
    best = found.filter(pl.col("rank") == pl.col("rank").min().over("asked"))
    single = best.filter(pl.len().over("asked") == 1)
    ambiguous = best.filter(pl.len().over("asked") > 1)["asked"]
    selves = asked.join(found, on="asked", how="anti")["asked"]
    missed = asked.filter(~pl.col("asked").is_in(single["asked"].implode()))
    missed = missed.filter(~pl.col("asked").is_in(selves.implode()))
    reason = (
        pl.when(pl.col("asked").is_in(ambiguous.implode()))
        .then(pl.lit(AMBIGUOUS))
        .otherwise(pl.lit(UNKNOWN))
    )
    return Resolved(
        single.drop("asked", "key", "rank"), missed.with_columns(reason=reason).drop("asked", "key")
    )
