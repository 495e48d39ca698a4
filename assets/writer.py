"""Assets and dependencies in bulk. All functions run in the caller's transaction and scope.

Rows that describe known assets go through a temporary table and one UPDATE; the others, most of a
first import, go into the table together.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from assets.bulk import append, copy, joining_by_hash, new_ids
from assets.fields import FIELDS
from assets.matching import KEYS, match
from assets.merging import LISTS, filled_values, new_values, unless_edited
from assets.models import Asset, Dependency
from assets.retelling import Telling, describes_anew, find_anew
from tenancy.scope import current

_FIELDS: Final = tuple(field.name for field in FIELDS)
_OBJECTS: Final = ("attributes", "sources")
_JUDGED: Final = "judged_fields"


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did, in assets. `kept`: position, field, value of what a person's edit beat."""

    created: int
    updated: int
    unchanged: int
    kept: pl.DataFrame


def merge_assets(rows: pl.DataFrame, telling: Telling | None = None) -> Merged:
    """Writes each row to the asset that it describes, or to a new one.

    `rows` has typed columns named like the catalogue's fields, `attributes` and `sources` as JSON
    text, and one row for each asset. What a row does not know stays as it is; what a person
    edited stays too. The same rows a second time change nothing. In `judged_fields`, if there,
    stands of which values an agent judged (judgements.py).

    `telling` says which import the rows are of. What that said of an asset when it was read
    otherwise goes (retelling.py).
    """
    fields = _present(rows)
    rows = rows.select(*fields, *_objects(rows)).with_row_index("position")
    if telling and telling.outdated().exists():
        fields = list(_FIELDS)  # also those of which the rows know nothing any more
    with connection.cursor() as cursor, joining_by_hash(cursor):
        _take_turns(cursor)
        matched = _match(cursor, rows, telling)
        new = rows.join(matched, on="position", how="anti")
        known = rows.join(matched, on="position", how="inner", maintain_order="left")
        _insert(cursor, new.drop("position"))
        updated, kept = 0, _nothing_kept()
        if known.height:
            updated, kept = _update(cursor, known, fields, telling)
    return Merged(new.height, updated, known.height - updated, kept)


def forget_assets(telling: Telling, most: int) -> tuple[int, int]:
    """Takes the import back from assets that it does not describe as it is read now.

    Those that nobody else describes are deleted, unless a person edited them or tied them to
    others. `most` assets at a time: how many there were, and how many of them were deleted.
    """
    with connection.cursor() as cursor, joining_by_hash(cursor):
        _take_turns(cursor)
        # Locked before they are judged: what a person edits or ties meanwhile would be deleted.
        outdated = telling.outdated().order_by("pk").select_for_update()
        lapsed = list(outdated.values_list("pk", flat=True)[:most])
        gone = _unclaimed(telling, lapsed)
        _delete(cursor, gone)
        kept = sorted({*lapsed} - {*gone})
        if kept:
            _update(cursor, _silence(kept), list(_FIELDS), telling)
            cursor.execute(
                "UPDATE assets_asset SET sources = sources - %s WHERE id = ANY (%s)",
                [telling.import_id, kept],
            )
    return len(lapsed), len(gone)


def _unclaimed(telling: Telling, lapsed: list[UUID]) -> list[UUID]:
    tied = Dependency.objects.filter(origin=Dependency.Origin.USER)
    others = RawSQL("assets_asset.sources - %s", [telling.import_id], JSONField())
    unclaimed = (
        Asset.objects.filter(pk__in=lapsed, edited_fields=[])
        .annotate(others=others)
        .filter(others={})
        .exclude(pk__in=tied.values("source_asset"))
        .exclude(pk__in=tied.values("target_asset"))
    )
    return list(unclaimed.values_list("pk", flat=True))


def _delete(cursor: CursorWrapper, assets: list[UUID]) -> None:
    cursor.execute(
        "DELETE FROM assets_dependency "
        "WHERE source_asset_id = ANY (%(ids)s) OR target_asset_id = ANY (%(ids)s)",
        {"ids": assets},
    )
    cursor.execute("DELETE FROM assets_asset WHERE id = ANY (%s)", [assets])


def _silence(assets: list[UUID]) -> pl.DataFrame:
    """Rows of these assets that say nothing."""
    said = pl.DataFrame({"asset_id": [str(key) for key in assets]})
    return said.with_row_index("position").with_columns(
        attributes=pl.lit("{}"), sources=pl.lit("{}")
    )


def _present(rows: pl.DataFrame) -> list[str]:
    return [name for name in _FIELDS if name in rows.columns]


def _objects(rows: pl.DataFrame) -> list[str]:
    return [name for name in (*_OBJECTS, _JUDGED) if name in rows.columns]


def _take_turns(cursor: CursorWrapper) -> None:
    """One merge at a time in an engagement, or two imports at once would make one machine twice."""
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(current().engagement_id)]
    )


def _kind(name: str) -> str:
    return str(Asset._meta.get_field(name).db_type(connection))


def _temporary_table(cursor: CursorWrapper, rows: pl.DataFrame, columns: list[str]) -> None:
    """`incoming` with these columns of `rows`; a key that the rows do not have is null."""
    kinds = {name: _kind(name) for name in {*columns, *KEYS, _JUDGED}}
    definitions = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    cursor.execute(
        "CREATE TEMPORARY TABLE incoming "
        f"(position int, asset_id uuid, placed boolean DEFAULT false, {definitions}) "
        "ON COMMIT DROP"
    )
    copy(cursor, "incoming", rows)
    cursor.execute("ANALYZE incoming (position, asset_id, name)")


def _match(cursor: CursorWrapper, rows: pl.DataFrame, telling: Telling | None) -> pl.DataFrame:
    """Which rows describe which known assets: position, asset_id."""
    schema = {"position": pl.get_index_type(), "asset_id": pl.String}
    if not Asset.objects.exists():
        return pl.DataFrame(schema=schema)
    keys: list[str] = [name for name in KEYS if name in rows.columns]
    beside = [name for name in ("sources", _JUDGED) if name in rows.columns]
    _temporary_table(cursor, rows.select("position", *keys, *beside), [*keys, *beside])
    again = telling is not None and telling.described().exists()
    match(cursor, frozenset(keys), telling.import_id if telling and again else None)
    cursor.execute("SELECT position, asset_id::text FROM incoming WHERE asset_id IS NOT NULL")
    found = pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")
    cursor.execute("DROP TABLE incoming")
    return found


def _insert(cursor: CursorWrapper, new: pl.DataFrame) -> None:
    scope = current()
    now = datetime.now(UTC).isoformat()
    absent = [pl.lit("{}").alias(name) for name in LISTS if name not in new.columns]
    present = [pl.col(name).fill_null([]) for name in LISTS if name in new.columns]
    append(
        cursor,
        Asset._meta.db_table,
        new.with_columns(
            *absent,
            *present,
            *(pl.col(name).fill_null("{}") for name in _OBJECTS),
            pl.Series("id", new_ids(new.height), pl.String),
            client_account_id=pl.lit(str(scope.client_account_id)),
            engagement_id=pl.lit(str(scope.engagement_id)),
            edited_fields=pl.lit("{}"),
            created_at=pl.lit(now),
            updated_at=pl.lit(now),
        ),
    )


def _update(
    cursor: CursorWrapper, known: pl.DataFrame, fields: list[str], telling: Telling | None
) -> tuple[int, pl.DataFrame]:
    """How many assets changed, and where a person's edit was kept."""
    _temporary_table(cursor, known, [*fields, *_objects(known)])
    # Locked before they are compared: a person's edit that commits meanwhile would be lost.
    cursor.execute(
        "SELECT 1 FROM assets_asset WHERE id IN (SELECT asset_id FROM incoming) "
        "ORDER BY id FOR NO KEY UPDATE"
    )
    kept = _kept(cursor, fields)
    find_anew(cursor, telling)
    joined = "a.id = i.asset_id LEFT JOIN anew n ON n.id = a.id"
    updated = _write(cursor, new_values(fields), joined)
    # Where an asset is described is no change of it: the same file again changes nothing.
    cursor.execute(
        "UPDATE assets_asset AS a SET sources = a.sources || i.sources FROM incoming i "
        "WHERE a.id = i.asset_id AND NOT a.sources @> i.sources"
    )
    cursor.execute("DROP TABLE incoming")
    if telling:
        _ask_others(cursor, telling, named=bool(known["sources"].ne("{}").any()))
    cursor.execute("DROP TABLE anew")
    return updated, kept


def _write(
    cursor: CursorWrapper, values: dict[str, str], joined: str, parameters: Any = None
) -> int:
    """Sets the assets that are `joined` to `incoming` to these values; how many changed."""
    assignments = ", ".join(f"{name} = merged.{name}" for name in values)
    old = ", ".join(f"asset.{name}" for name in values)
    new = ", ".join(f"merged.{name}" for name in values)
    selected = ", ".join(f"{value} AS {name}" for name, value in values.items())
    cursor.execute(
        f"""
        UPDATE assets_asset AS asset SET {assignments}, updated_at = statement_timestamp()
        FROM (
            SELECT a.id AS asset_id, {selected} FROM incoming i JOIN assets_asset a ON {joined}
        ) AS merged
        WHERE asset.id = merged.asset_id AND ({old}) IS DISTINCT FROM ({new})
        """,
        parameters,
    )
    return int(cursor.rowcount)


# An other import describes the asset in the same place, however it is read.
_SAME_PLACE: Final = """
    (a.sources -> %(import)s) - 'reading' = (i.sources -> %(import)s) - 'reading'
    JOIN anew n ON n.id = a.id
"""


def _ask_others(cursor: CursorWrapper, telling: Telling, *, named: bool) -> None:
    """Fills what the import leaves open on assets told anew with what the others say.

    The first import's name stays, so an older one's goes before ours, if we name it (`named`).
    """
    for import_id, other in telling.others.items():
        if not describes_anew(cursor, import_id):
            continue
        rows = other.rows()
        fields = _present(rows)
        incoming = rows.select(*fields, *_OBJECTS).with_row_index("position")
        _temporary_table(cursor, incoming, [*fields, *_OBJECTS])
        values = filled_values(fields)
        if other.is_older or not named:
            values["name"] = unless_edited("name", "i.name")
        _write(cursor, values, _SAME_PLACE, {"import": import_id})
        cursor.execute("DROP TABLE incoming")


def _nothing_kept() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"position": pl.get_index_type(), "field": pl.String, "value": pl.String}
    )


def _kept(cursor: CursorWrapper, fields: list[str]) -> pl.DataFrame:
    """Where a person's edit and the import disagree."""
    cursor.execute(
        """
        SELECT i.position, edited.field, left(to_jsonb(i) ->> edited.field, 200)
        FROM incoming i
        JOIN assets_asset a ON a.id = i.asset_id AND a.edited_fields <> '{}'
        CROSS JOIN unnest(a.edited_fields) AS edited(field)
        WHERE edited.field = ANY (%s) AND to_jsonb(i) ->> edited.field IS NOT NULL
          AND (i.judged_fields ? edited.field) IS NOT TRUE
          AND to_jsonb(i) -> edited.field IS DISTINCT FROM to_jsonb(a) -> edited.field
        ORDER BY 1, 2
        """,
        [[name for name in fields if name != "name"]],
    )
    return pl.DataFrame(cursor.fetchall(), schema=_nothing_kept().schema, orient="row")


_MERGE_DEPENDENCIES: Final = """
    INSERT INTO assets_dependency AS known (
        id, client_account_id, engagement_id, source_asset_id, target_asset_id, dependency_type,
        origin, confidence, evidence, created_at, updated_at
    )
    SELECT gen_random_uuid(), %s, %s, source_asset_id, target_asset_id, dependency_type,
           origin, confidence, evidence, statement_timestamp(), statement_timestamp()
    FROM stated ORDER BY position
    ON CONFLICT (client_account_id, source_asset_id, target_asset_id, dependency_type)
    DO UPDATE SET origin = excluded.origin, confidence = excluded.confidence,
                  evidence = excluded.evidence, updated_at = statement_timestamp()
    WHERE known.origin <> 'user'
      AND (known.origin, known.evidence) IS DISTINCT FROM (excluded.origin, excluded.evidence)
"""
# What follows from the inventory as it is: a machine that moved runs on its new host alone.
_DERIVED: Final = """(
    known.origin = 'placement'
    OR (known.origin = 'declared' AND starts_with(known.evidence ->> 0, %(declared)s))
)"""
_DROP_OLD: Final = f"""
    WITH gone AS MATERIALIZED (
        SELECT source_asset_id, target_asset_id, dependency_type FROM assets_dependency AS known
        WHERE client_account_id = %(account)s AND engagement_id = %(engagement)s AND {_DERIVED}
        EXCEPT SELECT source_asset_id, target_asset_id, dependency_type FROM stated
    )
    DELETE FROM assets_dependency AS known USING gone
    WHERE known.client_account_id = %(account)s AND known.engagement_id = %(engagement)s
      AND {_DERIVED}
      AND known.source_asset_id = gone.source_asset_id
      AND known.target_asset_id = gone.target_asset_id
      AND known.dependency_type = gone.dependency_type
"""


def merge_dependencies(edges: pl.DataFrame, declared: str) -> int:
    """Writes dependencies, each pair and type once; returns how many are new or changed.

    Columns: source_asset_id, target_asset_id, dependency_type, origin, confidence, and evidence
    as JSON text. What a person entered is not overwritten. `edges` holds every placement of the
    engagement, and every declared one whose evidence starts with `declared`: those of them that it
    does not hold are deleted.
    """
    scope = current()
    with connection.cursor() as cursor, joining_by_hash(cursor):
        cursor.execute(
            """
            CREATE TEMPORARY TABLE stated (
                position int, source_asset_id uuid, target_asset_id uuid, dependency_type text,
                origin text, confidence float8, evidence jsonb
            ) ON COMMIT DROP
            """
        )
        copy(cursor, "stated", edges.with_row_index("position"))
        tenant = {"account": scope.client_account_id, "engagement": scope.engagement_id}
        cursor.execute(_DROP_OLD, tenant | {"declared": declared})
        cursor.execute(_MERGE_DEPENDENCIES, [scope.client_account_id, scope.engagement_id])
        changed = int(cursor.rowcount)
        cursor.execute("DROP TABLE stated")
    return changed
