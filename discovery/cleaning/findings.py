"""The shape of findings, and how many of a kind are told one by one."""

from typing import Final

import polars as pl

ROW: Final = "__row__"
FINDING_SCHEMA: Final = {
    "row": pl.Int64,
    "column": pl.String,
    "target": pl.String,
    "value": pl.String,
    "reason": pl.String,
}
FOLDED_SCHEMA: Final = {**FINDING_SCHEMA, "table": pl.String}
MAX_VALUE: Final = 200
# Of what may be wrong in every row at once, so many are told per table and field.
_TOLD: Final = 20


def about(table: pl.DataFrame, reason: pl.Expr) -> pl.DataFrame:
    """Findings on rows with the columns table, `__row__`, target and value (text)."""
    return table.select(
        row=ROW,
        column=pl.lit(""),
        target="target",
        value=pl.col("value").str.slice(0, MAX_VALUE),
        reason=reason,
        table="table",
    ).cast(FOLDED_SCHEMA)  # type: ignore[arg-type]


def capped(found: pl.DataFrame) -> pl.DataFrame:
    """The first twenty per table and target, and one finding that counts the rest."""
    place = pl.int_range(pl.len()).over("table", "target")
    rest = pl.len().over("table", "target") - _TOLD
    more = pl.format("The same holds for {} more rows of this table from here on.", rest)
    last = place == _TOLD
    return found.with_columns(
        value=pl.when(~last).then("value"), reason=pl.when(last).then(more).otherwise("reason")
    ).filter(place <= _TOLD)
