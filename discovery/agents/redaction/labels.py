"""What a label announces: a person, a secret, a phone. A label is a column's header, or what stands
before a colon in a text.

The words are those of discovery/mapping's vocabulary, in its many languages, and of words.toml.
"""

import re
import tomllib
import unicodedata
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from discovery.mapping import header, vocabulary

_LONGEST: Final = 120
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APART: Final = re.compile(r"[\W_]+")
# A shorter word inside a longer one is chance: `pin` in `shipping`.
_SHORTEST_WITHIN: Final = 6
_MOST_WORDS: Final = 4  # of a label in a text, before its colon

_LABEL: Final = re.compile(
    r"(?<![^\W_])([^\W\d_][^<>\n:=;,|(){}\[\]\"'\u2039\u203a/\\]{0,60})[\"']?\s{0,3}(?:=\u203a|:=|[:=])\s{0,3}"
    r"|\u2039([^\W\d][\w:.-]{0,40})\u203a"
)
_QUOTED: Final = re.compile(r"\"[^\"\n]{0,300}\"?|'[^'\n]{0,300}'?")
# A value ends where the next label begins, so that a connection string keeps its server.
_SECRET_VALUE: Final = re.compile(r"(?:[^\s;,&|\u2039<]|[;,&|](?!\s|$|[\w .-]{1,30}[=:]))+")
_VALUE: Final = re.compile(r"[^\n;|(\[\u2039<\"]{1,80}")


class Announced(StrEnum):
    PERSON = "<person>"
    SECRET = "<secret>"  # noqa: S105
    PHONE = "<phone>"
    EMAIL = "<email>"

    @property
    def is_of_people(self) -> bool:
        return self is not Announced.SECRET


def without_labelled(text: str) -> str:
    """Without the values that a label announces: `password: …`, `Owner = …`, `<pwd>…</pwd>`."""
    parts: list[str] = []
    at = looked = 0
    while found := _LABEL.search(text, looked):
        looked = found.end()
        kind = announced(" ".join((found[1] or found[2]).split()[-_MOST_WORDS:]))
        start, end = _value(text, looked, kind) if kind else (0, 0)
        if kind and end > start and not (kind.is_of_people and _names_a_column(text[start:end])):
            parts += [text[at:start], kind.value]
            at = looked = end
    return "".join([*parts, text[at:]])


def _value(text: str, start: int, kind: Announced) -> tuple[int, int]:
    """Where it begins and ends; between its quotes, so that these stay."""
    quoted = _QUOTED.match(text, start)
    if quoted:
        closed = len(quoted[0]) > 1 and quoted[0][-1] == quoted[0][0]
        return start + 1, quoted.end() - closed
    shape = _SECRET_VALUE if kind is Announced.SECRET else _VALUE
    found = shape.match(text, start)
    return start, found.end() if found else start


@lru_cache(maxsize=20_000)
def announced(label: str) -> Announced | None:
    """What values under this label are, if they must not be shown."""
    label = label[-_LONGEST:]
    spelt = _spelt(label)
    concepts = _concepts(label)
    if _tells_secrets(spelt, concepts):
        return Announced.SECRET
    if concepts & _words("impersonal_concepts"):
        return None
    if _has(spelt, "email_words") or "email" in concepts:
        return Announced.EMAIL
    if _has(spelt, "phone_words") or "phone" in concepts:
        return Announced.PHONE
    return Announced.PERSON if _tells_people(spelt, concepts) else None


def says_little(label: str) -> bool:
    """Whether it leaves open what it is of: it says `name` alone, or has a word that nobody knows;
    and it speaks of no place, product or organisation, whose names look like those of people.
    """
    parsed = header.parse(label[-_LONGEST:])
    words = set(parsed.words)
    if words & (_words("impersonal_concepts") | _words("named_like_people")):
        return False
    return words <= {"name"} or parsed.repaired or not all(map(vocabulary.is_known, words))


def _names_a_column(value: str) -> bool:
    """`Checked Out To: Location` is a header, and `Owner: Network Team` is nobody."""
    words = header.parse(value).words
    if not all(map(vocabulary.is_known, words)):
        return False
    return announced(value) is not None or not _words("impersonal_concepts").isdisjoint(words)


def _concepts(label: str) -> frozenset[str]:
    """A short word that is none may be short for anything."""
    parsed = header.parse(label)
    is_chance = parsed.repaired and len(parsed.compact) < _SHORTEST_WITHIN
    return frozenset(() if is_chance else parsed.words)


def _tells_secrets(spelt: str, concepts: frozenset[str]) -> bool:
    if "password" not in concepts and not _has(spelt, "secret_words", within=True):
        return False
    return _words("harmless_beside_secrets").isdisjoint(spelt.split())


def _tells_people(spelt: str, concepts: frozenset[str]) -> bool:
    if concepts & _words("person_concepts") or _has(spelt, "person_words"):
        return True
    return bool(concepts & {"by", "to"} and concepts & _words("deeds"))


def _has(spelt: str, name: str, *, within: bool = False) -> bool:
    """Whether one of the words stands in it: alone, or within another where that is no chance."""
    padded = f" {spelt} "
    if any(f" {word} " in padded for word in _words(name)):
        return True
    return any(word in spelt for word in _words(name) if _may_stand_within(word, within=within))


def _may_stand_within(word: str, *, within: bool) -> bool:
    return vocabulary.is_cjk(word) or (within and len(word) >= _SHORTEST_WITHIN)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(map(_fold, _knowledge()[name]))


@cache
def _knowledge() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def _spelt(label: str) -> str:
    return " ".join(_APART.split(_fold(_CAMEL.sub(" ", label)))).strip()


def _fold(text: str) -> str:
    parted = unicodedata.normalize("NFD", vocabulary.fold(text))
    return "".join(letter for letter in parted if unicodedata.category(letter) != "Mn")
