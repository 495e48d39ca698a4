"""Tables whose rows state edges: relationship files, observed connections, directed needs."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.models import Dependency
from discovery.dependencies.references import Resolved, resolve
from discovery.dependencies.relations import relation_of
from discovery.dependencies.rules import EDGE_SCHEMA, as_json_list
from discovery.dependencies.said import as_said, is_ambiguous
from discovery.mapping import Grain
from discovery.readers.table import ROW
from discovery.tables import CleanTable

_INBOUND: Final = r"(?i)north|inbound|incoming|upstream|reverse|used.?by|^in$"
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


@dataclass(frozen=True, slots=True)
class Links:
    """What a table states: dependencies (EDGE_SCHEMA), what of it could not be used
    (MISSED_SCHEMA), and which texts stood for the ends (SAID_SCHEMA).
    """

    edges: pl.DataFrame
    missed: pl.DataFrame
    said: pl.DataFrame


def links_of(table: CleanTable, names: pl.DataFrame) -> Links:
    stated = _stated(table)
    sources = _resolved(stated, "source", names)
    known = sources.edges.rename({"target_id": "source_asset_id"}).drop("source_id", "target_type")
    targets = resolve(known.with_columns(source_id="source_asset_id", text="target"), names)
    # Both ends are told at once, so that nobody mends the one only to hear of the other.
    other_ends = _resolved(sources.missed, "target", names)
    missed = [
        _missed(table, sources.missed, "edge.source"),
        _missed(
            table, pl.concat([targets.missed, other_ends.missed], how="diagonal"), "edge.target"
        ),
        _missed(table, _unknown_types(stated), "edge.type"),
    ]
    said = _said(targets, other_ends)
    return Links(_edges(table, targets.edges), pl.concat(missed), said)


def _said(targets: Resolved, other_ends: Resolved) -> pl.DataFrame:
    """The texts for the end of a link whose other end is known."""
    of_needed = pl.concat([targets.edges, targets.missed], how="diagonal").select(
        "text",
        known_id="source_asset_id",
        field=pl.lit("edge.target"),
        found_id="target_id",
        is_needed=pl.lit(value=True),
        is_ambiguous=is_ambiguous(),
        dependency_type="type",
        says="sentence",
    )
    of_needing = other_ends.edges.select(
        text="source",
        known_id="target_id",
        field=pl.lit("edge.source"),
        found_id=pl.lit(None, pl.String),
        is_needed=pl.lit(value=False),
        is_ambiguous=is_ambiguous(),
        dependency_type="type",
        says="sentence",
    )
    return pl.concat([as_said(of_needed), as_said(of_needing)])


def _resolved(stated: pl.DataFrame, side: str, names: pl.DataFrame) -> Resolved:
    """What one end of the links means, whatever the other end does."""
    return resolve(stated.with_columns(source_id=pl.lit(None, pl.String), text=side), names)


def _edges(table: CleanTable, found: pl.DataFrame) -> pl.DataFrame:
    """One dependency for each pair and type, with the first rows that state it."""
    confidence = min(
        (value for target, value in table.confidence.items() if target.startswith("edge.")),
        default=1.0,
    )
    return (
        found.group_by("source_asset_id", "target_id", "type", maintain_order=True)
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


def _stated(table: CleanTable) -> pl.DataFrame:
    """One edge a row: row, source (the dependent), target, said, type, is_known, sentence."""
    rows = _sides(table)
    rows = rows.join(_meanings(rows["said"], _default(table)), on="said", how="left")
    turned = pl.col("inbound") != pl.col("reversed")
    return rows.select(
        "row",
        "said",
        "type",
        "is_known",
        source=pl.when(turned).then("other").otherwise("one"),
        target=pl.when(turned).then("one").otherwise("other"),
        sentence=_sentence(table.name),
    )


def _sides(table: CleanTable) -> pl.DataFrame:
    """What stands in each row that has two sides: row, one, other, said, inbound, details."""
    frame = table.cleaned.frame
    absent = [pl.lit(None, pl.String).alias(name) for name in _TEXTS if name not in frame.columns]
    frame = frame.with_columns(absent)
    if "depends_on" in frame.columns:
        frame = frame.explode("depends_on", empty_as_null=True)
        frame = frame.with_columns(pl.coalesce("edge.target", "depends_on").alias("edge.target"))
    port = pl.format("port {}", "edge.port")
    rows = frame.select(
        pl.col(ROW).alias("row"),
        one=pl.coalesce("edge.source", "edge.source_ip", "name"),
        other=pl.coalesce("edge.target", "edge.target_ip"),
        said=pl.col("edge.type").cast(pl.String).fill_null(""),
        inbound=pl.col("edge.direction").str.contains(_INBOUND).fill_null(value=False),
        direction="edge.direction",
        link=pl.concat_str(["edge.protocol", port], separator=" ", ignore_nulls=True),
    )
    return rows.filter(pl.all_horizontal(pl.col("one", "other").is_not_null()))


def _meanings(said: pl.Series, default: str) -> pl.DataFrame:
    """said, type, reversed and is_known for each text that a link is called by."""
    texts = said.unique(maintain_order=True).to_list()
    found = {text: relation_of(text) for text in texts}
    return pl.DataFrame(
        [
            (text, meant.dependency_type, meant.reversed, True)
            if meant
            else (text, default, False, not text)
            for text, meant in found.items()
        ],
        schema={
            "said": pl.String,
            "type": pl.String,
            "reversed": pl.Boolean,
            "is_known": pl.Boolean,
        },
        orient="row",
    )


def _sentence(table: str) -> pl.Expr:
    """What the file says, in its own words and order, so that it can be looked up."""
    said = [pl.when(pl.col(name) != "").then(name) for name in ("said", "direction", "link")]
    details = pl.concat_str(said, separator=", ", ignore_nulls=True)
    sides = pl.format("{} row {}: {} to {}", pl.lit(table), "row", "one", "other")
    return pl.when(details == "").then(sides).otherwise(pl.format("{} ({})", sides, details))


def _origin(table: CleanTable) -> str:
    seen = table.grain != Grain.RELATION and _OBSERVATIONS & set(table.cleaned.frame.columns)
    return (Dependency.Origin.OBSERVED if seen else Dependency.Origin.DECLARED).value


def _default(table: CleanTable) -> str:
    return "connects_to" if _origin(table) == Dependency.Origin.OBSERVED else "depends_on"


def _unknown_types(stated: pl.DataFrame) -> pl.DataFrame:
    """The rows whose words for the link are not known."""
    reason = pl.format(
        'What "{}" means is not known, so it became "{}", from the first to the second. Change '
        "these dependencies where they are something else.",
        *("said", "type"),
    )
    return stated.filter(~pl.col("is_known")).with_columns(text="said", reason=reason)


def _missed(table: CleanTable, missed: pl.DataFrame, target: str) -> pl.DataFrame:
    """One finding for each text and reason, on the first row of those that say so."""
    counted = missed.group_by("text", "reason", maintain_order=True).agg(
        pl.col("row").min(), count=pl.len()
    )
    return (
        counted.sort("row", maintain_order=True)
        .select(
            table=pl.lit(table.name),
            row="row",
            column=pl.lit(""),
            target=pl.lit(target),
            value="text",
            reason=pl.format("{} ({} row(s) say so)", "reason", "count"),
        )
        .cast(MISSED_SCHEMA)  # type: ignore[arg-type]
    )
