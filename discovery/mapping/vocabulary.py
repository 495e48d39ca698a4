"""The words of column headers: how a concept is spelt, abbreviated and translated.

`vocabulary.toml` holds the words. A concept is an English word in the singular (`memory`); every
other spelling leads to it (`RAM`, `mem`, `Arbeitsspeicher`, `内存`). Concepts, not spellings, are
what a header is compared by.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache, lru_cache
from itertools import groupby
from typing import Final

from rapidfuzz import fuzz, process

from discovery.mapping.knowledge import knowledge

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
# Letters that Unicode does not take apart.
_STROKES: Final = str.maketrans(
    {
        "ß": "ss",
        "ł": "l",
        "Ł": "L",
        "ø": "o",
        "Ø": "O",
        "đ": "d",
        "\u0131": "i",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
    }
)
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff66-\uff9f]")
# Below these lengths a likeness is chance: "cost" and "host" differ by one letter.
_SHORTEST_REPAIR: Final = 7
_LEAST_LIKENESS: Final = 87.0
_SHORTEST_COMPOUND: Final = 5
_SHORTEST_PIECE: Final = 2
_SHORTEST_PLAIN_PIECE: Final = 4
_LONGEST_WORD: Final = 40
_VOWELS: Final = frozenset("aeiou")
_SHORTEST_ABBREVIATION: Final = 3
_LONGEST_ABBREVIATION: Final = 8
_SHORTEST_CUT: Final = 4
_LEAST_CUT: Final = 2
_SHORTEST_WITH_VOWELS: Final = 5
_CLEARLY_MORE: Final = 2


def fold(text: str) -> str:
    """Lower case without accents; Japanese and Chinese letters stay as they are."""
    return without_accents(unicodedata.normalize("NFKC", text).casefold())


def without_accents(text: str) -> str:
    """`Größe` is `Grosse`: letters of the Latin alphabet alone lose what stands above them."""
    return "".join(map(_plain_letter, text.translate(_STROKES)))


def _plain_letter(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() else letter


def is_cjk(text: str) -> bool:
    return _CJK.search(text) is not None


def _spellings(word: str) -> set[str]:
    return {fold(word), fold(word.lower().translate(_UMLAUTS))}


def kept_spellings() -> tuple[str, ...]:
    """Words that camelCase splitting must not tear, longest first."""
    return tuple(sorted(knowledge("vocabulary")["keep"], key=len, reverse=True))


@cache
def _concepts() -> dict[str, str]:
    """Spelling -> concept, for spellings of one word."""
    found: dict[str, str] = {}
    for concept, spellings in knowledge("vocabulary")["words"].items():
        for spelling in (concept, *spellings):
            if " " not in spelling:
                found |= dict.fromkeys(_spellings(spelling), concept)
    return found


@cache
def _phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Concepts in a row -> the concept that they are together."""
    listed: dict[str, str] = dict(knowledge("vocabulary")["phrases"])
    for concept, spellings in knowledge("vocabulary")["words"].items():
        listed |= {spelling: concept for spelling in spellings if " " in spelling}
    return {
        tuple(_known(word) for word in fold(phrase).split()): tuple(concept.split())
        for phrase, concept in listed.items()
    }


@cache
def _longest_phrase() -> int:
    return max(map(len, _phrases()))


@cache
def _whole_headers() -> dict[str, tuple[str, ...]]:
    return {
        spelt: tuple(meant.split()) for spelt, meant in knowledge("vocabulary")["whole"].items()
    }


@cache
def _plain_words() -> frozenset[str]:
    """The English words of the aliases: known, and their own concept if nothing else says so."""
    data = knowledge("aliases")
    lists = [*data["fields"].values(), data["none"], *data["when"].values()]
    return frozenset(
        word
        for fields in lists
        for phrases in fields.values()
        if isinstance(phrases, list)
        for phrase in phrases
        for word in phrase.split()
    )


def _known(word: str) -> str:
    concepts = _concepts()
    return concepts.get(word) or concepts.get(word.removesuffix("s"), word)


def is_known(word: str) -> bool:
    """Whether a folded word, or its singular, is a spelling of some concept or its own."""
    return _has_concept(word) or word in _plain_words()


def _has_concept(word: str) -> bool:
    return word in _concepts() or word.removesuffix("s") in _concepts()


@lru_cache(maxsize=20_000)
def concepts_of_word(word: str) -> tuple[tuple[str, ...], bool]:
    """The concepts of one folded word, and whether they had to be guessed from a misspelling.

    A word run together (`ipaddress`, `Arbeitsspeichergröße`, `服务器名称`) gives several concepts.
    An unknown word is its own concept.
    """
    if is_known(word):
        return tuple(_known(word).split()), False
    pieces = _split_compound(word)
    if pieces:
        return tuple(concept for piece in pieces for concept in _known(piece).split()), False
    likeness = _most_alike(word) or _abbreviated(word)
    return (tuple(likeness.split()), True) if likeness else ((word,), False)


def _most_alike(word: str) -> str | None:
    if len(word) < _SHORTEST_REPAIR or len(word) > _LONGEST_WORD:
        return None
    found = process.extractOne(word, _repairable(), scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS)
    return _known(found[0]) if found else None


def _abbreviated(word: str) -> str | None:
    """The concept that a word is short for: cut off (`Syst`) or without its vowels (`Clstr`).

    Of several the one that most names of fields have; none if that is not clear.
    """
    if not (_SHORTEST_ABBREVIATION <= len(word) <= _LONGEST_ABBREVIATION and word.isascii()):
        return None
    uses: Counter[str] = Counter()
    for full, count in _uses().get(word[0], {}).items():
        if _shortens(word, full):
            uses[_known(full)] += count
    (best, most), (_, second) = [*uses.most_common(2), ("", 0), ("", 0)][:2]
    return best if most >= _CLEARLY_MORE * max(second, 1) else None


def _shortens(word: str, full: str) -> bool:
    if full.startswith(word):
        return len(word) >= _SHORTEST_CUT and len(full) >= len(word) + _LEAST_CUT
    if len(full) <= len(word) or not _is_within(word, full):
        return False
    same_end = full[-1] == word[-1]
    if _VOWELS.isdisjoint(word[1:]):
        return same_end or _bones(full).startswith(word)
    return same_end and len(word) >= _SHORTEST_WITH_VOWELS


def _is_within(word: str, full: str) -> bool:
    """Whether the letters of `word` come in `full`, in their order."""
    letters = iter(full)
    return all(letter in letters for letter in word)


def _bones(word: str) -> str:
    """A word without the vowels inside, and without doubled letters: `clstr`, `cmnt`."""
    kept = word[0] + "".join(letter for letter in word[1:] if letter not in _VOWELS)
    return "".join(letter for letter, _ in groupby(kept))


@cache
def _uses() -> dict[str, Counter[str]]:
    """By first letter: the English words of the names of fields, and how many names have them."""
    data = knowledge("aliases")
    lists = [*data["fields"].values(), *data["when"].values()]
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for fields in lists:
        for phrases in filter(_is_list, fields.values()):
            for word in " ".join(phrases).split():
                found[word[0]][word] += 1
    return found


def _is_list(phrases: object) -> bool:
    return isinstance(phrases, list)


@cache
def _repairable() -> tuple[str, ...]:
    words = _plain_words() | _concepts().keys()
    return tuple(sorted(word for word in words if len(word) >= _SHORTEST_REPAIR))


def _split_compound(word: str) -> tuple[str, ...] | None:
    """The fewest known words that make up `word`, or None."""
    if len(word) > _LONGEST_WORD or (len(word) < _SHORTEST_COMPOUND and not is_cjk(word)):
        return None
    best: list[tuple[str, ...] | None] = [(), *[None] * len(word)]
    for end in range(1, len(word) + 1):
        best[end] = _best_split(word, end, best)
    return best[-1]


def _best_split(word: str, end: int, best: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    found: tuple[str, ...] | None = None
    for start in range(end):
        before = best[start]
        if before is None or not _is_piece(word[start:end]):
            continue
        if found is None or len(before) + 1 < len(found):
            found = (*before, word[start:end])
    return found


def _is_piece(piece: str) -> bool:
    if is_cjk(piece):
        return piece in _concepts()
    if len(piece) >= _SHORTEST_PLAIN_PIECE and piece in _plain_words():
        return True
    return _has_concept(piece) and (len(piece) > _SHORTEST_PIECE or piece in _short_pieces())


@cache
def _short_pieces() -> frozenset[str]:
    return frozenset(knowledge("vocabulary")["joined"])


def join_phrases(words: tuple[str, ...]) -> tuple[str, ...]:
    """`("operating", "system")` is `("os",)`: the longest phrase that begins at a word wins."""
    joined: list[str] = []
    at = 0
    while at < len(words):
        length = _phrase_length(words, at)
        joined += _phrases()[words[at : at + length]] if length else (words[at],)
        at += length or 1
    return tuple(joined)


def _phrase_length(words: tuple[str, ...], at: int) -> int:
    for length in range(min(_longest_phrase(), len(words) - at), 1, -1):
        if words[at : at + length] in _phrases():
            return length
    return 0


def whole_header(spelt: str) -> tuple[str, ...] | None:
    """The concepts of a header that means more than its words (`Disks`: how many)."""
    return _whole_headers().get(spelt)
