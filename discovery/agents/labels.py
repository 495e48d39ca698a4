"""What a label announces: a person, a secret, a phone. A label is a column's header, or what stands
before a colon in a text.

The words are those of discovery/mapping's vocabulary, in its many languages, and of redaction.toml.
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


class Announced(StrEnum):
    PERSON = "<person>"
    SECRET = "<secret>"  # noqa: S105
    PHONE = "<phone>"
    EMAIL = "<email>"


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(map(_fold, _knowledge()[name]))


@cache
def _knowledge() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("redaction.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=20_000)
def announced(label: str) -> Announced | None:
    """What values under this label are, if they must not be shown."""
    label = label[-_LONGEST:]
    spelt = _spelt(label)
    concepts = frozenset(header.parse(label).words)
    if _tells_secrets(spelt, concepts):
        return Announced.SECRET
    if concepts & _words("impersonal_concepts"):
        return None
    if "email" in concepts or _has(spelt, "email_words"):
        return Announced.EMAIL
    if "phone" in concepts or _has(spelt, "phone_words"):
        return Announced.PHONE
    return Announced.PERSON if _tells_people(spelt, concepts) else None


def _tells_secrets(spelt: str, concepts: frozenset[str]) -> bool:
    if "password" not in concepts and not _has(spelt, "secret_words", within=True):
        return False
    return _words("harmless_beside_secrets").isdisjoint(spelt.split())


def _tells_people(spelt: str, concepts: frozenset[str]) -> bool:
    if concepts & _words("person_concepts") or _has(spelt, "person_words"):
        return True
    return "by" in concepts and bool(concepts & _words("deeds"))


def _has(spelt: str, name: str, *, within: bool = False) -> bool:
    """Whether one of the words stands in it: alone, or within another where that is no chance."""
    padded = f" {spelt} "
    return any(
        f" {word} " in padded
        or (
            (vocabulary.is_cjk(word) or (within and len(word) >= _SHORTEST_WITHIN))
            and word in spelt
        )
        for word in _words(name)
    )


def _spelt(label: str) -> str:
    return " ".join(_APART.split(_fold(_CAMEL.sub(" ", label)))).strip()


def _fold(text: str) -> str:
    parted = unicodedata.normalize("NFD", vocabulary.fold(text))
    return "".join(letter for letter in parted if unicodedata.category(letter) != "Mn")
