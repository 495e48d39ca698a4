"""Numerals as people and tools write them: `1,024`, `1.024,5`, `16 384`, `1e3`, `$5`, `8 cores`."""

from typing import Final

import polars as pl

_DIGITS: Final = r"\d{1,3}(?:[ '\u2019]\d{3})+(?:[.,]\d+)?|\d[\d.,]*|[.,]\d+"
_NUMBER: Final = rf"[-+\u2212]?(?:{_DIGITS})(?:[eE][-+]?\d+)?"
_QUANTITY: Final = (
    rf"^(?P<prefix>[^\d\s.,+\u2212-]{{1,3}})?\s*(?P<numeral>{_NUMBER})\s*(?P<suffix>[^\d\s].*)?$"
)
# In `12,5` and `1.024,5` the comma is the decimal sign, and then `1.024` beside them is 1,024.
_DECIMAL_COMMA: Final = r"\d,(?:\d{1,2}|\d{4,})(?:\D|$)|(?:^|\D)0,\d|\.\d{3},\d"
_GROUPING_COMMA: Final = r"\d,\d{3}(?:\.\d|,\d{3})"
_COMMA_GROUPS: Final = r"^-?[1-9]\d{0,2}(?:,\d{3})+$"
_POINT_GROUPS: Final = r"^-?\d{1,3}(?:\.\d{3}){2,}$"
_POINT_GROUP: Final = r"^-?[1-9]\d{0,2}\.\d{3}$"


def numerals(texts: pl.Series) -> pl.DataFrame:
    """Columns `number` (null where there is none), `prefix` and `suffix` (what stands around it).

    Whether a comma groups or separates decimals is decided by the column as a whole.
    """
    decimal_comma = _decimal_comma(texts)
    plain = texts.cast(pl.Float64, strict=False)
    if decimal_comma:
        plain = plain.set(texts.str.contains(_POINT_GROUP).fill_null(value=False), None)
    if plain.null_count() == texts.null_count():
        return _bare(plain)
    dressed = texts.zip_with(plain.is_null(), pl.Series([None], dtype=pl.String))
    groups = dressed.str.normalize("NFKC").str.extract_groups(_QUANTITY).struct.unnest()
    number = groups.select(_spelled(decimal_comma).cast(pl.Float64, strict=False)).to_series()
    return groups.select("prefix", "suffix", number=plain.fill_null(number))


def _bare(number: pl.Series) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.String)
    return number.to_frame("number").with_columns(prefix=nothing, suffix=nothing)


def _decimal_comma(texts: pl.Series) -> bool:
    if not texts.str.contains(",", literal=True).any():
        return False
    return bool(
        texts.str.contains(_DECIMAL_COMMA).any() and not texts.str.contains(_GROUPING_COMMA).any()
    )


def _spelled(decimal_comma: bool) -> pl.Expr:
    """The numeral as Python would write it."""
    text = pl.col("numeral").str.replace_all(r"[ '\u2019+]", "").str.replace("\u2212", "-")
    comma, point = text.str.contains(",", literal=True), text.str.contains(".", literal=True)
    no_commas = text.str.replace_all(",", "", literal=True)
    no_points = text.str.replace_all(".", "", literal=True)
    groups = text.str.contains(_COMMA_GROUPS) & (not decimal_comma)
    point_groups = text.str.contains(_POINT_GROUP) & decimal_comma
    return (
        pl.when(comma & point & text.str.contains(r",[^.]*$"))
        .then(no_points.str.replace(",", ".", literal=True))
        .when((comma & point) | groups)
        .then(no_commas)
        .when(comma)
        .then(text.str.replace(",", ".", literal=True))
        .when(text.str.contains(_POINT_GROUPS) | point_groups)
        .then(no_points)
        .otherwise(text)
    )
