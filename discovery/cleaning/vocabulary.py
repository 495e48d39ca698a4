"""The words of `vocabulary.toml`, `units.toml` and `synonyms.toml`, ready to be looked up."""

import re
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def compact(text: str) -> str:
    """Lower case without separators, so that `powered-on`, `Powered On` and `poweredOn` agree."""
    return re.sub(SEPARATORS, "", text.lower())


SEPARATORS: Final = r"[-_.\s]+"

_words = _load("vocabulary.toml")
_units = _load("units.toml")

NOTHING: Final[tuple[str, ...]] = tuple(_words["nothing"])
NEVER: Final[tuple[str, ...]] = tuple(_words["never"])
MONTHS: Final[MappingProxyType[str, int]] = MappingProxyType(_words["months"])
ZONE_MINUTES: Final[MappingProxyType[str, int]] = MappingProxyType(_words["zones"])
PLACEHOLDERS: Final[MappingProxyType[str, list[str]]] = MappingProxyType(_words["placeholders"])

CURRENCY_SIGNS: Final[tuple[str, ...]] = tuple(_units.pop("currency_signs"))
# Canonical unit of the catalogue → name of a unit → what one of it is worth in the canonical one.
FACTORS: Final[MappingProxyType[str, dict[str, float]]] = MappingProxyType(_units)

# Field → compact synonym → canonical value.
SYNONYMS: Final[MappingProxyType[str, dict[str, str]]] = MappingProxyType(
    {
        field: {compact(word): value for value, words in table.items() for word in (value, *words)}
        for field, table in _load("synonyms.toml").items()
    }
)
