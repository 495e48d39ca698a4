"""What the rows of a table are about: machines, applications, databases ..., and how we know."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from assets.fields import MACHINES
from discovery.cleaning.vocabulary import SYNONYMS, compact
from discovery.mapping import aliases
from discovery.mapping import header as headers
from discovery.mapping.column import Column
from discovery.mapping.knowledge import knowledge
from discovery.mapping.values import judge, revealed

_LEAST_SCORE: Final = 0.7
_MOST_CONTRADICTION: Final = 0.4
_NEARLY_ALL: Final = 0.9
# So many columns that only machines have make the rows machines.
_MACHINE_SIGNS: Final = 2
_MACHINES: Final = ("server", "workstation", "network")
_SERVED: Final = ("application", "service", "database")
MACHINE_FIELDS: Final = frozenset({
    "operating_system", "os_version", "cpu_cores", "cpu_sockets", "cpu_model", "memory_gb",
    "mac_address", "ip_address", "virtualization_host", "serial_number", "instance_type",
})  # fmt: skip
COMPUTE_FIELDS: Final = frozenset({"cpu_cores", "cpu_sockets", "memory_gb", "cpu_model"})


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table that a product always calls so; see `grains.toml`."""

    grain: str
    entity: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """A column that names a thing. `entity` is its class, "" for things in general.

    `plain` is a column called "name" and no more; `reference` one that names no asset (a site).
    """

    column: Column
    entity: str
    plain: bool = False
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """The class of the rows (None: not told), the columns that name them, and why."""

    entity: str | None
    topic: str | None
    identities: tuple[Identity, ...]
    told: dict[int, str]
    evidence: tuple[str, ...]

    def fields(self) -> frozenset[str]:
        return frozenset(self.told.values())

    def identity(self) -> Identity | None:
        """The column that names the rows: "name", else that of their class, else the first."""
        named = [identity for identity in self.identities if not identity.reference]
        named.sort(key=lambda identity: (not identity.plain, identity.entity != self.entity))
        return named[0] if named else None

    def naming(self) -> frozenset[str]:
        """Contexts: "named" where a column is called "name" and no more, "titled" as above.

        "lone": nothing but hypervisors are named, so they are the rows.
        """
        plain = any(identity.plain for identity in self.identities)
        titled = _is_titled(self.identities) or _is_beside_server(self.identities)
        if plain:
            return frozenset({"named"})
        return frozenset({"titled"} if titled else {"lone"} if self._hypervisors() else ())

    def _hypervisors(self) -> bool:
        named = [identity for identity in self.identities if not identity.reference]
        return len(named) == 1 and "hypervisor" in named[0].column.words


def known_table(name: str) -> KnownTable | None:
    """The product table that a sheet or a file is called after (`vInfo`, `RVTools_tabvInfo`).

    In an archive the name of the file stands before it: `rvtools/vInfo`.
    """
    spelt = headers.compact(name.rpartition("/")[2])
    for key, entry in knowledge("grains")["tables"].items():
        if spelt == key or spelt.endswith(f"tab{key}"):
            return KnownTable(**entry)
    return None


def name_words(name: str) -> frozenset[str]:
    """The concepts in the name of a table or a file."""
    return frozenset(headers.parse(name).words)


def describe(name: str, columns: Sequence[Column]) -> Rows:
    """Find out what the rows are about, from the name of the table and its columns."""
    told = fields_told(columns)
    identities = tuple(_identities(columns))
    known = known_table(name)
    if known and known.entity:
        why = f'the table is called "{name}", which holds {_plural(known.entity)}'
        return Rows(known.entity, known.topic, identities, told, (why,))
    entity, evidence = _entity(name, identities, told)
    return Rows(entity, known.topic if known else None, identities, told, evidence)


def fields_told(columns: Sequence[Column]) -> dict[int, str]:
    """Place -> the field that a header names clearly, or that the values name by themselves."""
    found = ((column.place, _field_told(column)) for column in columns)
    return {place: field for place, field in found if field}


def _field_told(column: Column) -> str | None:
    best = aliases.best_match(column.header)
    if best is None or best.score < _LEAST_SCORE or best.alias.weak:
        shown = revealed(column.look)
        return next((field for field, share in shown.items() if share >= _NEARLY_ALL), None)
    denied = judge(best.field, column.look).bad > _MOST_CONTRADICTION
    return None if denied or best.field == aliases.NONE else best.field


@cache
def _identity_words() -> dict[str, str]:
    return {
        word: entity for entity, words in knowledge("grains")["identity"].items() for word in words
    }


@cache
def _things() -> frozenset[str]:
    return frozenset(knowledge("grains")["identity"][""])


@cache
def _fillers() -> frozenset[str]:
    return frozenset(knowledge("grains")["identity_fillers"]["words"])


@cache
def _reference_words() -> frozenset[str]:
    return frozenset(knowledge("grains")["words"]["reference"])


def _identities(columns: Sequence[Column]) -> Iterator[Identity]:
    for column in columns:
        if column.words and column.header.index is None:
            yield from _identity(column)


def _identity(column: Column) -> Iterator[Identity]:
    words = column.words
    things = [word for word in column.header.words if word in _identity_words()]
    rest = words - _fillers() - frozenset(things)
    if words <= {"display", "name"} and "name" in words:
        yield Identity(column, "", plain=True)
    elif things and not rest:
        yield Identity(column, _class_of(things))
    elif words & {"hostname", "fqdn"} and not rest:
        yield Identity(column, "")
    elif rest and rest <= _reference_words() and words - rest <= {"name"}:
        yield Identity(column, "", reference=True)


def _class_of(things: Sequence[str]) -> str:
    """The class of "VM host name" is that of its first word that has one."""
    return next((found for word in things if (found := _identity_words()[word])), "")


def _entity(
    name: str, identities: Sequence[Identity], told: dict[int, str]
) -> tuple[str | None, tuple[str, ...]]:
    called = _class_in_name(name)
    by_class = {identity.entity: identity for identity in reversed(identities) if identity.entity}
    if _is_titled(identities):
        by_class.pop("server", None)  # the host that the computers of the list run on
    if any(identity.plain for identity in identities):
        by_class = {}  # "name" names the rows, whatever else is named beside it
    entity = called if called in by_class else _row_class(by_class, _machine_signs(told))
    if entity in _SERVED and called != entity and _is_served(by_class[entity], identities):
        entity = None
    if entity:
        named = by_class[entity].column.header.raw.strip()
        return entity, (f'the column "{named}" names {_plural(entity)}',)
    if called:
        return called, (f'the name of the table, "{name}", speaks of {_plural(called)}',)
    return None, ()


def _is_served(served: Identity, identities: Sequence[Identity]) -> bool:
    """Whether another column names the rows one by one: several hosts of an application."""
    return served.column.look.repeats and any(
        not each.entity and not each.reference and each.column.look.unique for each in identities
    )


def contradicts(entity: str, values: Sequence[str]) -> bool:
    """Whether most of the values that are classes are not what things called `entity` can be."""
    classes = [known for known in (SYNONYMS["asset_type"].get(compact(v)) for v in values) if known]
    fitting = MACHINES if entity in MACHINES else (entity,)
    return sum(found in fitting for found in classes) * 2 < len(classes)


def _is_titled(identities: Sequence[Identity]) -> bool:
    """Whether a column names things without a class: "Computer name", "Machine"."""
    return any(
        not identity.entity and not identity.plain and identity.column.words & _things()
        for identity in identities
    )


def _is_beside_server(identities: Sequence[Identity]) -> bool:
    """Whether there is a "Host" beside "Server name": it is what the server runs on."""
    named = [identity.column.words for identity in identities]
    return {"host"} in named and {"server", "name"} in named


def _machine_signs(told: dict[int, str]) -> int:
    return len(MACHINE_FIELDS & set(told.values()))


def _row_class(by_class: dict[str, Identity], machine_signs: int) -> str | None:
    """The class whose column names the rows; the other columns say where or what for.

    A virtual machine stands on a host and in a cluster, never the other way round. A list of hosts
    or devices without a class may say which application they serve.
    """
    if "virtual_machine" in by_class:
        return "virtual_machine"
    machine = next((by_class[entity] for entity in _MACHINES if entity in by_class), None)
    others = [by_class[entity] for entity in _SERVED if entity in by_class]
    other = min(others, key=lambda identity: identity.column.place, default=None)
    if machine and other:
        return _of_two(machine, other, machine_signs)
    if machine:
        return machine.entity
    if other:
        return other.entity if machine_signs < _MACHINE_SIGNS else None
    return next((e for e, identity in by_class.items() if identity.column.place == 0), None)


def _of_two(machine: Identity, other: Identity, machine_signs: int) -> str:
    """The one that differs in every row, then what the other columns describe, then the first."""
    if machine.column.look.unique != other.column.look.unique:
        return (machine if machine.column.look.unique else other).entity
    if machine_signs >= _MACHINE_SIGNS:
        return machine.entity
    return min(machine, other, key=lambda identity: identity.column.place).entity


def _class_in_name(name: str) -> str | None:
    words = name_words(name)
    entities: dict[str, list[str]] = knowledge("grains")["entities"]
    return next((entity for entity, names in entities.items() if words & set(names)), None)


def _plural(entity: str) -> str:
    return {"storage": "storage", "network": "network devices"}.get(
        entity, entity.replace("_", " ") + "s"
    )
