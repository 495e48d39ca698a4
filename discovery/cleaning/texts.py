"""Texts: freed of what cannot be seen, of quotes and of words for "nothing"; names and lists."""

from typing import Final

import polars as pl

from discovery.cleaning.reading import Reading, Target, faults
from discovery.cleaning.vocabulary import NOTHING

MAX_TEXT: Final = 1_000
# What an asset is known by is indexed, and has less room in the database.
MAX_NAME: Final = 500
_KEYS: Final = ("name", "external_id", "serial_number", "fqdn", "hostname", "depends_on")
_MAX_LENGTHS: Final = {**dict.fromkeys(_KEYS, MAX_NAME), "description": 10_000}

# Control characters (NUL ends a string in PostgreSQL), soft hyphens, zero-width and bidi marks.
_INVISIBLE: Final = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
)
_ODD_SPACES: Final = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_LINE_ENDS: Final = "\r\n|\r|\u0085|\u2028|\u2029"
_TO_REPAIR: Final = f"{_INVISIBLE}|{_ODD_SPACES}|{_LINE_ENDS}"
# A whole cell in quotes, a spreadsheet's ="text" and its leading apostrophe. Quotes inside mean
# that the outer ones belong to a list: "a", "b".
_QUOTES: Final = (
    r'(?s)^="([^"]*)"$',
    r'(?s)^"([^"]*)"$',
    r"(?s)^'([^']*)'?$",
    r"(?s)^[“„«]([^“”„«»]*)[”“»]$",
)
# The apostrophe that keeps a spreadsheet from taking a text for a formula: see assets/exports.py.
_GUARD: Final = r"""(?s)^'([\s'"]*[=+\-@＝＋－＠]|[\t\n])"""  # noqa: RUF001
_BRACKETS: Final = r"(?s)^[\[({]\s*(.*?)\s*[\])}][;,]?$"
_BREAKS: Final = r"[\n\t]\s*"


def tidy(column: pl.Series) -> pl.Series:
    """The texts as a person sees them; null where a cell says nothing."""
    texts = _visible(column).str.strip_chars()
    if texts.str.contains(r"""^(?:=?"|['“„«])""").any():
        for pattern in (*_QUOTES, _GUARD):
            texts = texts.str.replace(pattern, "$1")
        texts = texts.str.strip_chars()
    return _null_where(texts, texts.str.to_lowercase().is_in(NOTHING))


def _visible(column: pl.Series) -> pl.Series:
    if not column.str.contains(_TO_REPAIR).any():
        return column
    return (
        column.str.replace_all(_LINE_ENDS, "\n")
        .str.replace_all(_INVISIBLE, "")
        .str.replace_all(_ODD_SPACES, " ")
    )


def _null_where(texts: pl.Series, mask: pl.Series) -> pl.Series:
    return texts.set(mask, None) if mask.any() else texts


def read_text(texts: pl.Series, target: Target) -> Reading:
    """One line of at most 1,000 characters; a description keeps its lines and 10,000 characters."""
    limit = _MAX_LENGTHS.get(target.name, MAX_TEXT)
    if target.name != "description" and texts.str.contains(r"[\n\t]").any():
        texts = texts.str.replace_all(_BREAKS, " ")
    if (texts.str.len_bytes().max() or 0) <= limit:  # type: ignore[operator]
        return Reading({target.name: texts})
    long = texts.str.len_chars() > limit
    reason = f"is longer than {limit:,} characters and was cut; shorten it in the source"
    return Reading({target.name: texts.str.slice(0, limit)}, fault=faults(long, reason))


def read_list(texts: pl.Series, target: Target) -> Reading:
    """Elements of `[a;b];`, `a;b`, `"a, b"`, `k:v, k:v`, a JSON list; no nulls, no repeats."""
    return Reading({target.name: split(texts, _MAX_LENGTHS.get(target.name, MAX_TEXT))})


def split(texts: pl.Series, limit: int = MAX_TEXT) -> pl.Series:
    """Lists of what stands between `;`, `|` or line ends or, where none is, between commas."""
    text = pl.col("text").str.replace(_BRACKETS, "$1").str.replace_all('"', "")
    uniform = text.str.replace_all(r"[|\n]", ";")
    element = pl.element().str.strip_chars(" '\t").str.slice(0, limit)
    lists = (
        texts.to_frame("text")
        .select(
            pl.when(text.str.contains(r"[;|\n]"))
            .then(uniform)
            .otherwise(text.str.replace_all(",", ";"))
            .str.split(";")
            .list.eval(element.filter(~element.str.to_lowercase().is_in(NOTHING)))
            .list.unique(maintain_order=True)
        )
        .to_series()
    )
    return _null_where(lists, lists.list.len() == 0)
