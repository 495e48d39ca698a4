"""The one ordered place of the phases. Everything else (API, progress, admin) derives from it.

Importing this loads no phase: the API process needs the names and not the work.
"""

from types import MappingProxyType
from typing import Final

COMPLETED: Final = "completed"

# Each phase is the module of its name beside this file, with a function `run`.
# The weight is the share of a flow's time that it took over 100,000 rows (bench/flow.py).
WEIGHTS: Final = MappingProxyType(
    {
        "initialization": 1,
        "data_import": 15,
        "field_mapping": 10,
        "asset_creation": 55,
        "dependency_analysis": 15,
        COMPLETED: 4,
    }
)
PHASES: Final = tuple(WEIGHTS)
CURRENT_PHASES: Final = [(name, name) for name in PHASES]
