"""A column header taken apart: the concepts it names, its unit, its number in a series."""

import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from discovery.mapping import units, vocabulary

_BRACKETED: Final = re.compile(r"[(\[]\s*(?:in\s+)?([^()\[\]]{1,20}?)\s*[)\]]", re.IGNORECASE)
_LONGEST_HEADER: Final = 300
_SIGNS: Final = frozenset("%#$€£¥")
# What readers call a column without a header.
_CALLED_AFTER_PLACE: Final = re.compile(r"column\d+")
# The value of a query that has only one: `latest(memoryTotalBytes)`.
_WRAPPED: Final = re.compile(r"\s*(?:latest|last|first|any|unique)\((.+)\)\s*", re.IGNORECASE)
_ACRONYM_WITH_WORD: Final = re.compile("[A-Z]{2,}[a-z]+")


@dataclass(frozen=True, slots=True)
class Header:
    """`words` are concepts in the order of the header, each once; `unit` is what it names.

    `index` is the number of a column in a series (`Disk 2 size`), `repaired` tells that a word was
    only recognised as a misspelling. `compact` is the header in letters and digits alone.
    """

    raw: str
    words: tuple[str, ...]
    unit: str | None
    index: int | None
    repaired: bool
    compact: str


def compact(text: str) -> str:
    """Letters and digits alone, folded: `Server-Name ` and `serverName` are the same."""
    return "".join(filter(str.isalnum, vocabulary.fold(text)))


@lru_cache(maxsize=20_000)
def known_as(raw: str) -> str:
    """The name by which a column is known again in another file: `RAM_size (GB)` is `ramsizegb`.

    Its signs stay, for `CPU` counts what `CPU %` measures. Empty for a column without a name.
    """
    folded = vocabulary.fold(raw[:_LONGEST_HEADER])
    name = "".join(letter for letter in folded if letter.isalnum() or letter in _SIGNS)
    return "" if _CALLED_AFTER_PLACE.fullmatch(name) else name[:_LONGEST_HEADER]


@lru_cache(maxsize=20_000)
def parse(raw: str) -> Header:
    """Take a header apart; the empty header and one of punctuation have no words."""
    plain = unicodedata.normalize("NFKC", raw[:_LONGEST_HEADER]).replace("(s)", "s")
    plain = _WRAPPED.sub(r"\1", plain)
    text, bracketed = _without_bracketed_unit(plain)
    spelt = list(_split(text))
    words, written = _without_written_unit(spelt)
    concepts, repaired = _concepts(words)
    return Header(
        raw=raw,
        words=tuple(dict.fromkeys(vocabulary.whole_header(" ".join(spelt)) or concepts)),
        unit=units.combine(bracketed, written, concepts),
        index=next((int(word) for word in spelt if _is_number(word)), None),
        repaired=repaired,
        compact=compact(raw[:_LONGEST_HEADER]),
    )


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _without_bracketed_unit(text: str) -> tuple[str, str | None]:
    for match in _BRACKETED.finditer(text):
        unit = units.named(match[1], bracketed=True)
        if unit:
            rest = text[: match.start()] + " " + text[match.end() :]
            return rest + (" percent" if unit == units.PERCENT else ""), unit
    return text, None


@cache
def _word_pattern() -> re.Pattern[str]:
    kept = "|".join(re.escape(word) for word in vocabulary.kept_spellings())
    return re.compile(
        rf"(?:{kept})(?![a-z])"
        r"|(?<![A-Za-z])[A-Z][a-z][A-Z](?![A-Za-z])"  # LoB, EoS
        r"|[A-Z]{2,}s(?![a-z])"  # CPUs, NICs
        r"|[A-Z]{2,}[a-z]+|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+"
        r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\W\d_]+"
        r"|%|#(?!\s*\d)|[$€£¥]"
    )


def _split(text: str) -> Iterator[str]:
    """Words as spelt, folded; camelCase and changes of script divide, `#` is a number sign."""
    for match in _word_pattern().finditer(vocabulary.without_accents(text)):
        if match[0] == "#":
            yield "number"
        elif _ACRONYM_WITH_WORD.fullmatch(match[0]) and match[0] not in vocabulary.kept_spellings():
            yield from _parted(match[0])
        else:
            yield vocabulary.fold(match[0])


def _parted(word: str) -> tuple[str, ...]:
    """Acronym and word: `CPUs` is one, `IPAddress` parts before a capital, `OSname` after."""
    capitals = len(word) - len(word.lstrip(string.ascii_uppercase))
    folded = vocabulary.fold(word)
    if vocabulary.is_known(folded):
        return (folded,)
    for at in (capitals - 1, capitals):
        if vocabulary.is_known(folded[:at]) and vocabulary.is_known(folded[at:]):
            return folded[:at], folded[at:]
    return folded[: capitals - 1], folded[capitals - 1 :]


def _without_written_unit(words: list[str]) -> tuple[list[str], str | None]:
    """Take a unit written as a word out of a header of several: `Capacity MiB`, `sizeInMB`."""
    for at in range(len(words) - 1, -1, -1):
        unit = units.named(words[at])
        if unit is None or len(words) == 1 or (at == 0 and unit != units.PERCENT):
            continue
        kept = ["percent"] if unit == units.PERCENT else []
        start = at - 1 if at > 1 and words[at - 1] == "in" else at
        return words[:start] + kept + words[at + 1 :], unit
    return words, None


def _concepts(words: list[str]) -> tuple[tuple[str, ...], bool]:
    found: list[str] = []
    repaired = False
    for word in words:
        if _is_number(word):
            continue
        concepts, guessed = vocabulary.concepts_of_word(word)
        found += concepts
        repaired = repaired or guessed
    return vocabulary.join_phrases(tuple(found)), repaired
