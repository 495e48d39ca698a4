"""Which fields a header's words point at: the aliases of each field, compared word by word.

`aliases.toml` holds what columns are called. An alias and a header are compared as sets of
concepts. Rare words count for more than common ones ("serial" says more than "name"), and a word
that only the header has costs more the more it changes the meaning ("free", "max", "version").
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final, NamedTuple

from discovery.mapping import header as headers
from discovery.mapping.header import Header
from discovery.mapping.knowledge import knowledge
from discovery.mapping.vocabulary import is_known

# The pseudo-field of columns that are known to have no canonical field.
NONE: Final = "none"
_LEAST_SCORE: Final = 0.3
_WEAK_PART: Final = 0.8
# Words that cost nothing when a header adds them are still missed a little in an alias.
_FREE_PART: Final = 0.2
# An alias is the same without them: "number of cores" and "core number".
_JOINTS: Final = frozenset({"of", "the", "for", "and"})


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of a field. `context` limits it to tables of one grain, class or topic.

    `order` is its place in the list of the field: the best names stand first.
    """

    field: str
    phrase: str
    compact: str
    words: frozenset[str]
    last: str
    weak: bool
    context: str | None
    order: int


class Likeness(NamedTuple):
    """An alias and how much of it, and of the header, is shared by weight."""

    alias: Alias
    alias_share: float
    header_share: float


def _worth(alias: Alias, alias_share: float, header_share: float) -> float:
    return round(alias_share * header_share * (_WEAK_PART if alias.weak else 1.0), 6)


@dataclass(frozen=True, slots=True)
class NameMatch:
    """How well a header fits the best alias of a field.

    `alias_share` is the part of the alias' weight that the header has, `header_share` falls with
    every word that only the header has, `score` is their product. `same_words`: nothing but words
    without meaning differ. `misses_meaning`: the header lacks a word that makes the alias what it
    is ("CPU" of "CPU generation"). `same_head`: both end in the same word.
    """

    alias: Alias
    alias_share: float
    header_share: float
    same_words: bool
    misses_meaning: bool
    same_head: bool
    same_spelling: bool

    @property
    def field(self) -> str:
        return self.alias.field

    @property
    def score(self) -> float:
        return self.alias_share * self.header_share

    @property
    def in_context(self) -> bool:
        return self.alias.context is not None

    @property
    def rank(self) -> tuple[float, bool, bool, int]:
        """Of two aliases of one field the one with the higher rank is the match."""
        worth = _worth(self.alias, self.alias_share, self.header_share)
        return (worth, self.in_context, self.same_words, -self.alias.order)


@lru_cache(maxsize=20_000)
def matches(
    header: Header, contexts: frozenset[str], *, novel: bool = False
) -> tuple[NameMatch, ...]:
    """The best match of each field, best first; fields without a likeness are left out.

    With `novel` aliases of the very same words do not count: so will look the headers that nobody
    has listed.
    """
    best: dict[str, NameMatch] = {}
    worths: dict[str, float] = {}
    for worth, likeness in _likenesses(header, contexts):
        field = likeness.alias.field
        if worth < worths.get(field, 0.0):
            continue  # most are; a match is dearer to make than to leave
        match = _match(header, likeness)
        if not (novel and match.same_words) and (
            field not in best or match.rank > best[field].rank
        ):
            best[field], worths[field] = match, worth
    return tuple(sorted(best.values(), key=lambda match: match.rank, reverse=True))


def best_match(header: Header) -> NameMatch | None:
    """The best match of a header by itself, whatever the table."""
    return next(iter(matches(header, frozenset())), None)


def _likenesses(header: Header, contexts: frozenset[str]) -> Iterator[tuple[float, Likeness]]:
    """What shares words with a header, and what it is worth among the names of its field."""
    costs = {word: _cost(word, contexts) for word in header.words}
    if len(costs) > 1 and is_unknown(header.words[0]):
        costs[header.words[0]] = _cost_of_kind("foreign")
    every_cost = sum(costs.values())
    for number, (shared, cost) in _shared(costs).items():
        alias = _all()[number]
        if alias.context and alias.context not in contexts:
            continue
        alias_share = shared / _alias_weights()[number]
        header_share = shared / (shared + every_cost - cost)
        if alias_share * header_share >= _LEAST_SCORE:
            worth = _worth(alias, alias_share, header_share)
            yield worth, Likeness(alias, alias_share, header_share)


def _shared(costs: dict[str, float]) -> dict[int, tuple[float, float]]:
    """Number of an alias -> weight and cost of the words that the header shares with it."""
    found: dict[int, tuple[float, float]] = {}
    for word, cost in costs.items():
        weight = _weights().get(word, 0.0)
        for number in _by_word().get(word, ()):
            weights, sum_of_costs = found.get(number, (0.0, 0.0))
            found[number] = (weights + weight, sum_of_costs + cost)
    return found


def _match(header: Header, likeness: Likeness) -> NameMatch:
    alias, words = likeness.alias, frozenset(header.words)
    only_alias = alias.words - words
    return NameMatch(
        alias=alias,
        alias_share=likeness.alias_share,
        header_share=likeness.header_share,
        same_words=only_alias <= _JOINTS and all(map(_is_free, words - alias.words)),
        misses_meaning=any(map(_means_much, only_alias)),
        same_head=header.words[-1] == alias.last,
        same_spelling=header.compact == alias.compact,
    )


@cache
def _all() -> tuple[Alias, ...]:
    return tuple(_read())


def _read() -> Iterator[Alias]:
    data = knowledge("aliases")
    for field, lists in data["fields"].items():
        context = "connection" if field.startswith("edge.") else None
        names = _aliases(field, lists["aliases"], context=context)
        yield from (replace(name, order=0) for name in names) if lists.get("parts") else names
        yield from _aliases(field, lists.get("weak", ()), weak=True, context=context)
    yield from _aliases(NONE, data["none"]["aliases"])
    for context, fields in data["when"].items():
        for field, phrases in fields.items():
            yield from _aliases(field, phrases, context=context)


def _aliases(
    field: str, phrases: Iterable[str], *, weak: bool = False, context: str | None = None
) -> Iterator[Alias]:
    for order, phrase in enumerate(phrases):
        header = headers.parse(phrase)
        words = header.words
        yield Alias(
            field, phrase, header.compact, frozenset(words), words[-1], weak, context, order
        )


@cache
def _by_word() -> dict[str, tuple[int, ...]]:
    """Word -> the numbers of the aliases that have it."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, alias in enumerate(_all()):
        for word in alias.words:
            found[word].append(number)
    return {word: tuple(numbers) for word, numbers in found.items()}


@cache
def _weights() -> dict[str, float]:
    """A word's weight: the fewer fields use it, the more it says.

    What hardly costs when it is too much hardly counts when it is missing.
    """
    count = len({alias.field for alias in _all()})
    users = {word: {_all()[n].field for n in numbers} for word, numbers in _by_word().items()}
    return {word: math.log1p(count / len(used)) * _part(word) for word, used in users.items()}


@cache
def _alias_weights() -> tuple[float, ...]:
    return tuple(sum(_weights()[word] for word in sorted(alias.words)) for alias in _all())


def _part(word: str) -> float:
    return min(_costs().get(word, 1.0), 1.0) or _FREE_PART


@cache
def _costs() -> dict[str, float]:
    """Word -> what it costs when only the header has it."""
    data = knowledge("vocabulary")
    prices, kinds = data["costs"], data["cost_words"]
    return {word: prices[kind] for kind, words in kinds.items() for word in words}


def _cost(word: str, contexts: frozenset[str]) -> float:
    if word in contexts:  # "server" in a list of servers says nothing new
        return _cost_of_kind("light")
    return _costs().get(word, _cost_of_kind("other"))


def _cost_of_kind(kind: str) -> float:
    costs: dict[str, float] = knowledge("vocabulary")["costs"]
    return costs[kind]


def _is_free(word: str) -> bool:
    return _costs().get(word) == 0


def _means_much(word: str) -> bool:
    return _costs().get(word, math.inf) > _cost_of_kind("generic")


def is_unknown(word: str) -> bool:
    """Whether no alias and no vocabulary has the word: a product's name, or a team's."""
    return not is_known(word) and word not in _costs()


def is_of_rows(word: str) -> bool:
    """Whether a word says no more than what the row is, or nothing that is known."""
    return is_unknown(word) or not _means_much(word)
