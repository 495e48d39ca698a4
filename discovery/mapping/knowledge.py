"""The knowledge of the mapping: the TOML files beside the code, each read once."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def knowledge(name: str) -> dict[str, Any]:
    """What `name`.toml says. Callers look up by the keys that its comments explain."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
