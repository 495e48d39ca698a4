"""Rows between the names of the columns and the data: a second header, types, units.

Each is told by what it holds and by what the rows below it hold. What is in doubt is data.
"""

import re
from collections.abc import Sequence
from typing import Final

from .cells import Row, cell, filled, has_letters, used

LEAST_BODY: Final = 2
"""As many rows must stand below a second header, to be unlike it."""

LEAST_ECHO: Final = 0.5
NEARLY_ALL: Final = 0.8

# fmt: off
TYPES: Final = frozenset([
        "array", "bigint", "bit", "bool", "boolean", "byte", "char", "currency", "date",
        "datetime", "datetimeoffset", "decimal", "double", "enum", "float", "guid", "int",
        "integer", "json", "list", "long", "nchar", "number", "numeric", "nvarchar",
        "object", "real", "smallint", "str", "string", "text", "time", "timestamp",
        "tinyint", "uuid", "varchar", "mandatory", "optional", "required", "dd", "format",
        "hh", "mm", "of", "or", "ss", "yyyy",
])
"""Words of rows that say what a column holds, and whether and how it must be filled in."""

UNITS: Final = frozenset([
        "%", "#", "b", "bytes", "kb", "kib", "mb", "mib", "gb", "gib", "tb", "tib",
        "kbps", "mbps", "gbps", "mb/s", "gb/s", "hz", "mhz", "ghz", "ms", "s", "sec",
        "seconds", "min", "minutes", "h", "hours", "d", "days", "w", "watt", "watts",
        "kw", "v", "u", "iops", "count", "cores", "usd", "eur", "gbp", "$", "€", "£",
])
# fmt: on

_WORDS: Final = re.compile(r"[^\W\d_]+")
_BRACKETS: Final = re.compile(r"[(\[].*?[)\]]")


def is_second_header(names: Row, below: Sequence[Row]) -> bool:
    """Whether the first row below says the names again, as "CPU count" below "cpu_count" does.

    It does if types follow it, or if it repeats half of the names while the rows below it do not.
    """
    if not below or not _are_names(below[0], names):
        return False
    body = below[1:]
    if are_types(names, body):
        return not _are_types(names, below[0])
    others = max((_echo(names, row) for row in body), default=1.0)
    return len(body) >= LEAST_BODY and _echo(names, below[0]) >= LEAST_ECHO > 2 * others


def _are_names(row: Row, names: Row) -> bool:
    """Whether the row may be a header: words, no two alike, for nearly all columns."""
    texts = used(row)
    most = filled(names)
    return (
        1 < NEARLY_ALL * most <= len(texts) <= most
        and all(map(has_letters, texts))
        and len({text.casefold() for text in texts}) == len(texts)
    )


def _echo(names: Row, row: Row) -> float:
    """The share of the names that the row repeats."""
    pairs = [(name, cell(row, index)) for index, name in enumerate(names) if name.strip()]
    return sum(_repeats(name, text) for name, text in pairs) / len(pairs)


def _repeats(name: str, text: str) -> bool:
    """Whether both say the same, or one the beginning of it: "env" and "Environment". But "Type"
    and "Type A" are a name and a value."""
    one, other = _core(name), _core(text)
    is_longer = other.startswith(one) and " " not in text
    return bool(one and other) and (one.startswith(other) or is_longer)


def _core(text: str) -> str:
    return "".join(sign for sign in _BRACKETS.sub("", text).casefold() if sign.isalnum())


def are_types(names: Row, below: Sequence[Row]) -> bool:
    """Whether the first row below says what each column holds: "string", "varchar(255)", "date,
    required". A second row like it would show that the table is one of types."""
    return (
        bool(below)
        and _are_types(names, below[0])
        and not any(_are_types(names, row) for row in below[1:2])
    )


def _are_types(names: Row, row: Row) -> bool:
    texts = used(row)
    return len(texts) > 1 and 2 * len(texts) >= filled(names) and all(map(_is_type, texts))


def _is_type(text: str) -> bool:
    words = _WORDS.findall(text.casefold())
    return bool(words) and TYPES.issuperset(words)


def are_units(names: Row, row: Row) -> bool:
    """Whether the row holds units, of some of the columns and not of the first."""
    texts = used(row)
    is_partial = bool(cell(names, 0)) and not cell(row, 0)
    return is_partial and len(texts) > 1 and all(_bare(text).casefold() in UNITS for text in texts)


def with_units(names: Row, row: Row) -> list[str]:
    """The names with their units: "Memory (MB)"."""
    units = (_bare(cell(row, index)) for index in range(len(names)))
    return [
        f"{name} ({unit})" if unit and unit.casefold() not in name.casefold() else name
        for name, unit in zip(names, units, strict=True)
    ]


def _bare(text: str) -> str:
    return text.strip("()[] ")
