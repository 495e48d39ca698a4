"""Which rows of an import describe the same asset.

Rows match on the surest key that both have: external id, serial number, FQDN, host name, and the
name together with the type (a row without a name goes by its host name or FQDN). So two different
external ids are two assets, whatever name they share. A value that rows of clearly different names
share (a chassis' serial number, an id that starts anew in every table) tells nothing by itself and
counts only together with the name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from discovery.cleaning.names import QUALIFIED, is_placeholder
from discovery.cleaning.vocabulary import PLACEHOLDERS

IDENTITY: Final = ("external_id", "serial_number", "fqdn", "hostname", "name")

# Ids of different kinds come from different systems, so they do not contradict each other: one tab
# has the VM ID of a machine (vm-12), another its UUID.
_ID_KINDS: Final = {
    "id_uuid": r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$",
    "id_number": r"^\d+$",
    "id_hexadecimal": r"^[0-9a-f]{24,}$",
    "id_reference": r"^[a-z]+-[a-z]?\d+$",
    "id_path": r"[/:]",
    "id_other": "",
}
_TYPED_NAME: Final = "typed_name"
_ORDER: Final = (*_ID_KINDS, "serial_number", "fqdn", "hostname", _TYPED_NAME, "name")
# Sources call the same machine by different classes; a database is never the server it runs on.
_MACHINES: Final = (
    *(
        "server",
        "virtual_machine",
        "workstation",
        "network",
        "load_balancer",
        "firewall",
        "storage",
    ),
    "other",
)


@dataclass(frozen=True, slots=True)
class Grouping:
    """`rows`: position, group (the position of its first row), contested (fits several groups).

    `doubtful`: key, value, rows, names, position of values that do not tell assets apart.
    """

    rows: pl.DataFrame
    doubtful: pl.DataFrame


def keys_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The identity columns in lower case, without placeholders; null where the rows lack one."""
    return pl.DataFrame([_key(rows, name) for name in IDENTITY])


def _key(rows: pl.DataFrame, name: str) -> pl.Series:
    if name not in rows.columns:
        return pl.Series(name, [None], dtype=pl.String).new_from_index(0, rows.height)
    texts = rows[name].str.to_lowercase().str.strip_chars()
    if name in PLACEHOLDERS:
        texts = texts.set(is_placeholder(texts, name), None)
    return texts


def group_rows(keys: pl.DataFrame) -> Grouping:
    """`keys`: the columns of `keys_of`, `position`, `part` (the table's place), `asset_type`."""
    keys = keys.with_columns(pl.coalesce("name", "hostname", "fqdn"))
    doubtful = pl.concat((_doubtful(keys, key) for key in IDENTITY[:-1]), rechunk=True)
    groups = _qualified(keys, doubtful).select(
        pl.col("position").alias("group"),
        *_ids_by_kind(),
        *IDENTITY[1:],
        (pl.col("name") + "\0" + pl.col("asset_type")).alias(_TYPED_NAME),
        "part",
        contested=pl.lit(value=False),
    )
    rows = keys.select("position", group="position")
    for place, key in enumerate(_ORDER):
        verdict = _verdict(groups, key, _ORDER[:place], _ORDER[place + 1 :])
        if not verdict.is_empty():
            groups = _merged(groups, verdict)
            rows = _followed(rows, verdict)
    contested = groups.select("group", "contested")
    return Grouping(rows.join(contested, on="group", how="left", maintain_order="left"), doubtful)


def _ids_by_kind() -> Iterator[pl.Expr]:
    own = pl.col("external_id")
    taken = pl.lit(value=False)
    for name, pattern in _ID_KINDS.items():
        fits = own.str.contains(pattern) & ~taken
        yield pl.when(fits).then(own).alias(name)
        taken |= fits


def _doubtful(keys: pl.DataFrame, key: str) -> pl.DataFrame:
    """The values of a key that more than one machine bears, going by names and types.

    One name may differ when it is the host name of all the others: a display name. Not in one
    table, though: a list that has both names lists two machines, and one of the keys is a slip.
    """
    shared = keys.filter(pl.col(key).is_not_null() & pl.col(key).is_duplicated())
    names, hosts = pl.col("names"), pl.col("hosts")
    others = names.list.set_difference(hosts).list.len()
    display_name = (hosts.list.len() == 1) & (others <= 1) & (pl.col("names_in_a_table") <= 1)
    one_machine = (names.list.len() <= 1) | display_name
    one_family = (pl.col("families") <= 1) | (key == "external_id")
    return (
        shared.with_columns(_label("name", "hostname", "fqdn"), _label("hostname", "fqdn", "name"))
        .with_columns(names_in_a_table=pl.col("label_name").n_unique().over(key, "part"))
        .group_by(value=key, maintain_order=True)
        .agg(
            pl.col("position").first(),
            rows=pl.len(),
            names=pl.col("label_name").drop_nulls().unique(maintain_order=True),
            hosts=pl.col("label_hostname").drop_nulls().unique(maintain_order=True),
            names_in_a_table=pl.col("names_in_a_table").max(),
            families=_family().drop_nulls().n_unique(),
        )
        .filter(~(one_machine & one_family))
        .select("value", "position", "rows", "names", key=pl.lit(key))
    )


def _label(*columns: str) -> pl.Expr:
    """What the row calls its machine: letters and digits of the short name."""
    short = [
        pl.when(pl.col(column).str.contains(QUALIFIED))
        .then(pl.col(column).str.extract(r"^([^.]+)"))
        .otherwise(pl.col(column))
        for column in columns
    ]
    return pl.coalesce(short).str.replace_all(r"[\W_]", "").alias(f"label_{columns[0]}")


def _family() -> pl.Expr:
    kind = pl.col("asset_type")
    return pl.when(kind.is_in(_MACHINES)).then(pl.lit("machine")).otherwise(kind)


def _qualified(keys: pl.DataFrame, doubtful: pl.DataFrame) -> pl.DataFrame:
    """Doubtful values count only together with the name and the kind of thing."""
    for key, *_ in doubtful.select("key").unique(maintain_order=True).iter_rows():
        values = doubtful.filter(pl.col("key") == key)["value"]
        with_name = pl.concat_str(
            key, _label("name", "hostname", "fqdn"), _family().fill_null(""), separator="\0"
        )
        unclear = pl.col(key).is_in(values.implode())
        keys = keys.with_columns(pl.when(unclear).then(with_name).otherwise(key).alias(key))
    return keys


def _verdict(
    groups: pl.DataFrame, key: str, higher: Sequence[str], lower: Sequence[str]
) -> pl.DataFrame:
    """Groups that share a value of the key, with the group that each goes `into`.

    They are one unless two of them have a surer key, which then differs: those stay apart, and a
    group without any surer key cannot tell which of them it is. It may have a lower key that
    does; if not it is contested, unless one of the rivals stands in the same table: a table lists
    an asset once, so then it is one more.
    """
    shared = groups.filter(pl.col(key).is_not_null() & pl.col(key).is_duplicated())
    rivals = [pl.col(name).is_not_null().sum().over(key) for name in higher]
    bare = pl.all_horizontal([pl.col(name).is_null() for name in higher] or [pl.lit(value=True)])
    last = pl.all_horizontal([pl.col(name).is_null() for name in lower] or [pl.lit(value=True)])
    shared = shared.with_columns(
        bare=bare, split=pl.max_horizontal(rivals) > 1 if rivals else pl.lit(value=False)
    )
    beside_rival = (~pl.col("bare")).any().over(key, "part")
    lost = pl.col("split") & pl.col("bare")
    into = (
        pl.when(~pl.col("split"))
        .then(pl.col("group").min().over(key))
        .when("bare")
        .then(pl.col("group").filter("bare").min().over(key))
        .otherwise("group")
    )
    return shared.with_columns(
        pl.when(~lost).then(key).alias(key), into=into, contested=lost & last & ~beside_rival
    )


def _merged(groups: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
    """The first row's value of each key speaks for a group."""
    others = groups.join(verdict, on="group", how="anti")
    together = (
        verdict.sort("group")
        .group_by(group="into", maintain_order=True)
        .agg(
            pl.col(*_ORDER).first(ignore_nulls=True),
            pl.col("part").first(),
            pl.col("contested").all(),
        )
    )
    return pl.concat([others, together.select(others.columns)]).sort("group")


def _followed(rows: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
    moved = rows.join(
        verdict.select("group", "into"), on="group", how="left", maintain_order="left"
    )
    return moved.select("position", group=pl.coalesce("into", "group"))
