"""The pairs that rules leave open: references that no or several assets bear, and mentions.

Their number is bounded, the most promising first; the time grows with the texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, Final

import polars as pl

from discovery.agents.dependency_analyst import (
    MENTIONS,
    MOST_TEXT,
    OTHER,
    REFERENCES,
    SAME,
    Hint,
    Thing,
    misspelt,
)
from discovery.agents.texts import plain
from discovery.dependencies.mentions import mentions
from discovery.dependencies.near import near
from discovery.dependencies.references import folded
from discovery.dependencies.rules import type_of_need
from discovery.dependencies.said import SAYS

MOST_PAIRS: Final = 128  # of a flow: four questions, with the controls among them
_MOST_CONTROLS: Final = 32
_TRIED: Final = 64  # references that are written in other words, in order to find those
_GROUP: Final = ("field", "key", "dependency_type", "is_needed", "is_ambiguous", "classes", "by")
_MOST_SAYING: Final = 1_000  # assets for which one answer counts
_ALL_TEXT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Estate:
    """What the engagement holds. `ours`: the assets of the flow's import, None for all; `closed`:
    pairs (one, other) of which rules or people have spoken.
    """

    inventory: pl.DataFrame
    names: pl.DataFrame
    ours: pl.Series | None
    closed: pl.DataFrame

    def open(self, pairs: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
        """Those of the flow of which nobody has spoken, in neither order."""
        there = self.closed.select(pl.col("one").alias(one), pl.col("other").alias(other))
        back = self.closed.select(pl.col("other").alias(one), pl.col("one").alias(other))
        spoken = pl.concat([there, back])
        rest = pairs.join(spoken, on=[one, other], how="anti", maintain_order="left")
        if self.ours is None:
            return rest
        ours = self.ours.implode()
        return rest.filter(pl.col(one).is_in(ours) | pl.col(other).is_in(ours))

    def things(self, ids: pl.Series) -> dict[str, Thing]:
        wanted = self.inventory.filter(pl.col("id").is_in(ids.unique().implode()))
        columns = wanted.select("id", "name", "asset_type").iter_rows()
        return {key: Thing(key, name, asset_type) for key, name, asset_type in columns}


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the agent is asked. `controls` are references that the rules resolved."""

    references: list[Hint] = field(default_factory=list)
    controls: list[Hint] = field(default_factory=list)
    mentions: list[Hint] = field(default_factory=list)


def doubts_of(estate: Estate, said: pl.DataFrame, texts: pl.DataFrame) -> Doubts:
    """`said` as SAID_SCHEMA has it; `texts`: source_id, field, text, none where none are shown."""
    spoken = _mentions(estate, texts)
    room = max(MOST_PAIRS // 2, MOST_PAIRS - len(spoken))
    references, controls = _references(estate, said, room)
    return Doubts(references, controls, spoken[: MOST_PAIRS - len(references)])


# --- References --------------------------------------------------------------------------------


def _references(estate: Estate, said: pl.DataFrame, most: int) -> tuple[list[Hint], list[Hint]]:
    asked = pl.concat([_in_other_words(said), _unresolved(said)]).with_row_index("asked")
    found = near(asked.select("asked", "key", "classes", "is_ambiguous"), estate.names)
    pairs = found.join(asked, on="asked", maintain_order="left")
    in_doubt = _in_doubt(estate, pairs.filter(pl.col("found_id").is_null()), most)
    known = pairs.filter(pl.col("found_id").is_not_null())
    both = pl.concat([in_doubt, known], how="diagonal")
    things = estate.things(pl.concat([both["known_id"], both["target_id"]]))
    controls = [hint for row in known.iter_rows(named=True) for hint in _control(row, things)]
    return [_reference(row, things) for row in in_doubt.iter_rows(named=True)], _mixed(controls)


def _in_doubt(estate: Estate, pairs: pl.DataFrame, most: int) -> pl.DataFrame:
    """The likeliest, with all assets that say so and need no other answer; a text's together."""
    alone = pairs.explode("said_by").with_columns(
        known_id=pl.col("said_by").struct.field("known_id")
    )
    alone = alone.filter(pl.col("known_id") != pl.col("target_id"))
    rest = estate.open(alone, "known_id", "target_id")
    again = rest.group_by("asked", "target_id", maintain_order=True).agg(
        pl.col("said_by").head(_MOST_SAYING), pl.col("known_id").first()
    )
    pairs = pairs.drop("said_by", "known_id").join(
        again, on=["asked", "target_id"], maintain_order="left"
    )
    best = pl.col("likeness").max().over("asked")
    return pairs.sort(-best, "asked", -pl.col("likeness")).head(most)


def _unresolved(said: pl.DataFrame) -> pl.DataFrame:
    """Each text once, that of the most assets first; an ambiguous one may mean another asset
    wherever it is said.
    """
    by = pl.when("is_ambiguous").then("known_id").otherwise(pl.lit(""))
    missed = said.filter(pl.col("found_id").is_null()).with_columns(key=folded("text"), by=by)
    grouped = missed.group_by(_GROUP, maintain_order=True).agg(
        pl.col("known_id", "text").first(),
        found_id=pl.lit(None, pl.String),
        said_by=pl.struct("known_id", "says"),
    )
    return grouped.sort(-pl.col("said_by").list.len().cast(pl.Int64), maintain_order=True)


def _in_other_words(said: pl.DataFrame) -> pl.DataFrame:
    """Some of the references that one asset bears, as if they had been written by heart."""
    borne = said.filter(pl.col("found_id").is_not_null()).unique("text").sort("text")
    borne = borne.gather_every(borne.height // _TRIED + 1)
    other = pl.Series([misspelt(text) for text in borne["text"]], dtype=pl.String)
    borne = borne.with_columns(key=other, text=other, by=pl.lit(""))
    borne = borne.filter(pl.col("key").str.contains(" "))
    return borne.select(
        *_GROUP,
        "known_id",
        "text",
        "found_id",
        said_by=pl.concat_list(pl.struct("known_id", "says")),
    )


def _reference(row: dict[str, Any], things: dict[str, Thing]) -> Hint:
    asset, candidate = things[row["known_id"]], things[row["target_id"]]
    needing, needed = (asset, candidate) if row["is_needed"] else (candidate, asset)
    stated = row["dependency_type"]
    if row["field"] == "depends_on":
        stated = type_of_need(needing.asset_type, needed.asset_type)
    return Hint(
        task=REFERENCES,
        asset=asset,
        candidate=candidate,
        field=row["field"],
        text=plain(row["text"], MOST_TEXT),
        said_by=tuple((each["known_id"], each["says"]) for each in row["said_by"]),
        stated=stated,
        is_needed=row["is_needed"],
    )


def _control(row: dict[str, Any], things: dict[str, Thing]) -> Iterator[Hint]:
    """Where the names that are shown tell the answer: the asset may bear the text elsewhere."""
    is_same = row["target_id"] == row["found_id"]
    if is_same == (misspelt(things[row["target_id"]].name) == row["text"]):
        known = SAME if is_same else OTHER
        yield replace(_reference(row, things), known=known)


def _mixed(controls: list[Hint]) -> list[Hint]:
    """The two answers by turns, so that neither can be guessed."""
    same = [hint for hint in controls if hint.known == SAME]
    other = [hint for hint in controls if hint.known == OTHER]
    turns = [hint for pair in zip_longest(same, other) for hint in pair if hint]
    return turns[:_MOST_CONTROLS]


# --- Mentions ----------------------------------------------------------------------------------


def _mentions(estate: Estate, texts: pl.DataFrame) -> list[Hint]:
    pairs = estate.open(mentions(texts, estate.names), "source_id", "target_id").head(MOST_PAIRS)
    things = estate.things(pl.concat([pairs["source_id"], pairs["target_id"]]))
    return [_mention(row, things) for row in pairs.iter_rows(named=True)]


def _mention(row: dict[str, Any], things: dict[str, Thing]) -> Hint:
    asset, candidate = things[row["source_id"]], things[row["target_id"]]
    text = _around(plain(row["text"], _ALL_TEXT), row["key"])
    says = f"{row['field']} of {asset.name}{SAYS}{text}"
    return Hint(MENTIONS, asset, candidate, row["field"], text, ((asset.id, says),))


def _around(text: str, key: str) -> str:
    """As much of the text as is shown, with the name in the middle."""
    place = max(0, text.lower().find(key))
    start = max(0, min(place - (MOST_TEXT - len(key)) // 2, len(text) - MOST_TEXT))
    return text[start : start + MOST_TEXT].strip()
