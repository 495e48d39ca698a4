"""What `structures.toml` says, and how the names of a document are compared with it."""

import re
import tomllib
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

_LONGEST_NAME: Final = 200  # no word that is looked for is as long; a key may have megabytes
_WORD: Final = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")


@cache
def structures() -> dict[str, Any]:
    file = Path(__file__).with_name("structures.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def listed(key: str) -> frozenset[str]:
    """The words under a key, which holds a list of them or lists by word."""
    words = structures()[key]
    return frozenset(chain.from_iterable(words.values()) if isinstance(words, dict) else words)


def compact(name: str) -> str:
    """Letters and digits alone: `@odata.nextLink` and `odata_next_link` are the same."""
    return _compact(name[:_LONGEST_NAME])


@lru_cache(maxsize=20_000)
def _compact(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def last(path: str) -> str:
    """The key at the end of a dotted path."""
    return path.rpartition(".")[2]


def is_called(path: str, *keys: str) -> bool:
    """Whether the end of the path is one of the words under `keys`."""
    return any(compact(last(path)) in listed(key) for key in keys)


def speaks_of(path: str, *keys: str) -> bool:
    """Whether the end of the path is, or has for its last word, one of the words under `keys`."""
    return any(word in listed(key) for word in _spelt(path) for key in keys)


def _spelt(path: str) -> tuple[str, ...]:
    name = last(path)[-_LONGEST_NAME:]
    return compact(name), *(word.lower() for word in _WORD.findall(name)[-1:])


def part(path: str) -> str | None:
    """What one of a list of parts is, None for other lists."""
    kinds = structures()["parts"].items()
    return next((kind for word in _spelt(path) for kind, words in kinds if word in words), None)


def singular(name: str) -> str:
    """The noun for one of a list: `Instances` holds an `Instance`."""
    return name[:-1] if len(name) > 1 and name.endswith("s") and not name.endswith("ss") else name
