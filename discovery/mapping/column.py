"""A column as the mapping sees it: what it is called and what stands in it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import polars as pl

from discovery.mapping import aliases
from discovery.mapping import header as headers
from discovery.mapping.header import Header
from discovery.mapping.knowledge import knowledge
from discovery.mapping.values import Profile, profile
from discovery.readers.table import ROW

# `inventory.` of `inventory.asset_tag`, `jss_` of `jss_id`, `JSS ` of `JSS Computer ID`.
_BEGINNING: Final = re.compile(r"\s*([^\W\d_]+)([._: -]+)(?=\w)")
# `OS-EXT-AZ:` of `OS-EXT-AZ:availability_zone`.
_NAMESPACE: Final = re.compile(r"\s*[A-Za-z][\w.-]*:(?=[A-Za-z_]{2})")
_PATH: Final = re.compile(r"[.:]+")
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `place` counts from 0 and leaves out the reserved row number."""

    place: int
    header: Header
    look: Profile

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.header.words)


def columns_of(frame: pl.DataFrame) -> tuple[Column, ...]:
    return tuple(_columns(frame))


def _columns(frame: pl.DataFrame) -> Iterator[Column]:
    names = [name for name in frame.columns if name != ROW]
    said = _beginnings_without_meaning(names)
    for place, name in enumerate(names):
        yield Column(place, _header(name, said), profile(frame[name]))


def _header(name: str, without: frozenset[str]) -> Header:
    """The header as it means something in this table: without the name of the product."""
    found = _NAMESPACE.match(name) or _BEGINNING.match(name)
    if found is None or (found.re is _BEGINNING and found[0] not in without):
        return headers.parse(name)
    rest = headers.parse(name[found.end() :])
    return replace(rest, raw=name) if rest.words else headers.parse(name)


def _beginnings_without_meaning(names: Sequence[str]) -> frozenset[str]:
    """What several headers begin with: a path of words like "asset", or a word nobody knows."""
    found = Counter(match[0] for name in names if (match := _BEGINNING.match(name)))
    return frozenset(
        beginning
        for beginning, count in found.items()
        if count >= _FEWEST and _says_nothing(beginning)
    )


@cache
def _sides() -> frozenset[str]:
    return frozenset(word for words in knowledge("grains")["sides"].values() for word in words)


def _says_nothing(beginning: str) -> bool:
    words = headers.parse(beginning).words
    if _sides() & set(words):
        return False
    return all(map(aliases.is_of_rows if _PATH.search(beginning) else aliases.is_unknown, words))
