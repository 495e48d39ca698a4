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
# `Az` of `AzVMName`, where every column begins with it.
_CAMEL: Final = re.compile(r"\s*([A-Z][a-z]+)(?=[A-Z])")
_PATH: Final = re.compile(r"[.:]+")
# `properties.storageProfile.osDisk.osType`
_DEEP: Final = re.compile(r"[^\s.:]+(?:\.[^\s.:]+)+")
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
    inner = _innermost(name)
    if inner:
        return replace(inner, raw=name)
    found = _NAMESPACE.match(name) or _BEGINNING.match(name) or _CAMEL.match(name)
    if found is None or (found.re is not _NAMESPACE and found[0] not in without):
        return headers.parse(name)
    rest = headers.parse(name[found.end() :])
    return replace(rest, raw=name) if rest.words else headers.parse(name)


def _innermost(name: str) -> Header | None:
    """The last step of a path that says all by itself, if the steps before only lead there."""
    if not _DEEP.fullmatch(name):
        return None
    *before, last = map(headers.parse, name.split("."))
    best = aliases.best_match(last) if len(last.words) > 1 else None
    leading = all(_leads_to(step, last) for step in before)
    return last if leading and best and best.same_words else None


def _leads_to(step: Header, last: Header) -> bool:
    words = frozenset(step.words)
    return words <= _structure() or bool(words & frozenset(last.words))


@cache
def _structure() -> frozenset[str]:
    return frozenset(knowledge("grains")["structure"]["words"])


def _beginnings_without_meaning(names: Sequence[str]) -> frozenset[str]:
    """What several headers begin with: a path of words like "asset", or a word nobody knows."""
    found = Counter(match[0] for name in names if (match := _BEGINNING.match(name)))
    return _common_to_all(names) | frozenset(
        beginning
        for beginning, count in found.items()
        if count >= _FEWEST and _says_nothing(beginning)
    )


def _common_to_all(names: Sequence[str]) -> frozenset[str]:
    """What every header begins with in camelCase, unless it is what the rows are."""
    found = {match[0] if (match := _CAMEL.match(name)) else "" for name in names}
    common = found if len(found) == 1 and len(names) >= _FEWEST else set()
    return frozenset(word for word in common if word and not _names_rows(word))


def _names_rows(beginning: str) -> bool:
    things = frozenset().union(*knowledge("grains")["identity"].values())
    return bool(things & set(headers.parse(beginning).words))


@cache
def _sides() -> frozenset[str]:
    return frozenset(word for words in knowledge("grains")["sides"].values() for word in words)


def _says_nothing(beginning: str) -> bool:
    words = headers.parse(beginning).words
    if _sides() & set(words):
        return False
    return all(map(aliases.is_of_rows if _PATH.search(beginning) else aliases.is_unknown, words))
