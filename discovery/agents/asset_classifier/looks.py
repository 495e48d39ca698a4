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
_COLUMN: Final = "column "  # of the attributes, before its header
_MOST_OF_ONE: Final = 40  # known looks of one value
_MOST_KNOWN: Final = 400


@dataclass(frozen=True, slots=True)
class Look:
    """`likes` is what rows have in common that look so, by column, and `key` names that; `facts`
    are what is shown; so many assets have it (`count`), the first of them in this `place` (table,
    row) under this `name`. `known` is the value that all of them have, if they do.
    """

    likes: Mapping[str, str | None]
    facts: Mapping[str, Any]
    count: int
    place: tuple[str, int]
    name: str
    known: str | None = None

    @property
    def key(self) -> str:
        return sha256(orjson.dumps(self.likes, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    @property
    def words(self) -> list[str]:
        """Of what all that look so have in common."""
        texts = (text for name, text in self.likes.items() if text and name != "table")
        return [word.lower() for text in texts for word in re.findall(r"[^\W\d_]+", text)]


@dataclass(frozen=True, slots=True)
class Looks:
    """Those in doubt and those that are known, the most frequent first; `left_out` counts the rows
    whose looks are too many to be asked about.
    """

    doubtful: list[Look]
    known: list[Look]
    left_out: int


def looks_of(
    rows: pl.DataFrame,
    known: pl.DataFrame,
    field: str,
    most: int,
    *,
    sites: Sequence[str],
    samples: bool,
) -> Looks:
    """`rows` are in doubt about `field`, `known` are not. Both have a `position`, table, row and
    what is known of an asset. `most` looks are what can be asked about; `sites` are words that say
    where an asset stands.
    """
    columns = _columns(rows, samples=samples)
    told, sure = (_shown(part, columns, sites) for part in (rows, known))
    columns = _telling(told, columns, most)
    grouped = _grouped(told, columns)
    settled = _grouped(sure.with_columns(known=known[field]), columns, pl.col("known"))
    settled = settled.filter(pl.col("known").list.len() == 1)
    some = settled.group_by("known", maintain_order=True).head(_MOST_OF_ONE).head(_MOST_KNOWN)
    doubtful, left_out = grouped.head(most), grouped.slice(most)
    return Looks(
        [*_as_looks(doubtful, columns)],
        [*_as_looks(some.sort("count", descending=True, maintain_order=True), columns)],
        int(left_out["count"].sum()),
    )


def sites_of(assets: pl.DataFrame) -> list[str]:
    """The words of all locations."""
    if "location" not in assets.columns:
        return []
    words = assets["location"].drop_nulls().unique().str.to_lowercase().str.extract_all(r"\p{L}+")
    return sorted({word for word in words.explode() if word and len(word) > 1})


def alike(
    rows: pl.DataFrame,
    likes: Sequence[Mapping[str, str | None]],
    values: pl.DataFrame,
    sites: Sequence[str],
) -> pl.DataFrame:
    """The `position` of each row that has one of these looks, and that look's row of `values`."""
    columns = [*likes[0]]
    schema = {_like(name): pl.String for name in columns}
    keys = pl.DataFrame(
        [tuple(each[name] for name in columns) for each in likes], schema, orient="row"
    )
    folded = _shown(rows, columns, sites).select("position", *map(_folded, columns))
    keyed = pl.concat([keys, values], how="horizontal")
    found = folded.join(keyed, on=keys.columns, nulls_equal=True)
    return found.select("position", *values.columns)


def texts_of(rows: pl.DataFrame, *, samples: bool) -> pl.Series:
    """All that is said of each row, in one text."""
    said = [name for name in SAMPLES if samples and name in rows.columns]
    return rows.select(pl.concat_str(["name", *said], separator=" ", ignore_nulls=True)).to_series()


def _columns(rows: pl.DataFrame, *, samples: bool) -> list[str]:
    if not samples:
        return ["table", "alike"]
    said = [name for name in SAMPLES if name in rows.columns]
    return ["table", "alike", *said, *(f"{_COLUMN}{role}" for role in _role_columns(rows))]


def _shown(rows: pl.DataFrame, columns: Sequence[str], sites: Sequence[str]) -> pl.DataFrame:
    """What may be shown of the rows, as text, with the folded name (`alike`)."""
    beside = [_text(rows, name) for name in columns if name not in ("table", "alike")]
    return rows.select("position", "table", "row", "name", *beside, alike=_alike(sites))


def _text(rows: pl.DataFrame, name: str) -> pl.Expr:
    if name.startswith(_COLUMN):
        header = name.removeprefix(_COLUMN)
        return attributes.value(pl.col("attributes"), header).alias(name)
    known = pl.col(name) if name in rows.columns else pl.lit(None).alias(name)
    return known.cast(pl.String)


def _role_columns(rows: pl.DataFrame) -> list[str]:
    keys = attributes.keys(rows["attributes"].head(_SEEN_FOR_ROLES))
    roles = (key for key in keys if not WORDS["role"].isdisjoint(_words_in(key)))
    return [role for role, _ in zip(roles, range(_MOST_ROLES), strict=False)]


def _words_in(header: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-zà-ÿ]+|[A-Z]+", header)]


def _alike(sites: Sequence[str]) -> pl.Expr:
    """The words of the host name that do not number it nor say where it stands.

    Each word between hyphens of its own, so that whole words are taken out: to open lists of words
    would take 680 MiB for 100,000 names.
    """
    host = pl.col("name").str.to_lowercase().str.replace(r"^([^.\s]+)\.\S+$", "$1")
    apart = [f"-{word}-" for word in (*SYNONYMS["environment"], *sites)]
    words = pl.lit("-") + host.str.replace_all(r"\P{L}+", "--") + pl.lit("-")
    left = words.str.replace_many(apart, [""])
    return left.str.replace_all("-+", "-").str.strip_chars("-")


def _telling(told: pl.DataFrame, columns: list[str], most: int) -> list[str]:
    """The columns by which rows are told apart: all, or those whose values repeat if all would
    make more looks than can be asked about.
    """
    if told.select(map(_folded, columns)).unique().height <= most:
        return columns
    return [
        name
        for name in columns
        if name in ("table", "alike") or told[name].n_unique() <= _REPEATING
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
        yield Look(
            likes={name: row[_like(name)] for name in columns},
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
