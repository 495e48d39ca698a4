"""Which known applications a machine's name or free text speaks of."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from discovery.agents.asset_classifier.looks import WORDS, Look
from discovery.agents.redaction import redacted
from discovery.agents.texts import plain
from discovery.cleaning.vocabulary import SYNONYMS

_SHORTEST: Final = 3  # letters of a word that says anything
_MOST_NAMED: Final = 3  # applications that one word may speak of and still say something
_MOST_NAME: Final = 80
_EMPTY: Final = WORDS["empty"] | frozenset(SYNONYMS["environment"])


def askable(names: Iterable[str]) -> list[str]:
    """Names of applications that can be options as they are, each in one spelling."""
    once = {name.casefold(): name for name in sorted(names, reverse=True) if _is_askable(name)}
    return sorted(once.values())


def _is_askable(name: str) -> bool:
    shown = redacted(plain(name, _MOST_NAME), _MOST_NAME)
    return bool(name) and name.casefold() != "none" and name == shown


class Hints:
    """The words of known applications."""

    def __init__(self, applications: Iterable[str]) -> None:
        named: dict[str, set[str]] = {}
        for application in applications:
            for word in re.findall(r"[^\W\d_]+", application.lower()):
                if len(word) >= _SHORTEST and word not in _EMPTY:
                    named.setdefault(word, set()).add(application)
        self._named = {word: each for word, each in named.items() if len(each) <= _MOST_NAMED}

    @property
    def words(self) -> list[str]:
        return sorted(self._named)

    def of(self, look: Look) -> list[str]:
        """The applications of which it speaks: their words begin words of its own."""
        starts = {
            word[:end] for word in look.words for end in range(_SHORTEST, min(len(word), 40) + 1)
        }
        return sorted({name for start in starts for name in self._named.get(start, ())})

    def of_each(self, looks: Iterable[Look]) -> Mapping[str, list[str]]:
        """By the key of a look, without those that speak of none."""
        return {look.key: found for look in looks if (found := self.of(look))}
