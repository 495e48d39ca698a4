"""Which assets' names come near to a text that is no asset's name, or several assets' name."""

import re
from collections.abc import Iterator
from typing import Final

import polars as pl
from rapidfuzz import fuzz

_MOST_TEXTS: Final = 1_000  # that are looked at, the first ones
_MOST_BEARERS: Final = 200  # of a piece: one that more names share tells nothing
_MOST_COMPARED: Final = 20  # names for a text, those with which it shares the most pieces
_TAKEN: Final = 3
_LIKE: Final = 65.0  # of 100
_LONGEST: Final = 60  # characters of a name that count
_PIECE: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_ADDRESS: Final = r"^[\d.]+$|^[0-9a-f]*:[0-9a-f:.]+$"


def near(texts: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """The assets that a text may mean: asked, target_id, likeness; the likeliest first.

    `texts`: asked, key (folded), classes (the classes of asset that it can mean, "" for unknown;
    empty for any), is_ambiguous. `names` as `bearers` has them. What is compared is bounded: texts
    meet names by pieces of three letters that few names share.
    """
    texts = texts.filter(~pl.col("key").str.contains(_ADDRESS)).head(_MOST_TEXTS)
    names = names.filter(~pl.col("key").str.contains(_ADDRESS)).with_row_index("name")
    compared = _sharing(_pieces(texts, "asked"), names).join(texts, on="asked")
    compared = compared.filter(
        (pl.col("classes").list.len() == 0)
        | pl.col("classes").list.contains(pl.col("target_type").fill_null(""))
    )
    pairs = compared.select("key", "borne").iter_rows()
    likeness = pl.Series([_likeness(*pair) for pair in pairs], dtype=pl.Float64)
    compared = compared.with_columns(likeness=likeness)
    return _likeliest(compared.filter(pl.col("likeness") >= _LIKE))


def _likeliest(compared: pl.DataFrame) -> pl.DataFrame:
    """Of an ambiguous text those that bear it, unless they are too many to choose from."""
    bears = pl.col("borne") == pl.col("key")
    found = compared.filter(~pl.col("is_ambiguous") | bears)
    found = found.sort("asked", -pl.col("likeness"), "shared", descending=[False, False, True])
    found = found.unique(["asked", "target_id"], keep="first", maintain_order=True)
    found = found.filter(~pl.col("is_ambiguous") | (pl.len().over("asked") <= _TAKEN))
    return (
        found.group_by("asked", maintain_order=True)
        .head(_TAKEN)
        .select("asked", "target_id", "likeness")
    )


def _sharing(pieces: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """asked, target_id, target_type, borne, shared: the names that share the most pieces."""
    borne = _few_bear(names, pieces["piece"].unique())
    met = pieces.join(borne, on="piece").group_by("asked", "name").agg(shared=pl.len())
    met = met.sort("asked", "shared", "name", descending=[False, True, False])
    met = met.group_by("asked", maintain_order=True).head(_MOST_COMPARED)
    bearing = names.select("name", "target_id", "target_type", borne="key")
    return met.join(bearing, on="name", maintain_order="left")


def _few_bear(names: pl.DataFrame, wanted: pl.Series) -> pl.DataFrame:
    """name, piece: those of the wanted pieces that few names share, counted before they are kept:
    in most estates all machines are called alike.
    """
    of_parts = [_of(part, wanted).group_by("piece").len() for part in _parts(names, "name")]
    counts = pl.concat(of_parts)
    counts = counts.group_by("piece").agg(pl.col("len").sum())
    rare = counts.filter(pl.col("len") <= _MOST_BEARERS)["piece"]
    return pl.concat([_of(part, rare) for part in _parts(names, "name")]).unique()


def _of(part: pl.DataFrame, wanted: pl.Series) -> pl.DataFrame:
    return part.filter(pl.col("piece").is_in(wanted.implode()))


def _pieces(texts: pl.DataFrame, index: str) -> pl.DataFrame:
    return pl.concat(list(_parts(texts, index))).unique()


def _parts(texts: pl.DataFrame, index: str) -> Iterator[pl.DataFrame]:
    """The words of each `key`, and every three characters in a row, signs aside: `index`, piece."""
    keys = pl.col("key").str.slice(0, _LONGEST).str.replace_all(r"\b0+|(\D)0+(\d)", "$1$2")
    whole = pl.lit("=") + pl.element()  # unlike the same letters within longer words
    words = keys.str.extract_all(r"\p{L}+|\d+").list.eval(whole)
    yield texts.select(index, piece=words).explode("piece").drop_nulls()
    squeezed = texts.select(index, key=keys.str.replace_all(r"[^\p{L}\p{N}]", ""))
    longest = int(str(squeezed["key"].str.len_chars().max() or 0))
    for start in range(longest - _PIECE + 1):
        run = squeezed.select(index, piece=pl.col("key").str.slice(start, _PIECE))
        yield run.filter(pl.col("piece").str.len_chars() == _PIECE)


def _likeness(text: str, name: str) -> float:
    """0 to 100. A number in the text must be in the name: web7 is not web8 in other words."""
    said, borne = _WORD.findall(text[:_LONGEST]), _WORD.findall(name[:_LONGEST])
    if not _numbers(said) <= _numbers(borne):
        return 0.0
    words = fuzz.token_set_ratio(" ".join(said), " ".join(borne))
    return 0.6 * words + 0.4 * fuzz.ratio("".join(said), "".join(borne))


def _numbers(words: list[str]) -> set[int]:
    return {int(word) for word in words if word.isdecimal()}
