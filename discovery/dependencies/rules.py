"""The rules: which fields of an asset say what it needs, and of which type the need is."""

from dataclasses import dataclass
from typing import Final

import polars as pl
import polars.selectors as cs

from assets.models import Dependency
from discovery.dependencies.references import JUDGED, Resolved, bearers, resolve

_Origin = Dependency.Origin
_HOSTS: Final = ("server", "cluster", "container", "other", None)
_PROGRAMS: Final = ("application", "service")
_STORES: Final = ("database", "middleware", "storage")

EDGE_SCHEMA: Final = {
    "source_asset_id": pl.String,
    "target_asset_id": pl.String,
    "dependency_type": pl.String,
    "origin": pl.String,
    "confidence": pl.Float64,
    "evidence": pl.String,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`field` of an asset names what it needs; `reversed` if it names who needs the asset.

    `through` is a field of which it may follow: a machine is in the cluster of its host, so that
    a cluster of its own adds nothing where the host names one. Assets of the class `except_of`
    do not mean it so: the hosts of a volume mount it, and an application repeats its own name.
    """

    field: str
    dependency_type: str
    origin: str
    classes: tuple[str | None, ...] = ()
    reversed: bool = False
    through: str | None = None
    except_of: str | None = None


RULES: Final = (
    Rule("depends_on", "depends_on", _Origin.DECLARED),
    Rule("virtualization_host", "runs_on", _Origin.PLACEMENT, _HOSTS, except_of="storage"),
    Rule("cluster", "part_of", _Origin.PLACEMENT, ("cluster",), through="virtualization_host"),
    Rule(
        "application_name",
        "runs_on",
        _Origin.PLACEMENT,
        _PROGRAMS,
        reversed=True,
        except_of="application",
    ),
)

# How the evidence of what assets declare themselves begins, unlike that of a table's rows.
DECLARED: Final = "depends_on of "


def apply(rule: Rule, inventory: pl.DataFrame, names: pl.DataFrame) -> Resolved:
    """The references that the rule's field makes, resolved."""
    if rule.through:
        inventory = _not_following(rule, inventory)
    stated = inventory.select(
        _judged(rule), source_id="id", source_type="asset_type", source_name="name", text=rule.field
    )
    if isinstance(stated.schema["text"], pl.List):
        stated = stated.explode("text", empty_as_null=True)
    stated = stated.filter(pl.col("text").is_not_null())
    if rule.except_of:
        stated = stated.filter(pl.col("source_type").ne_missing(pl.lit(rule.except_of)))
    return resolve(stated, names, rule.classes)


def _not_following(rule: Rule, inventory: pl.DataFrame) -> pl.DataFrame:
    """Without the assets whose `through` names an asset that has the rule's field itself."""
    bridges = bearers(inventory.filter(pl.col(rule.field).is_not_null()))["key"].unique()
    through = pl.col(str(rule.through)).str.strip_chars().str.to_lowercase()
    return inventory.filter(~through.is_in(bridges.implode()).fill_null(value=False))


def edges(rule: Rule, resolved: Resolved, confidence: float) -> pl.DataFrame:
    """Dependencies as the writer takes them (EDGE_SCHEMA)."""
    source, target = ("target_id", "source_id") if rule.reversed else ("source_id", "target_id")
    by_agents = pl.any_horizontal(_judged(rule).is_not_null())
    whose = pl.when(by_agents).then(pl.lit(", as an agent judges")).otherwise(pl.lit(""))
    sentence = pl.format("{} of {} is {}{}", pl.lit(rule.field), "source_name", "text", whose)
    return resolved.edges.select(
        source_asset_id=source,
        target_asset_id=target,
        dependency_type=_type(rule),
        origin=pl.lit(rule.origin),
        confidence=pl.min_horizontal(pl.lit(confidence), _judged(rule).cast(pl.Float64)),
        evidence=as_json_list(sentence),
    ).unique(["source_asset_id", "target_asset_id", "dependency_type"], maintain_order=True)


def _judged(rule: Rule) -> cs.Selector:
    """How sure an agent is of the rule's field, where it judged it."""
    return cs.by_name(JUDGED.format(rule.field), require_all=False)


def type_of_need(source_type: str | None, target_type: str | None) -> str:
    """`_type` of a declared need, for one pair."""
    uses = source_type in _PROGRAMS and target_type in _STORES
    return "uses" if uses else "depends_on"


def _type(rule: Rule) -> pl.Expr:
    """A declared need of a data store is a use of it: more is known than that it is needed."""
    if rule.dependency_type != "depends_on":
        return pl.lit(rule.dependency_type)
    uses = pl.col("target_type").is_in(_STORES) & pl.col("source_type").is_in(_PROGRAMS)
    return pl.when(uses).then(pl.lit("uses")).otherwise(pl.lit(rule.dependency_type))


def as_json_list(sentence: pl.Expr) -> pl.Expr:
    """A list of one sentence as JSON text."""
    quoted = pl.struct(s=sentence).struct.json_encode()
    return pl.lit("[") + quoted.str.slice(5, quoted.str.len_chars() - 6) + pl.lit("]")
