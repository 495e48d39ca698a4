"""Tables whose rows state edges: relationship files, observed connections, directed needs."""

import re
from typing import Final

import polars as pl

from assets.models import Dependency
from discovery.dependencies.references import resolve
from discovery.dependencies.rules import EDGE_SCHEMA, as_json_list
from discovery.readers.table import ROW
from discovery.tables import CleanTable

_INBOUND: Final = r"(?i)north|inbound|incoming|upstream|reverse|used.?by|^in$"
# What relationship files call their links. The first pattern that is found decides.
_TYPES: Final = (
    (re.compile(r"(?i)runs?.?on|hosted|installed.?on|virtuali[sz]ed"), "runs_on"),
    (re.compile(r"(?i)part.?of|member|contain|belongs"), "part_of"),
    (re.compile(r"(?i)\buse"), "uses"),
    (re.compile(r"(?i)depend|require|need"), "depends_on"),
    (re.compile(r"(?i)connect|talk|call|http|tcp|udp|grpc|send|receive|exchange"), "connects_to"),
)
_TEXTS: Final = (
    "name",
    "edge.source",
    "edge.source_ip",
    "edge.target",
    "edge.target_ip",
    "edge.port",
    "edge.protocol",
    "edge.type",
    "edge.direction",
)
_OBSERVATIONS: Final = frozenset(
    {"edge.port", "edge.observed_at", "edge.count", "edge.source_process", "edge.target_process"}
)
MISSED_SCHEMA: Final = {
    "table": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "target": pl.String,
    "value": pl.String,
    "reason": pl.String,
}


def edges_of(table: CleanTable, names: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The dependencies that the table states (EDGE_SCHEMA), and the names that mean no asset."""
    stated = _stated(table)
    sources = resolve(stated.with_columns(source_id=pl.lit(None, pl.String), text="source"), names)
    known = sources.edges.rename({"target_id": "source_asset_id"}).drop("source_id", "target_type")
    targets = resolve(known.with_columns(source_id="source_asset_id", text="target"), names)
    confidence = min(
        (value for target, value in table.confidence.items() if target.startswith("edge.")),
        default=1.0,
    )
    edges = (
        targets.edges.group_by("source_asset_id", "target_id", "type", maintain_order=True)
        .agg(pl.col("sentence").unique(maintain_order=True).head(3).str.join("; "))
        .select(
            "source_asset_id",
            target_asset_id="target_id",
            dependency_type="type",
            origin=pl.lit(_origin(table)),
            confidence=pl.lit(confidence),
            evidence=as_json_list(pl.col("sentence")),
        )
        .cast(EDGE_SCHEMA)  # type: ignore[arg-type]
    )
    missed = [
        _missed(table, sources.missed, "edge.source"),
        _missed(table, targets.missed, "edge.target"),
    ]
    return edges, pl.concat(missed)


def _stated(table: CleanTable) -> pl.DataFrame:
    """One edge a row: row, source, target, type, sentence; the dependent is the source."""
    frame = table.cleaned.frame
    absent = [pl.lit(None, pl.String).alias(name) for name in _TEXTS if name not in frame.columns]
    frame = frame.with_columns(absent)
    if "depends_on" in frame.columns:
        frame = frame.explode("depends_on", empty_as_null=True)
        frame = frame.with_columns(pl.coalesce("edge.target", "depends_on").alias("edge.target"))
    inbound = pl.col("edge.direction").str.contains(_INBOUND).fill_null(value=False)
    one = pl.coalesce("edge.source", "edge.source_ip", "name")
    other = pl.coalesce("edge.target", "edge.target_ip")
    stated = frame.select(
        pl.col(ROW).alias("row"),
        source=pl.when(inbound).then(other).otherwise(one),
        target=pl.when(inbound).then(one).otherwise(other),
        type=pl.col("edge.type").cast(pl.String),
        link=pl.concat_str(
            [pl.col("edge.protocol"), pl.col("edge.port").cast(pl.String)],
            separator=" ",
            ignore_nulls=True,
        ),
    )
    return stated.filter(pl.all_horizontal(pl.col("source", "target").is_not_null())).select(
        "row",
        "source",
        "target",
        type=_type(table),
        sentence=pl.format(
            "{} row {}: {} to {} {}", pl.lit(table.name), "row", "source", "target", "link"
        ).str.strip_chars(),
    )


def _origin(table: CleanTable) -> str:
    seen = _OBSERVATIONS & set(table.cleaned.frame.columns)
    return (Dependency.Origin.OBSERVED if seen else Dependency.Origin.DECLARED).value


def _type(table: CleanTable) -> pl.Expr:
    observed = _origin(table) == Dependency.Origin.OBSERVED
    default = "connects_to" if observed else "depends_on"
    spoken = pl.col("type").map_elements(
        lambda text: next((kind for known, kind in _TYPES if known.search(text)), default),
        return_dtype=pl.String,
    )
    return spoken.fill_null(default)


def _missed(table: CleanTable, missed: pl.DataFrame, target: str) -> pl.DataFrame:
    return missed.select(
        table=pl.lit(table.name),
        row="row",
        column=pl.lit(""),
        target=pl.lit(target),
        value="text",
        reason="reason",
    ).cast(MISSED_SCHEMA)  # type: ignore[arg-type]
