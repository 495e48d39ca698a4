"""Which asset of the engagement a row of an import describes, decided in SQL for a whole chunk.

The rows stand in the temporary table `incoming`; `asset_id` is set where one asset, and only one,
bears the row's key and nothing surer contradicts. An address never decides.

Where an import is read again, the place of a row (which table, which row) tells its asset too: at
once if it is read as before; if read otherwise, after the keys had their say on assets that others
describe as well, and for assets that nobody else does.
"""

from collections.abc import Iterator
from typing import Final

from django.db.backends.utils import CursorWrapper

from assets.fields import MACHINES
from assets.judgements import stated
from tenancy.scope import current

_MACHINES: Final = ", ".join(f"'{machine}'" for machine in MACHINES)

# What is compared of a row.
KEYS: Final = ("external_id", "serial_number", "fqdn", "hostname", "name", "asset_type")
# (the row's key, the asset's key), the surest first.
_PAIRS: Final = (
    ("external_id", "external_id"),
    ("serial_number", "serial_number"),
    ("fqdn", "fqdn"),
    ("hostname", "hostname"),
    ("name", "name"),
    ("name", "fqdn"),
    ("name", "hostname"),
    ("hostname", "name"),
    ("fqdn", "name"),
)


def _shape(column: str) -> str:
    """Ids of one source look alike: a number, 32 hexadecimal digits, a UUID, `vm-123`."""
    return rf"""CASE
        WHEN {column} ~ '^[0-9]+$' THEN 'number'
        WHEN {column} ~* '^[0-9a-f]{{32}}$' THEN 'hex'
        ELSE regexp_replace(lower({column}), '[0-9a-f]+', 'x', 'g') END"""


# Two different ids of the same shape come from one source and mean two things; of different
# shapes they come from two sources and mean nothing. Serial numbers and full names are absolute.
_CONTRADICTED: Final = f"""(
    (lower(i.external_id) <> lower(a.external_id)
        AND {_shape("i.external_id")} = {_shape("a.external_id")})
    OR lower(i.serial_number) <> lower(a.serial_number)
    OR lower(i.fqdn) <> lower(a.fqdn)
)"""

# What an agent judged decides no match: it must not part what is one, nor tie what is two.
_OURS, _THEIRS = stated("i", "asset_type"), stated("a", "asset_type")
_VERY_CLASS: Final = f"{_OURS} = {_THEIRS}"
_SAME_CLASS: Final = f"""(
    ({_OURS}) IS NULL OR ({_THEIRS}) IS NULL OR {_VERY_CLASS}
    OR (i.asset_type IN ({_MACHINES}) AND a.asset_type IN ({_MACHINES}))
)"""


# What this import said before it was read otherwise contradicts nothing.
_CONTRADICTED_BY_OTHERS: Final = f"(NOT a.sources ? %(import)s AND {_CONTRADICTED})"


def _statement(own: str, other: str, condition: str, contradicted: str) -> str:
    contradicted = "false" if own == "external_id" else contradicted
    return f"""
        UPDATE incoming SET asset_id = found.id
        FROM (
            SELECT i.position, (array_agg(a.id))[1] AS id
            FROM incoming i
            JOIN assets_asset a ON lower(a.{other}) = lower(i.{own})
            WHERE a.client_account_id = %(account)s AND a.engagement_id = %(engagement)s
              AND i.asset_id IS NULL AND {condition} AND ({contradicted}) IS NOT TRUE
            GROUP BY i.position
            HAVING count(*) = 1
        ) AS found
        WHERE incoming.position = found.position
    """


def _by_place(same: str, condition: str) -> str:
    return f"""
        UPDATE incoming SET asset_id = found.id, placed = true
        FROM (
            SELECT i.position, (array_agg(a.id))[1] AS id
            FROM incoming i JOIN assets_asset a ON {same}
            WHERE a.client_account_id = %(account)s AND a.engagement_id = %(engagement)s
              AND i.asset_id IS NULL AND {condition}
            GROUP BY i.position
            HAVING count(*) = 1
        ) AS found
        WHERE incoming.position = found.position
    """


_READ_AS_BEFORE: Final = "a.sources -> %(import)s = i.sources -> %(import)s"
_SAME_PLACE: Final = "(a.sources -> %(import)s) - 'reading' = (i.sources -> %(import)s) - 'reading'"
_OURS_ALONE: Final = "a.sources ? %(import)s AND a.sources - %(import)s = '{}'"


def _statements_again(known: frozenset[str]) -> Iterator[str]:
    yield _by_place(_READ_AS_BEFORE, "true")
    yield from _statements(known, f"NOT ({_OURS_ALONE})", _CONTRADICTED_BY_OTHERS)
    yield _by_place(_SAME_PLACE, _OURS_ALONE)
    yield from _statements(known, "true", _CONTRADICTED_BY_OTHERS)


def _statements(
    known: frozenset[str], among: str = "true", contradicted: str = _CONTRADICTED
) -> Iterator[str]:
    for own, other in _PAIRS:
        absolute = own in {"external_id", "serial_number"}
        # Names are shared, by a database and its server say: the very class first, then the like.
        for condition in ("true",) if absolute else (_VERY_CLASS, _SAME_CLASS):
            if own in known:
                yield _statement(own, other, f"{among} AND {condition}", contradicted)


# Two rows cannot be one asset: reconciliation within the file has already said so.
_ONE_ROW_EACH: Final = """
    UPDATE incoming SET asset_id = NULL
    FROM (
        SELECT position,
            row_number() OVER (PARTITION BY asset_id ORDER BY placed DESC, position) AS place
        FROM incoming WHERE asset_id IS NOT NULL
    ) AS ranked
    WHERE incoming.position = ranked.position AND ranked.place > 1
"""


def match(cursor: CursorWrapper, known: frozenset[str], again: str | None = None) -> None:
    """Sets `incoming.asset_id`. `known` names the columns that the rows have.

    `again` is the import whose rows they are, if it describes assets already.
    """
    scope = current()
    parameters = {
        "account": scope.client_account_id,
        "engagement": scope.engagement_id,
        "import": again,
    }
    for statement in _statements_again(known) if again else _statements(known):
        cursor.execute(statement, parameters)
    cursor.execute(_ONE_ROW_EACH)
