"""What relationship files call their links: the type of the dependency, and which way it points."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Relation:
    """`reversed` if the second thing of a row is the one that needs the first."""

    dependency_type: str
    reversed: bool = False


def relation_of(text: str) -> Relation | None:
    """None for words that are not known.

    "Hosts::Hosted on" says what the first thing is to the second, then what the second is to it.
    """
    said, _, echo = text.partition("::")
    heard = _heard(echo)
    return _heard(said) or (heard and Relation(heard.dependency_type, not heard.reversed))


def _heard(text: str) -> Relation | None:
    """What the longest known phrase of the text means."""
    words = f" {' '.join(_WORD.findall(_HUMP.sub(' ', text))).lower()} "
    return next((found for phrase, found in _phrases().items() if f" {phrase} " in words), None)


@cache
def _phrases() -> dict[str, Relation]:
    """The phrases of `relations.toml`, the longest first."""
    listed = tomllib.loads(Path(__file__).with_name("relations.toml").read_text(encoding="utf-8"))
    known = {
        phrase: Relation(dependency_type, reversed=way == "backward")
        for dependency_type, ways in listed.items()
        for way, phrases in ways.items()
        for phrase in phrases
    }
    return dict(sorted(known.items(), key=lambda pair: -len(pair[0])))
