"""What assets and tables say of other assets, in one shape: for those who read what rules cannot.

`known_id` is the asset that is known, `text` stands for the other one, `found_id` is that, where
one asset bears the text. `is_needed`: the known asset needs the other one, or else it is needed.
"""

from typing import Final

import polars as pl

from discovery.dependencies.references import AMBIGUOUS, Resolved
from discovery.dependencies.rules import Rule

SAYS: Final = " says: "  # ends the place of what an asset says itself: a table's rows have none
SAID_SCHEMA: Final = {
    "known_id": pl.String,
    "field": pl.String,
    "text": pl.String,
    "found_id": pl.String,
    "is_needed": pl.Boolean,
    "is_ambiguous": pl.Boolean,
    "dependency_type": pl.String,
    "classes": pl.List(pl.String),
    "says": pl.String,
}


def said_by(rule: Rule, resolved: Resolved) -> pl.DataFrame:
    """Both what the rule resolved and what it could not."""
    both = pl.concat([resolved.edges, resolved.missed], how="diagonal")
    return as_said(
        both.select(
            "text",
            known_id="source_id",
            field=pl.lit(rule.field),
            found_id="target_id",
            is_needed=pl.lit(not rule.reversed),
            is_ambiguous=is_ambiguous(),
            dependency_type=pl.lit(rule.dependency_type),
            classes=pl.lit([each or "" for each in rule.classes], pl.List(pl.String)),
            says=pl.format("{} of {}{}{}", pl.lit(rule.field), "source_name", pl.lit(SAYS), "text"),
        )
    )


def is_ambiguous() -> pl.Expr:
    """Of what `resolve` missed."""
    return pl.col("reason").eq(AMBIGUOUS).fill_null(value=False)


def as_said(frame: pl.DataFrame) -> pl.DataFrame:
    """With all columns of SAID_SCHEMA; a table's texts can mean any class of asset."""
    anything = pl.lit([], pl.List(pl.String)).alias("classes")
    absent = [anything] if "classes" not in frame.columns else []
    return frame.with_columns(absent).select(*SAID_SCHEMA).cast(SAID_SCHEMA)  # type: ignore[arg-type]
