"""Enumerations: the canonical value behind what people and tools write (`synonyms.toml`)."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import polars as pl

from assets.fields import BY_NAME
from discovery.cleaning.reading import Reading, Target, faults
from discovery.cleaning.vocabulary import SYNONYMS, compact

_ASIDE: Final = re.compile(r"\(([^)]*)\)")
_RANK: Final = re.compile(r"^\d+\s*[-:.)=]\s*")


def read_enumeration(texts: pl.Series, target: Target) -> Reading:
    """The canonical value; null and a finding for what no synonym covers."""
    table = SYNONYMS[target.name]
    distinct = texts.drop_nulls().unique(maintain_order=True)
    meant = [_meant(text, table) for text in distinct]
    values = texts.replace_strict(distinct, pl.Series(meant, dtype=pl.String), default=None)
    allowed = ", ".join(BY_NAME[target.name].values)
    reason = f"is not one of {allowed}; use one of them or map the column elsewhere"
    return Reading(
        {target.name: values}, fault=faults(texts.is_not_null() & values.is_null(), reason)
    )


def _meant(text: str, table: dict[str, str]) -> str | None:
    found = (table.get(compact(variant)) for variant in _variants(text))
    return next((value for value in found if value), None)


def _variants(text: str) -> Iterator[str]:
    """`1 - Critical (P1)` is tried whole, without and within the brackets, without its number."""
    plain = unicodedata.normalize("NFKC", text)
    outside = _ASIDE.sub("", plain)
    yield from (plain, outside, *_ASIDE.findall(plain), _RANK.sub("", outside))
