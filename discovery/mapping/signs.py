"""Signs of what one row of a table is, each with its weight and a sentence for people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from discovery.mapping import edges
from discovery.mapping.column import Column
from discovery.mapping.knowledge import knowledge
from discovery.mapping.rows import COMPUTE_FIELDS, Rows, known_table, name_words

# Points: what a product's own table is called beats all else; columns that only one grain has beat
# the name of a file; a file name beats what is taken for granted.
_KNOWN: Final = 20.0
_DECISIVE: Final = 8.0
_NAMED: Final = 3.0
_GRANTED: Final = 1.9
_REMEDY: Final = (
    "no column describes an asset; add one (type, address, operating system ...) or set the grain"
)
_IDENTIFYING: Final = frozenset({"hostname", "fqdn", "ip_address", "serial_number", "asset_tag"})
_OF_ONE_MACHINE: Final = frozenset({"operating_system", "os_version", "serial_number"})
_FEW: Final = 2
_PARTS: Final = ("disk", "nic", "sample", "connection", "finding")
_NAMELESS: Final = "no column names an asset; call the one that does Name"


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that speaks for a grain (by its value), how loudly, and in words."""

    grain: str
    points: float
    words: str


def signs(name: str, columns: Sequence[Column], rows: Rows) -> Iterator[Sign]:
    """Every sign in a table, in no particular order."""
    yield Sign("reference", _GRANTED, _REMEDY)
    yield from _of_table_name(name)
    yield from _of_connections(columns, rows)
    yield from _of_findings(columns)
    yield from _of_tags(columns)
    yield from _of_samples(columns, rows)
    yield from _of_disks(columns, rows)
    yield from _of_nics(columns, rows)
    yield from _of_references(rows)
    yield from _of_assets(rows)


def _of_table_name(name: str) -> Iterator[Sign]:
    known = known_table(name)
    if known:
        yield Sign(known.grain, _KNOWN, f'"{name}" is a table of a known product')
    words = name_words(name)
    listed_words: dict[str, list[str]] = knowledge("grains")["words"]
    of_part = any(words & set(listed_words[grain]) for grain in _PARTS)
    for grain, listed in listed_words.items():
        # "VM disks" are disks.
        if words & set(listed) and not (of_part and grain == "asset"):
            yield Sign(grain, _NAMED, f'the name of the table, "{name}", speaks of it')


def _of_connections(columns: Sequence[Column], rows: Rows) -> Iterator[Sign]:
    sided = edges.sided_columns(columns)
    # A migration plan has source and target machines too, and tells their processors.
    if sided and len(COMPUTE_FIELDS & rows.fields()) <= 1 and not _of_one_machine(sided, rows):
        named = [_quoted(next(s.column for s in sided if s.side == side)) for side in edges.SIDES]
        grain = "connection" if _is_of_a_network(columns, sided) else "relation"
        yield Sign(grain, _DECISIVE, f"{named[0]} and {named[1]} are two sides of a link")


def _of_one_machine(sided: Sequence[edges.Sided], rows: Rows) -> bool:
    """Whether columns of neither side describe a machine: "Client" is then whom it serves."""
    places = {each.column.place for each in sided}
    return any(
        field in _OF_ONE_MACHINE for place, field in rows.told.items() if place not in places
    )


def _is_of_a_network(columns: Sequence[Column], sided: Sequence[edges.Sided]) -> bool:
    """Whether the links were seen on a network: with addresses, ports, processes, moments."""
    words = _set("connection", "words")
    return (
        edges.by_address(sided) or bool(_moments(columns)) or any(c.words & words for c in columns)
    )


def _of_findings(columns: Sequence[Column]) -> Iterator[Sign]:
    entry = knowledge("grains")["signs"]["finding"]
    found = [column for column in columns if column.words & _set("finding", "words")]
    if len(found) >= entry["needs"]:
        listed = ", ".join(_quoted(column) for column in found[:3])
        yield Sign("finding", _DECISIVE, f"{listed} are columns of findings")


def _of_tags(columns: Sequence[Column]) -> Iterator[Sign]:
    keys = [c for c in columns if " ".join(c.header.words) in _set("tag", "key")]
    values = [c for c in columns if " ".join(c.header.words) in _set("tag", "value")]
    if keys and values and len(columns) <= knowledge("grains")["signs"]["tag"]["most_columns"]:
        yield Sign("tag", _DECISIVE, f"{_quoted(keys[0])} and {_quoted(values[0])} are pairs")


def _of_samples(columns: Sequence[Column], rows: Rows) -> Iterator[Sign]:
    moments = _moments(columns)
    metrics = [c for c in columns if _is_metric(c, rows)]
    if moments and len(metrics) >= _FEW:
        text = f"{_quoted(moments[0])} tells when {len(metrics)} columns were measured"
        yield Sign("sample", _DECISIVE, text)


def _moments(columns: Sequence[Column]) -> list[Column]:
    return [c for c in columns if " ".join(c.header.words) in _set("sample", "moment")]


def _is_metric(column: Column, rows: Rows) -> bool:
    told = rows.told.get(column.place)
    return told in _set("sample", "fields") or bool(column.words & _set("sample", "words"))


def _of_disks(columns: Sequence[Column], rows: Rows) -> Iterator[Sign]:
    sizes = [c for c in columns if c.words & _set("disk", "sizes") and not c.header.index]
    if not sizes or not _has_parent(columns) or COMPUTE_FIELDS & rows.fields():
        return
    for grain in ("partition", "disk"):  # a partition may name its disk, not the other way round
        items = _items(columns, grain)
        if items:
            said = f"{_quoted(items[0])} with {_quoted(sizes[0])} is a {grain}"
            yield Sign(grain, _DECISIVE, said)
            return


def _of_nics(columns: Sequence[Column], rows: Rows) -> Iterator[Sign]:
    if COMPUTE_FIELDS & rows.fields():
        return
    addressed = {"mac_address", "ip_address"} & rows.fields()
    items = _items(columns, "nic")
    also = [c for c in columns if c.words & _set("nic", "also")]
    if items and addressed and _has_parent(columns):
        yield Sign("nic", _DECISIVE, f"{_quoted(items[0])} with its address is a network card")
    elif "mac_address" in addressed and len(also) >= _FEW:
        listed = " and ".join(_quoted(column) for column in also[:_FEW])
        yield Sign("nic", _DECISIVE, f"{listed} belong to a network card")


def _items(columns: Sequence[Column], grain: str) -> list[Column]:
    """The columns that name a part: `Disk`, `Partition label`, not `Disk 1 size`."""
    parts, fillers = _set(grain, "item"), _set(grain, "item_fillers")
    return [
        column
        for column in columns
        if column.words & parts
        and column.words <= parts | fillers
        and column.header.index is None
        and column.header.unit is None
    ]


def _has_parent(columns: Sequence[Column]) -> bool:
    parents = _set("disk", "parents")
    return any(c.words & parents and c.words <= parents | {"name", "id", "uuid"} for c in columns)


def _of_references(rows: Rows) -> Iterator[Sign]:
    """Nothing but a site, a rack or a wave is named."""
    identities = rows.identities
    first = next((i.column for i in identities if i.reference and i.column.place == 0), None)
    if first and all(i.reference or i.plain for i in identities):
        yield Sign("reference", _NAMED, f"{_quoted(first)} names no asset")
    if not identities and not _IDENTIFYING & rows.fields():
        yield Sign("reference", _NAMED, _NAMELESS)


def _of_assets(rows: Rows) -> Iterator[Sign]:
    identity = rows.identity()
    if identity:
        points = knowledge("grains")["signs"]["asset"]["plain" if identity.plain else "named"]
        yield Sign("asset", points, f"{_quoted(identity.column)} names an asset")
    points = knowledge("grains")["signs"]["asset"]["fields"]
    described = {name: points.get(name, 0.0) for name in rows.fields()}
    total = sum(described.values())
    if total:
        listed = ", ".join(sorted(described, key=lambda name: (-described[name], name))[:4])
        yield Sign("asset", total, f"columns describe assets ({listed})")


@cache
def _set(grain: str, key: str) -> frozenset[str]:
    return frozenset(knowledge("grains")["signs"][grain][key])


def _quoted(column: Column) -> str:
    return f'"{column.header.raw.strip()}"'
