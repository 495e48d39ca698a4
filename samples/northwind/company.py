"""The company: where it is, when its inventories were taken, and the applications it runs.

Both inventories are written about this company, so that a server of one is a machine of the other.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOMAIN: Final = "nwf.local"

# The day both inventories were taken. Nothing in the generator reads a clock.
EXPORT_DAY: Final = "2026-11-16"


@dataclass(frozen=True)
class Application:
    """An application and the machines it is given: `db` machines run `engine`."""

    code: str
    name: str
    service: str
    owner: str
    contact: str
    system: str
    web: int
    app: int
    db: int
    criticality: str | None = None
    rto_hours: float | None = None
    engine: str | None = None
    needs: tuple[str, ...] = ()

    @property
    def has_test(self) -> bool:
        return self.app > 0 and self.criticality in {"critical", "high"}

    @property
    def has_failover(self) -> bool:
        return self.criticality == "critical"


APPLICATIONS: Final = tuple(
    Application(**entry)
    for entry in tomllib.loads(Path(__file__).with_name("company.toml").read_text("utf-8"))[
        "application"
    ]
)
