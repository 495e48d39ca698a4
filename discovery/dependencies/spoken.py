"""What is in the database of pairs of assets: who has spoken of them, and which texts may."""

from collections.abc import Iterable
from itertools import chain
from typing import Any, Final

import polars as pl
from django.contrib.postgres.fields import ArrayField
from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL

from assets.bulk import fetch
from assets.models import Asset, Dependency
from discovery.models import FlowQuestion
from discovery.questions.dependencies import BY_ANALYST, KINDS, NONE
from tenancy.models import AuditEvent
from tenancy.scope import current

_KEY_ENDS: Final = "\x1e"
# What stands in attributes as prose, that is in three words or more.
_PROSE: Final = """ARRAY(
    SELECT left(key, 120) || chr(30) || left(value #>> '{}', 2000)
    FROM jsonb_each(assets_asset.attributes)
    WHERE jsonb_typeof(value) = 'string' AND value #>> '{}' LIKE '%% %% %%'
)"""

NO_TEXTS: Final = pl.DataFrame(
    schema={"source_id": pl.String, "field": pl.String, "text": pl.String}
)


def spoken_of() -> pl.DataFrame:
    """The pairs (one, other) of which rules or people have said what is between them.

    The audit trail knows which dependencies a person deleted; it is asked once a flow, and only
    if there is an agent.
    """
    edges = fetch(
        Dependency.objects.exclude(BY_ANALYST), ("source_asset_id", "target_asset_id"), frozenset()
    ).rename({"source_asset_id": "one", "target_asset_id": "other"})
    denied = FlowQuestion.objects.filter(kind__in=KINDS, answer=NONE).values_list(
        "asset_id", "other_id"
    )
    pairs = [(str(one), str(other)) for one, other in chain(denied, _deleted_by_people())]
    return pl.concat([edges, pl.DataFrame(pairs, schema=edges.schema, orient="row")])


def _deleted_by_people() -> Iterable[tuple[Any, Any]]:
    deleted: Iterable[tuple[Any, Any]] = AuditEvent.objects.filter(
        engagement_id=current().engagement_id,
        object_type="dependency",
        action=AuditEvent.Action.DELETE,
        user_id__isnull=False,
    ).values_list("before__source_asset_id", "before__target_asset_id")
    return deleted


def free_texts(assets: "QuerySet[Asset]") -> pl.DataFrame:
    """What stands in their descriptions, and as prose in attributes: source_id, field, text."""
    prose = RawSQL(_PROSE, (), ArrayField(TextField()))  # noqa: S611 - a constant
    columns = ("id", "description", "prose")
    rows = fetch(assets.annotate(prose=prose), columns, frozenset({"prose"}))
    described = rows.select(
        source_id="id", field=pl.lit("description"), text=pl.col("description").str.slice(0, 2_000)
    )
    parts = pl.col("prose").str.splitn(_KEY_ENDS, 2)
    attributes = rows.select("id", "prose").explode("prose", empty_as_null=True)
    attributes = attributes.select(
        source_id="id", field=parts.struct.field("field_0"), text=parts.struct.field("field_1")
    )
    return pl.concat([described, attributes]).filter(pl.col("text").is_not_null())
