"""Findings in bulk."""

import polars as pl
from django.db import connection

from assets.bulk import append
from discovery.engine import Claim
from discovery.models import Finding
from tenancy.scope import current

_COLUMNS = ("table", "row", "column", "target", "value", "reason")


def forget(held: Claim) -> None:
    """Drops what an earlier attempt at this phase found."""
    Finding.objects.filter(flow=held.flow_id, phase=held.phase).delete()


def add(held: Claim, found: pl.DataFrame) -> None:
    """`found` has the columns table, row, column, target, value, reason."""
    if found.is_empty():
        return
    scope = current()
    texts = [name for name in _COLUMNS if name != "row"]
    rows = found.select(
        pl.lit(str(scope.client_account_id)).alias("client_account_id"),
        pl.lit(str(scope.engagement_id)).alias("engagement_id"),
        pl.lit(str(held.flow_id)).alias("flow_id"),
        pl.lit(held.phase).alias("phase"),
        *_COLUMNS,
    ).with_columns(pl.col(texts).fill_null(""))
    with connection.cursor() as cursor:
        append(cursor, Finding._meta.db_table, rows)
