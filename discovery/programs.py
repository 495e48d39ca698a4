"""Programs of our own that look at uploads: they are told nothing that they need not know."""

import os
from typing import Final

_NEEDED: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "TMPDIR")


def environment(**settings: str) -> dict[str, str]:
    """What such a program finds in its environment: no secret, no address of a database."""
    return {name: os.environ[name] for name in _NEEDED if name in os.environ} | settings
