"""Assets and dependencies in bulk: COPY into a temporary table, then one merge in SQL.

Both functions run inside the caller's transaction and in the current scope.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from assets.bulk import copy
from assets.fields import FIELDS
from assets.matching import match
from assets.models import Asset
from tenancy.scope import current

_FIELDS: Final = tuple(field.name for field in FIELDS)
_LISTS: Final = frozenset(field.name for field in FIELDS if field.kind.is_list)
_OBJECTS: Final = ("attributes", "sources")
# What matching compares must be there even if the rows do not have it.
_COMPARED: Final = ("external_id", "serial_number", "fqdn", "hostname", "name", "asset_type")


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did, in assets. `kept`: position, field, value of what a person's edit beat."""

    created: int
    updated: int
    unchanged: int
    kept: pl.DataFrame


def merge_assets(rows: pl.DataFrame) -> Merged:
    """Writes each row to the asset that it describes, or to a new one.

    `rows` has typed columns named like the catalogue's fields, `attributes` and `sources` as JSON
    text, and one row for each asset. What a row does not know stays as it is; what a person
    edited stays too. The same rows a second time change nothing.
    """
    fields = [name for name in _FIELDS if name in rows.columns]
    with connection.cursor() as cursor:
        _fill_incoming(cursor, rows, fields)
        match(cursor, frozenset(fields))
        kept = _kept(cursor, fields)
        cursor.execute("SELECT count(asset_id) FROM incoming")
        matched = cursor.fetchone()[0]
        updated = _update(cursor, fields)
        created = _insert(cursor, fields)
        cursor.execute("DROP TABLE incoming")
    return Merged(created, updated, matched - updated, kept)


def _fill_incoming(cursor: CursorWrapper, rows: pl.DataFrame, fields: list[str]) -> None:
    kinds = {
        name: str(Asset._meta.get_field(name).db_type(connection))
        for name in {*fields, *_COMPARED, *_OBJECTS}
    }
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    cursor.execute(
        f"CREATE TEMPORARY TABLE incoming (position int, asset_id uuid, {columns}) ON COMMIT DROP"
    )
    numbered = rows.select(*fields, *_OBJECTS).with_row_index("position")
    copy(cursor, "incoming", numbered)
    cursor.execute("ANALYZE incoming")


def _new_value(name: str) -> str:
    """What an asset's field becomes. The name stays, or two sources would take turns."""
    if name == "name":
        return "a.name"
    if name in _LISTS:
        value = f"(SELECT coalesce(array_agg(x ORDER BY n), '{{}}') FROM (SELECT x, min(n) AS n FROM unnest(a.{name} || coalesce(i.{name}, '{{}}')) WITH ORDINALITY AS u(x, n) GROUP BY x) AS once)"  # noqa: E501
    elif name == "asset_type":
        # Server is the wider word: who says virtual machine knows more.
        value = "CASE WHEN a.asset_type = 'virtual_machine' AND i.asset_type = 'server' THEN a.asset_type ELSE coalesce(i.asset_type, a.asset_type) END"  # noqa: E501
    else:
        value = f"coalesce(i.{name}, a.{name})"
    return f"CASE WHEN '{name}' = ANY (a.edited_fields) THEN a.{name} ELSE {value} END"


def _update(cursor: CursorWrapper, fields: list[str]) -> int:
    values = {name: _new_value(name) for name in fields}
    values |= {
        name: f"a.{name} || jsonb_strip_nulls(coalesce(i.{name}, '{{}}'))" for name in _OBJECTS
    }
    assignments = ", ".join(f"{name} = merged.{name}" for name in values)
    old = ", ".join(f"asset.{name}" for name in values)
    new = ", ".join(f"merged.{name}" for name in values)
    selected = ", ".join(f"{value} AS {name}" for name, value in values.items())
    cursor.execute(
        f"""
        UPDATE assets_asset AS asset SET {assignments}, updated_at = statement_timestamp()
        FROM (
            SELECT a.id AS asset_id, {selected}
            FROM incoming i JOIN assets_asset a ON a.id = i.asset_id
        ) AS merged
        WHERE asset.id = merged.asset_id AND ({old}) IS DISTINCT FROM ({new})
        """
    )
    return int(cursor.rowcount)


def _insert(cursor: CursorWrapper, fields: list[str]) -> int:
    scope = current()
    lists = sorted(_LISTS)
    plain = [name for name in fields if name not in _LISTS]
    columns = ", ".join([*plain, *lists, *_OBJECTS])
    values = ", ".join(
        [
            *plain,
            *(f"coalesce({name}, '{{}}')" if name in fields else "'{}'" for name in lists),
            *(f"jsonb_strip_nulls(coalesce({name}, '{{}}'))" for name in _OBJECTS),
        ]
    )
    cursor.execute(
        f"""
        INSERT INTO assets_asset (
            id, client_account_id, engagement_id, edited_fields, created_at, updated_at, {columns}
        )
        SELECT gen_random_uuid(), %s, %s, '{{}}', statement_timestamp(), statement_timestamp(),
               {values}
        FROM incoming WHERE asset_id IS NULL ORDER BY position
        """,
        [scope.client_account_id, scope.engagement_id],
    )
    return int(cursor.rowcount)


def _kept(cursor: CursorWrapper, fields: list[str]) -> pl.DataFrame:
    """Where a person's edit and the import disagree."""
    cursor.execute(
        """
        SELECT i.position, edited.field, left(to_jsonb(i) ->> edited.field, 200)
        FROM incoming i
        JOIN assets_asset a ON a.id = i.asset_id
        CROSS JOIN unnest(a.edited_fields) AS edited(field)
        WHERE edited.field = ANY (%s) AND to_jsonb(i) ->> edited.field IS NOT NULL
          AND to_jsonb(i) -> edited.field IS DISTINCT FROM to_jsonb(a) -> edited.field
        ORDER BY 1, 2
        """,
        [[name for name in fields if name != "name"]],
    )
    schema = {"position": pl.Int64, "field": pl.String, "value": pl.String}
    return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")


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
      AND (known.origin, known.confidence, known.evidence)
          IS DISTINCT FROM (excluded.origin, excluded.confidence, excluded.evidence)
"""


def merge_dependencies(edges: pl.DataFrame) -> int:
    """Writes dependencies, each pair and type once; returns how many are new or changed.

    Columns: source_asset_id, target_asset_id, dependency_type, origin, confidence, and evidence
    as JSON text. What a person entered is not overwritten.
    """
    scope = current()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TEMPORARY TABLE stated (
                position int, source_asset_id uuid, target_asset_id uuid, dependency_type text,
                origin text, confidence float8, evidence jsonb
            ) ON COMMIT DROP
            """
        )
        copy(cursor, "stated", edges.with_row_index("position"))
        cursor.execute(_MERGE_DEPENDENCIES, [scope.client_account_id, scope.engagement_id])
        changed = int(cursor.rowcount)
        cursor.execute("DROP TABLE stated")
    return changed
