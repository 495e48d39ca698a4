"""Which assets look alike: their names but for digits, environment and site, and what is said of
them. One of them stands for all, so that many rows are few questions.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson
import polars as pl

from discovery.agents.redaction import cell, redacted
from discovery.cleaning import attributes
from discovery.cleaning.vocabulary import SYNONYMS

# What a cell says is shown only where samples may be; names of assets and tables always.
SAMPLES: Final = (
    *("operating_system", "manufacturer", "model", "virtualization_platform", "instance_type"),
    *("database_engine", "technology", "business_service", "description"),
)
_words = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
WORDS: Final = MappingProxyType({name: frozenset(each) for name, each in _words.items()})
_MOST_ROLES: Final = 3  # columns of the attributes
_SEEN_FOR_ROLES: Final = 2_000  # rows
_REPEATING: Final = 60  # different values, up to which a column says what kind of thing a row is
_MOST_NAME: Final = 80  # characters that are shown
_MOST_TEXT: Final = 120


@dataclass(frozen=True, slots=True)
class Look:
    """`key` names it, from run to run; `facts` are what is shown; so many assets have it (`count`),
    the first of them in this `place` (table, row) under this `name`. `known` is the value that all
    of them have, if they do.
    """

    key: str
    facts: Mapping[str, Any]
    count: int
    place: tuple[str, int]
    name: str
    known: str | None = None

    @property
    def words(self) -> list[str]:
        """What may hint at something: of its names and texts."""
        texts = [self.name, *(str(value) for value in self.facts.values())]
        return [word.lower() for text in texts for word in re.findall(r"[^\W\d_]+", text)]


@dataclass(frozen=True, slots=True)
class Looks:
    """Those in doubt and those that are known, the most frequent first; `of_rows` has the key of
    its look for each row in doubt (`position`, `look`).
    """

    doubtful: list[Look]
    known: list[Look]
    of_rows: pl.DataFrame


def looks_of(
    rows: pl.DataFrame, known: pl.DataFrame, field: str, most: int, *, samples: bool
) -> Looks:
    """`rows` are in doubt about `field`, `known` are not. Both have a `position`, table, row and
    what is known of an asset. `most` looks are what can be asked about.
    """
    told, sure = _shown([rows, known], samples=samples)
    columns = _telling(told, most)
    grouped = _grouped(told, columns)
    frequent = [*_as_looks(grouped, columns)]
    likes = [_like(name) for name in columns]
    keys = grouped.select(likes).with_columns(look=pl.Series([look.key for look in frequent]))
    of_rows = told.select("position", *map(_folded, columns)).join(
        keys, on=likes, how="left", nulls_equal=True
    )
    settled = _grouped(sure.with_columns(known=known[field]), columns, pl.col("known"))
    settled = settled.filter(pl.col("known").list.len() == 1)
    return Looks(frequent, [*_as_looks(settled, columns)], of_rows.select("position", "look"))


def _shown(parts: Sequence[pl.DataFrame], *, samples: bool) -> list[pl.DataFrame]:
    """What may be shown of the rows, as text, with the folded name (`alike`)."""
    roles = _role_columns(parts[0]) if samples else []
    said = [name for name in SAMPLES if samples and name in parts[0].columns]
    sites = _words_of([part["location"] for part in parts if "location" in part.columns])
    columns = [
        attributes.value(pl.col("attributes"), role).alias(f"column {role}") for role in roles
    ]
    return [
        part.select(
            *("position", "table", "row", "name"),
            *(_text(part, name) for name in said),
            *columns,
            alike=_alike(sites),
        )
        for part in parts
    ]


def _text(part: pl.DataFrame, name: str) -> pl.Expr:
    known = pl.col(name) if name in part.columns else pl.lit(None).alias(name)
    return known.cast(pl.String)


def _role_columns(rows: pl.DataFrame) -> list[str]:
    keys = attributes.keys(rows["attributes"].head(_SEEN_FOR_ROLES))
    roles = (key for key in keys if not WORDS["role"].isdisjoint(_words_in(key)))
    return [role for role, _ in zip(roles, range(_MOST_ROLES), strict=False)]


def _words_in(header: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-zà-ÿ]+|[A-Z]+", header)]


def _words_of(columns: Sequence[pl.Series]) -> list[str]:
    texts = [column.drop_nulls().unique() for column in columns]
    words = (text.str.to_lowercase().str.extract_all(r"\p{L}+").explode() for text in texts)
    return sorted({word for column in words for word in column if word and len(word) > 1})


def _alike(sites: Sequence[str]) -> pl.Expr:
    """The words of the host name that do not number it nor say where it stands."""
    host = pl.col("name").str.to_lowercase().str.replace(r"^([^.\s]+)\.\S+$", "$1")
    apart = pl.Series([*SYNONYMS["environment"], *sites], dtype=pl.String).implode()
    words = host.str.extract_all(r"\p{L}+")
    return words.list.eval(pl.element().filter(~pl.element().is_in(apart))).list.join("-")


def _telling(told: pl.DataFrame, most: int) -> list[str]:
    """The columns by which rows are told apart: all, or those whose values repeat if all would
    make more looks than can be asked about.
    """
    beside = [name for name in told.columns if name not in ("position", "row", "name")]
    if told.select(map(_folded, beside)).unique().height <= most:
        return beside
    return [
        name for name in beside if name in ("table", "alike") or told[name].n_unique() <= _REPEATING
    ]


def _like(column: str) -> str:
    return f"like {column}"


def _folded(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all(r"\d+", "#").alias(_like(column))


def _grouped(told: pl.DataFrame, columns: Sequence[str], *more: pl.Expr) -> pl.DataFrame:
    """A row for each look, the most frequent first, with the values of its first row."""
    return (
        told.sort("position")
        .group_by(map(_folded, columns), maintain_order=True)
        .agg(
            pl.len().alias("count"),
            *(pl.col(name).first() for name in ("row", *columns)),
            pl.col("name").unique(maintain_order=True).head(2).alias("names"),
            *(each.unique() for each in more),
        )
        .sort("count", descending=True, maintain_order=True)
    )


def _as_looks(grouped: pl.DataFrame, columns: Sequence[str]) -> Iterator[Look]:
    for row in grouped.iter_rows(named=True):
        said = {name: row[_like(name)] for name in columns}
        yield Look(
            key=sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16],
            facts=_facts(row, columns),
            count=row["count"],
            place=(row["table"], row["row"]),
            name=row["names"][0],
            known=row["known"][0] if "known" in row else None,
        )


def _facts(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    told = {
        redacted(name, _MOST_NAME): cell(name, row[name], _MOST_TEXT)
        for name in columns
        if name not in ("alike", "table") and row[name] is not None
    }
    names = [redacted(name, _MOST_NAME) for name in row["names"]]
    return {
        "names": names,
        "table": redacted(row["table"], _MOST_NAME),
        "alike": row["count"],
        **told,
    }
