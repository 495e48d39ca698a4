"""Quantities: a number, its unit, and whether the target can have so much of it.

The unit in a cell beats the column's unit. -1 is how tools write "not set": null, no finding.
"""

import math
from collections.abc import Mapping
from typing import Final

import polars as pl

from assets.fields import BY_NAME, Kind
from discovery.cleaning.numerals import numerals
from discovery.cleaning.reading import Reading, Target, faults
from discovery.cleaning.vocabulary import CURRENCY_SIGNS, FACTORS

# What no machine has: sizes in GiB, so a pebibyte of memory and an exbibyte of storage.
_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "cpu_cores": (1, 100_000),
    "cpu_sockets": (1, 4_096),
    "memory_gb": (0, 2**20),
    "storage_gb": (0, 2**30),
    "storage_used_gb": (0, 2**30),
    "cpu_utilization_percent": (0, 105),
    "memory_utilization_percent": (0, 105),
    "edge.port": (1, 65_535),
}
# The database keeps money to the cent, with 14 digits before the point.
_ANY_AMOUNT: Final = (0.0, 1e14 - 1)
_DECIMALS: Final = 4

_signs = "|".join(sign.replace("$", r"\$") for sign in CURRENCY_SIGNS)
_CURRENCY: Final = rf"(?i)^(?:{_signs}|currency)$"
_PERIOD: Final = rf"(?i)^(?:{_signs}|currency)?\s*(?:/|per\b|pro\b|par\b)?\s*"

_SIZES: Final = ("memory_gb", "storage_gb", "storage_used_gb")
_PAIR: Final = r"^([-+]?[\d.,]+)\s*([A-Za-z]*)\s*(?:/|\bof\b)\s*([-+]?[\d.,]+)\s*([A-Za-z]*)$"

_NO_NUMBER: Final = "is not a number; write one number, with its unit where it needs one"
_NOT_WHOLE: Final = "is not a whole number, which a count is; correct the cell or the mapping"


def read_quantity(texts: pl.Series, target: Target) -> Reading:
    """Int64 for counts, else Float64 with four decimals, in the canonical unit."""
    unit = _canonical_unit(target.name)
    of_column = _factor(target.unit, unit)
    if of_column is None:
        reason = f'stands in a column of "{target.unit}", no unit of {unit}; correct the mapping'
        unread = texts.clear(len(texts)).cast(pl.Int64 if _is_count(target.name) else pl.Float64)
        return Reading({target.name: unread}, fault=faults(texts.is_not_null(), reason))
    table = numerals(_one_of_pair(texts, target.name)).with_columns(text=texts)
    of_cell = _factors(_unit_names(table["suffix"], unit), unit)
    table = table.with_columns(of_cell.alias("factor").fill_null(of_column))
    return _judged(table, target.name, unit)


def _canonical_unit(target: str) -> str:
    known = BY_NAME.get(target)
    return (known and known.unit) or "count"


def _factor(name: str | None, unit: str) -> float | None:
    """What one of the named unit is worth in the canonical one; None when it is no such unit."""
    names = _unit_names(pl.Series([name], dtype=pl.String), unit)
    if names[0] is None:
        return 1.0
    factor: float = _factors(names, unit)[0]
    return None if math.isnan(factor) else factor


def _unit_names(names: pl.Series, unit: str) -> pl.Series:
    """Without the currency and the word before a period: `USD/year` → `year`, `€` → null."""
    bare = names.str.replace(_PERIOD, "") if unit.startswith("currency") else names
    return pl.select(pl.when(bare.str.len_bytes() > 0).then(bare.str.strip_chars(" ."))).to_series()


def _factors(names: pl.Series, unit: str) -> pl.Series:
    """NaN where a name is no unit of this kind. A capital B decides between bytes and bits."""
    distinct = names.drop_nulls().unique()
    table = FACTORS[unit]
    worth = [table.get(name, table.get(name.lower(), float("nan"))) for name in distinct]
    return names.replace_strict(
        distinct, pl.Series(worth, dtype=pl.Float64), default=None, return_dtype=pl.Float64
    )


def _one_of_pair(texts: pl.Series, target: str) -> pl.Series:
    """`61.2 GiB / 127 GiB` is used / total: the target says which of the two is meant."""
    if target not in _SIZES or not texts.str.contains(_PAIR).any():
        return texts
    used, used_unit, total, total_unit = (pl.col("pair").struct[place] for place in range(4))
    if target == "storage_used_gb":
        chosen = used + " " + pl.when(used_unit == "").then(total_unit).otherwise(used_unit)
    else:
        chosen = total + " " + pl.when(total_unit == "").then(used_unit).otherwise(total_unit)
    table = pl.DataFrame({"text": texts, "pair": texts.str.extract_groups(_PAIR)})
    return table.select(pl.coalesce(chosen, "text")).to_series()


def _judged(table: pl.DataFrame, target: str, unit: str) -> Reading:
    money = unit.startswith("currency")
    number = pl.when(pl.col("number").is_finite() & _prefix_fits(money)).then("number")
    unset = (pl.col("number") == -1) & (not money)
    table = table.with_columns(number, unset=unset.fill_null(value=False)).with_columns(
        amount=(pl.col("number") * pl.col("factor")).round(_DECIMALS)
    )
    fault = _fault(table, target, unit)
    amount = pl.when(pl.lit(fault.is_null()) & ~pl.col("unset")).then("amount")
    return Reading({target: table.select(_typed(amount, target)).to_series()}, fault=fault)


def _prefix_fits(money: bool) -> pl.Expr:
    prefix = pl.col("prefix")
    return prefix.is_null() | (prefix.str.contains(_CURRENCY) if money else pl.lit(value=False))


def _fault(table: pl.DataFrame, target: str, unit: str) -> pl.Series:
    low, high = _RANGES.get(target, _ANY_AMOUNT)
    amount, number = pl.col("amount"), pl.col("number")
    fault = (
        pl.when(pl.col("text").is_null() | pl.col("unset"))
        .then(None)
        .when(number.is_null())
        .then(pl.lit(_NO_NUMBER))
        .when(pl.col("factor").is_nan())
        .then(pl.lit(f"has a unit that is not known for {unit}; correct the cell or the mapping"))
        .when(~amount.is_between(low, high))
        .then(pl.lit(f"is not within {low:,.0f} and {high:,.0f} ({unit}); check it and its unit"))
        .when(_is_count(target) & (amount != amount.floor()))
        .then(pl.lit(_NOT_WHOLE))
    )
    return table.select(fault).to_series()


def _is_count(target: str) -> bool:
    known = BY_NAME.get(target)
    return known is None or known.kind is Kind.INTEGER


def _typed(amount: pl.Expr, target: str) -> pl.Expr:
    if _is_count(target):
        return amount.cast(pl.Int64)
    # Samplers report 100.4 % now and then: that is a rounding error, not more than everything.
    return amount.clip(upper_bound=100) if target.endswith("_percent") else amount
