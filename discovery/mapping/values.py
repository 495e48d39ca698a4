"""What the values of a column look like: patterns, numbers, enumerations, how many are distinct."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import polars as pl

from discovery.cleaning.vocabulary import NOTHING, SYNONYMS, compact
from discovery.mapping.knowledge import knowledge

# Looking at more distinct values than this does not change a verdict but costs time.
_LOOKED_AT: Final = 24
_SHOWN: Final = 5
# Of fewer values nobody can tell whether they repeat.
_FEWEST_FILLED: Final = 4
# Of a few it is chance that none repeats.
_FEWEST_DISTINCT: Final = 8
_LONGEST_LOOK: Final = 120
# Digits alone are a number, unless they may be a year, a date or a time since 1970.
_EPOCH_DIGITS: Final = 8
_YEAR_DIGITS: Final = 4
# `12.705,00` and `99,5`, not `16,384`.
_DECIMAL_COMMA: Final = re.compile(r"\.\d{3},\d|^[^,]*,(?:\d{1,2}|\d{4,})$")
_WORDS: Final = re.compile(r"[a-z]+|\d+")
_MAY_BE_PRODUCT: Final = frozenset({"word", "phrase", "version", "list", "pairs", "path", "fqdn"})
_TEXTS: Final = frozenset({"phrase", "list"})
_NULLS: Final = frozenset(NOTHING)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the values of a field should look like; see `patterns.toml`."""

    good: frozenset[str] = frozenset()
    bad: frozenset[str] = frozenset()
    neutral: frozenset[str] | None = None
    low: float = float("-inf")
    high: float = float("inf")
    whole: bool = False

    @property
    def numeric(self) -> bool:
        return "number" in self.good

    def denied_by(self, pattern: str) -> bool:
        """Whether values of a pattern speak against the field."""
        if self.neutral is None:
            return pattern in self.bad
        return pattern not in self.good and pattern not in self.neutral


@dataclass(frozen=True, slots=True)
class Profile:
    """The look of a column.

    `patterns` counts the distinct values by their pattern, `numbers` holds those that are numbers,
    `enumerations` tells for each enumeration which part of the distinct values it knows. `filled`
    and `distinct` are rows and different values of the whole sample.
    """

    shown: tuple[str, ...] = ()
    patterns: Counter[str] = field(default_factory=Counter)
    numbers: tuple[float, ...] = ()
    enumerations: dict[str, float] = field(default_factory=dict)
    filled: int = 0
    distinct: int = 0

    @property
    def looked_at(self) -> int:
        return self.patterns.total()

    @property
    def unique(self) -> bool:
        return self.filled > 1 and self.distinct == self.filled

    @property
    def repeats(self) -> bool:
        return self.distinct < self.filled

    def share(self, *patterns: str) -> float:
        """The part of the distinct values that have one of these patterns."""
        return sum(self.patterns[name] for name in patterns) / max(self.looked_at, 1)


def profile(series: pl.Series) -> Profile:
    """Look at the distinct values of a column of text; nulls and "n/a" are not values."""
    if series.null_count() == len(series):
        return Profile()
    filled = series.drop_nulls()
    distinct = filled.unique(maintain_order=True)
    values = [value for value in distinct.head(2 * _LOOKED_AT) if not _says_nothing(value)]
    values = values[:_LOOKED_AT]
    if not values:
        return Profile()
    return Profile(
        shown=tuple(values[:_SHOWN]),
        patterns=Counter(_pattern(value) for value in values),
        numbers=tuple(_numbers(values)),
        enumerations=_enumerations(values),
        filled=len(filled),
        distinct=len(distinct),
    )


def _says_nothing(value: str) -> bool:
    return value.strip().lower() in _NULLS


@cache
def _any_pattern() -> re.Pattern[str]:
    parts = [
        rf"(?P<{entry['name']}>(?:{entry['whole']})\Z)"
        for entry in knowledge("patterns")["pattern"]
    ]
    return re.compile("|".join(parts), re.IGNORECASE | re.DOTALL)


def _pattern(value: str) -> str:
    text = value[:_LONGEST_LOOK].strip()
    digits = len(text) if text.isascii() and text.isdigit() else 0
    if 0 < digits < _EPOCH_DIGITS and digits != _YEAR_DIGITS:
        return "number"
    match = _any_pattern().match(text)
    found = match.lastgroup or "text" if match else "text"
    if found not in _MAY_BE_PRODUCT:
        return found
    return _product(text, whole=found not in _TEXTS) or found


@cache
def _products() -> dict[str, list[tuple[tuple[str, ...], str, int]]]:
    """First word -> names that begin with it (as words), their pattern, the most words around."""
    found: dict[str, list[tuple[tuple[str, ...], str, int]]] = {}
    for entry in knowledge("patterns")["products"]:
        for spelt in entry["names"]:
            words = tuple(_WORDS.findall(spelt))
            found.setdefault(words[0], []).append((words, entry["name"], entry["longest"]))
    for names in found.values():
        names.sort(key=lambda name: -len(name[0]))
    return found


def _product(text: str, *, whole: bool) -> str | None:
    """The kind of the longest product name in a value.

    With `whole` nothing but numbers may stand beside it: `linux-web-01` is a host name.
    """
    words = tuple(_WORDS.findall(text.lower()))
    found = [product for at in range(len(words)) for product in _products_at(words, at)]
    if not found:
        return None
    name, kind = max(found, key=lambda product: (len(product[0]), product[1] != "maker"))
    if kind == "maker" and any(word.isdigit() and word not in name for word in words):
        kind = "model"  # "Cisco 4321"
    alone = all(word.isdigit() or word in name for word in words)
    return kind if alone or not whole else None


def _products_at(words: tuple[str, ...], at: int) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, kind, longest in _products().get(words[at], ()):
        if len(words) <= longest and words[at : at + len(name)] == name:
            yield name, kind


@cache
def pattern_words(name: str) -> str:
    """A pattern in words: `IP addresses`."""
    entries = (*knowledge("patterns")["pattern"], *knowledge("patterns")["products"])
    return next((str(entry["words"]) for entry in entries if entry["name"] == name), "long texts")


def _numbers(values: list[str]) -> Iterator[float]:
    for value in values:
        try:
            yield float(_plain_number(value).removesuffix("%"))
        except ValueError:
            continue


def _plain_number(value: str) -> str:
    """`1,024.5` and `1.024,50` as Python writes them; a single comma groups."""
    if _DECIMAL_COMMA.search(value):
        return value.replace(".", "").replace(",", ".")
    return value.replace(",", "")


def _enumerations(values: list[str]) -> dict[str, float]:
    spelt = [compact(value) for value in values]
    return {
        name: sum(value in synonyms for value in spelt) / len(spelt)
        for name, synonyms in SYNONYMS.items()
    }


@cache
def expectation(name: str) -> Expectation:
    """What the values of a field should look like; nothing is expected of an unknown field."""
    entry = knowledge("patterns")["expect"].get(name, {})
    return Expectation(
        good=_patterns(entry.get("good", ())),
        bad=_patterns(entry.get("bad", ())),
        neutral=_patterns(entry["neutral"]) if "neutral" in entry else None,
        low=entry.get("low", float("-inf")),
        high=entry.get("high", float("inf")),
        whole=entry.get("whole", False),
    )


def _patterns(names: Sequence[str]) -> frozenset[str]:
    """A year is a number too, wherever numbers are."""
    return frozenset(names) | ({"year"} if "number" in names else frozenset())


def repetition(name: str, look: Profile) -> tuple[float, float]:
    """How far values repeat that should not, and whether none does where they should."""
    if look.filled < _FEWEST_FILLED:
        return 0.0, 0.0
    fields = knowledge("patterns")["repetition"]
    repeated = 1 - look.distinct / look.filled if name in fields["own"] else 0.0
    unique = look.unique and look.filled >= _FEWEST_DISTINCT
    return repeated, float(name in fields["shared"] and unique)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The parts of the values that speak for and against a field, 0 to 1."""

    good: float
    bad: float


def judge(name: str, look: Profile) -> Verdict:
    """Hold the values of a column against what a field expects; no values say nothing."""
    if not look.looked_at:
        return Verdict(0.0, 0.0)
    expected = expectation(name)
    bad = look.share(*filter(expected.denied_by, look.patterns))
    good = look.share(*expected.good) if expected.good else 1 - bad
    if expected.numeric and look.numbers:
        outside = sum(not _possible(number, expected) for number in look.numbers)
        good, bad = good - outside / look.looked_at, bad + outside / look.looked_at
    if name in look.enumerations:
        good = look.enumerations[name]
        bad = min(bad, 1 - look.enumerations[name])
    return Verdict(max(good, 0.0), min(bad, 1.0))


def _possible(number: float, expected: Expectation) -> bool:
    # -1 is how tools write "not set".
    if number == -1:
        return True
    return expected.low <= number <= expected.high and not (
        expected.whole and number != int(number)
    )


def revealed(look: Profile) -> dict[str, float]:
    """Field -> the part of the values that name it by themselves: addresses, systems, models."""
    found: dict[str, float] = {}
    for pattern, name in knowledge("patterns")["reveal"].items():
        if look.patterns[pattern]:
            found[name] = found.get(name, 0.0) + look.share(pattern)
    # One known word is chance ("test" is also a name), several different ones are not.
    if look.distinct > 1:
        found |= {
            name: look.enumerations.get(name, 0.0) for name in knowledge("patterns")["revealing"]
        }
    return found
