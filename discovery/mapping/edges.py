"""The columns of a connection file: which side they are of, and what they tell of it.

A file of connections has two sides, under one of a few pairs of words (source and destination,
client and server, parent and child ...). A column of a side is read as `<side> <what>`: "Source
server name", "dstPort", "childMS". `grains.toml` has the words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from discovery.mapping.column import Column
from discovery.mapping.knowledge import knowledge

SOURCE: Final = "source"
TARGET: Final = "target"
SIDES: Final = (SOURCE, TARGET)
# The first that a side has is its identity.
_IDENTITY_ORDER: Final = ("name", "bare", "part_of", "identifier")
_MOSTLY: Final = 0.5
_PAIRS: Final = (
    ("source", "destination"),
    ("source", "target"),
    ("client", "server"),
    ("client", "listening"),
    ("caller", "callee"),
    ("consumer", "provider"),
    ("upstream", "downstream"),
    ("local", "destination"),
    ("local", "neighbor"),
    ("source", "to"),
    ("parent", "child"),
    ("end1", "end2"),
    ("a", "b"),
)
_LETTERS: Final = frozenset({"a", "b"})
# What stands before the number of a side: "End1 Id", "endpoint 2".
_NUMBERED: Final = frozenset({"end", "endpoint", "side"})


@dataclass(frozen=True, slots=True)
class Sided:
    """A column of one side. `what` is a key of `side_columns`, "bare" (the side alone) or None."""

    column: Column
    side: str
    what: str | None


@cache
def _kinds() -> dict[str, frozenset[str]]:
    return {kind: frozenset(words) for kind, words in knowledge("grains")["side_columns"].items()}


def sided_columns(columns: Sequence[Column]) -> tuple[Sided, ...]:
    """The columns of either side, for the first pair of words that names both; else nothing."""
    for source, target in _PAIRS:
        found = tuple(_of_pair(columns, source, target))
        if _has_identity(found, SOURCE) and _has_identity(found, TARGET):
            return found
    return ()


def _of_pair(columns: Sequence[Column], source: str, target: str) -> Iterator[Sided]:
    for column in columns:
        words = _words(column)
        for side, word in ((SOURCE, source), (TARGET, target)):
            if _is_of_side(words, word):
                yield Sided(column, side, _what(frozenset(words) - {word}))
                break


def _is_of_side(words: tuple[str, ...], word: str) -> bool:
    """Whether a header is of a side: "to" begins it, and a letter stands beside what it is of."""
    if word in _LETTERS:
        return word in words and len(words) > 1
    return word in (words[:1] if word == "to" else words)


def _words(column: Column) -> tuple[str, ...]:
    """The words of a header, the number of a side with them: "End1 Id" is `end1 id`."""
    words, index = column.header.words, column.header.index
    if index is None or not _NUMBERED & set(words):
        return words
    return (f"end{index}", *(word for word in words if word not in _NUMBERED))


def _what(words: frozenset[str]) -> str | None:
    kinds = _kinds()
    told = words - kinds["filler"]
    if not words:
        return "bare"
    for kind in ("port", "process", "part_of", "address", "identifier", "name"):
        if words & kinds[kind] and told <= kinds[kind] | kinds["name"] | kinds["identifier"]:
            return kind
    return None


def _has_identity(found: Sequence[Sided], side: str) -> bool:
    return any(
        sided.side == side and sided.what in (*_IDENTITY_ORDER, "address") for sided in found
    )


def by_address(found: Sequence[Sided]) -> bool:
    """Whether a side is told by its address."""
    return any(sided.what == "address" or _holds_addresses(sided) for sided in found)


def targets(found: Sequence[Sided]) -> dict[int, str | None]:
    """Place of a sided column -> its field, None where a side tells what no field holds."""
    identities = {side: _identity(found, side) for side in SIDES}
    named = {sided.side for sided in found if sided.what == "process"}
    return {
        sided.column.place: _target(
            sided,
            is_identity=sided is identities[sided.side],
            is_process=sided.what == "process" or sided.side not in named,
        )
        for sided in found
    }


def _identity(found: Sequence[Sided], side: str) -> Sided | None:
    for what in _IDENTITY_ORDER:
        for sided in found:
            if sided.side == side and sided.what == what and not _holds_addresses(sided):
                return sided
    return None


def _holds_addresses(sided: Sided) -> bool:
    return sided.column.look.share("address", "ipv6", "address_port") > _MOSTLY


def _target(sided: Sided, *, is_identity: bool, is_process: bool) -> str | None:
    if sided.what == "port":
        return "edge.port" if sided.side == TARGET else None
    if sided.what == "address" or (sided.what in _IDENTITY_ORDER and _holds_addresses(sided)):
        return f"edge.{sided.side}_ip"
    if is_identity:
        return f"edge.{sided.side}"
    if sided.what in {"process", "part_of"} and is_process:
        return f"edge.{sided.side}_process"
    return None
