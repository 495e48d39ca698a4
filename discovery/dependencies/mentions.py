"""Free text of an asset that mentions another one by a name, as whole words."""

from typing import Final

import polars as pl

_WORD: Final = r"[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?"
_TELLING: Final = r"\p{L}.*\d|\d.*\p{L}|\w[ ._-]\w"  # unlike a word of the language
_ADDRESS: Final = r"^\d{1,3}(\.\d{1,3}){3}$"
_LONGEST: Final = 2_000  # characters of a text that are looked at
_MOST_TEXT: Final = 40_000_000  # and of all texts together: those after them are left out
_SHORTEST: Final = 3  # characters of a name
_PLAIN: Final = 5  # characters of a name that could be a word of the language
_MOST_PAIRS: Final = 200_000  # of texts and names that share a word, before they are compared
_AT_ONCE: Final = 20_000  # texts
_COMMON: Final = 0.01  # of the texts: a word that more of them hold names nothing
_RARE: Final = 50  # but never one that so few hold


def mentions(texts: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Each pair once, the most promising first: source_id, target_id, field, text, key.

    `texts`: source_id, field, text. `names` as `bearers` has them. Every name is looked up by the
    rarest of its words, so that the time grows with the texts and not with texts times names.
    """
    keys = _sole(names)
    texts = texts.filter(
        pl.col("text").str.len_chars().clip(upper_bound=_LONGEST).cum_sum() <= _MOST_TEXT
    )
    common = max(_RARE, int(_COMMON * texts.height))
    texts, words = _told(texts, keys.select(word=pl.col("plain_key").str.split(" ")))
    keys = _rarest_words(keys, words, common)
    met = words.join(keys, on="word").join(texts, on="place")
    met = met.filter(
        pl.col("plain").str.contains(pl.format(" {} ", "plain_key"), literal=True),
        pl.col("source_id") != pl.col("target_id"),
    )
    met = met.sort(
        ~pl.col("plain_key").str.contains(_TELLING), "texts", "source_id", "target_id", "place"
    )
    return met.unique(["source_id", "target_id"], keep="first", maintain_order=True).select(
        "source_id", "target_id", "field", "text", "key"
    )


def _told(texts: pl.DataFrame, keys: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The texts with `place` and `plain`, and which of the words of keys stand where.

    A part at a time: all words of all texts would take ten times the memory of the texts.
    """
    wanted = keys.explode("word").unique()
    texts = texts.with_row_index("place").with_columns(plain=pl.lit(""))
    told, found = [texts.clear()], [texts.select("place", word="plain").clear()]
    for part in texts.iter_slices(_AT_ONCE):
        plain = part.with_columns(plain=_plain(pl.col("text")))
        words = plain.select("place", word=pl.col("plain").str.split(" ")).explode("word")
        words = words.join(wanted, on="word", how="semi").unique()
        found.append(words)
        told.append(plain.join(words, on="place", how="semi"))
    return pl.concat(told), pl.concat(found)


def _plain(text: pl.Expr) -> pl.Expr:
    """The words in small letters, with a blank around each: ` runs on esx-01 `."""
    words = text.str.slice(0, _LONGEST).str.to_lowercase().str.extract_all(_WORD)
    return pl.lit(" ") + words.list.join(" ") + pl.lit(" ")


def _sole(names: pl.DataFrame) -> pl.DataFrame:
    """What names one asset, and is no mere number: key, target_id, plain_key."""
    sole = names.filter(pl.len().over("key") == 1).select(
        "key", "target_id", plain_key=_plain(pl.col("key")).str.strip_chars()
    )
    long = pl.col("plain_key").str.len_chars()
    telling = pl.col("plain_key").str.contains(_TELLING) & (long >= _SHORTEST)
    word = pl.col("plain_key").str.contains(r"^\p{L}+$") & (long >= _PLAIN)
    return sole.filter(telling | word | pl.col("plain_key").str.contains(_ADDRESS))


def _rarest_words(keys: pl.DataFrame, words: pl.DataFrame, common: int) -> pl.DataFrame:
    """The keys of which all words stand in texts, with the rarest: key, …, word, texts."""
    counts = words.group_by("word").agg(texts=pl.len())
    parts = keys.with_row_index("n").with_columns(word=pl.col("plain_key").str.split(" "))
    parts = parts.with_columns(length=pl.col("word").list.len()).explode("word")
    parts = parts.join(counts, on="word").filter(pl.len().over("n") == pl.col("length"))
    parts = parts.sort("n", "texts", "word").unique("n", keep="first", maintain_order=True)
    parts = parts.filter(pl.col("texts") <= common).sort("texts", "n")
    return parts.filter(pl.col("texts").cum_sum() <= _MOST_PAIRS).drop("n", "length")
