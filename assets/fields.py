"""The canonical catalogue: every field an asset can have, its type, unit and allowed values.

`catalogue.toml` beside this file holds the data. A field is added, renamed or described there and
nowhere else. This module imports nothing of Django, so that mapping and cleaning stand alone.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """How a field's values are typed; the value is the name that API clients see."""

    TEXT = "string"
    ENUM = "enum"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    ADDRESS = "inet"
    MAC = "macaddr"
    TEXT_LIST = "list<string>"
    INTEGER_LIST = "list<int>"
    ADDRESS_LIST = "list<inet>"
    MAC_LIST = "list<macaddr>"
    REFERENCES = "list<ref>"

    @property
    def is_list(self) -> bool:
        return self.value.startswith("list<")


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field of an asset. `values` is empty but for enumerations."""

    name: str
    group: str
    kind: Kind
    description: str
    unit: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeField:
    """One target of relationship and connection files; it ends in a dependency, not in an asset."""

    name: str
    description: str


_catalogue = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text())

FIELDS: Final = tuple(
    Field(
        name=entry["name"],
        group=entry["group"],
        kind=Kind(entry["kind"]),
        description=entry["description"],
        unit=entry.get("unit"),
        values=tuple(entry.get("values", ())),
    )
    for entry in _catalogue["field"]
)
BY_NAME: Final = MappingProxyType({field.name: field for field in FIELDS})
EDGE_FIELDS: Final = tuple(EdgeField(**entry) for entry in _catalogue["edge_field"])
DEPENDENCY_TYPES: Final[MappingProxyType[str, str]] = MappingProxyType(
    _catalogue["dependency_types"]
)
# Further addresses of an asset end in ip_addresses and mac_addresses, so any number is welcome.
_OVERFLOWING: Final = frozenset({"ip_address", "mac_address"})
# Sources call one machine by different ones of these classes.
MACHINES: Final = ("server", "virtual_machine", "workstation")


def takes_several(target: str) -> bool:
    """Whether several columns of one table may go to the field."""
    return target in _OVERFLOWING or (target in BY_NAME and BY_NAME[target].kind.is_list)
