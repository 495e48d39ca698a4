"""Several columns for one target become one: the first value that is known, or one list of all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.fields import BY_NAME
from discovery.cleaning.addresses import FURTHER

_LISTS: Final = frozenset(name for name, field in BY_NAME.items() if field.kind.is_list)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a column mapped to `target` gives, for that target and for others."""

    target: str | None
    values: Mapping[str, pl.Series]


def united(offers: Iterable[Offer]) -> dict[str, pl.Series]:
    """One series per target. A column that was mapped to a target goes before the by-products."""
    direct: dict[str, list[pl.Series]] = {}
    derived: dict[str, list[pl.Series]] = {}
    for offer in offers:
        for target, values in offer.values.items():
            side = direct if target == offer.target else derived
            side.setdefault(target, []).append(values)
    found = {
        target: [*direct.get(target, ()), *derived.get(target, ())]
        for target in (*direct, *derived)
        if target in direct or any(values.null_count() < len(values) for values in derived[target])
    }
    for one, further in FURTHER.items():
        if len(found.get(one, ())) > 1 or further in found:
            found[further] = [_further(found.get(one, []), found.get(further, []))]
    return {target: _one(target, series).alias(target) for target, series in found.items()}


def _one(target: str, series: Sequence[pl.Series]) -> pl.Series:
    if len(series) == 1:
        return series[0]
    if target in _LISTS:
        return union(series)
    return pl.select(pl.coalesce(*series)).to_series()


def union(series: Sequence[pl.Series]) -> pl.Series:
    """Lists of the elements of all, each once, in order; null where there is none."""
    lists = [values if values.dtype == pl.List else _listed(values) for values in series]
    together = pl.concat_list(values.fill_null(value=[]) for values in lists)
    elements = together.list.drop_nulls().list.unique(maintain_order=True)
    return pl.select(pl.when(elements.list.len() > 0).then(elements)).to_series()


def _listed(values: pl.Series) -> pl.Series:
    return pl.select(pl.concat_list(values)).to_series()


def _further(ones: Sequence[pl.Series], lists: Sequence[pl.Series]) -> pl.Series:
    """All addresses but the one that counts as the asset's own."""
    if not ones:
        return union(lists)
    own = pl.select(pl.coalesce(*ones)).to_series()
    everything = union([own, *ones, *lists])
    rest = pl.select(pl.when(own.is_null()).then(everything).otherwise(everything.list.slice(1)))
    return rest.select(pl.when(pl.all().list.len() > 0).then(pl.all())).to_series()
