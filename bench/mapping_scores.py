"""How labelled columns are scored, as `shared/data/README.md` fixes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from assets.fields import BY_NAME
from bench.mapping_labels import Label, LabelledTable
from discovery.cleaning.vocabulary import FACTORS
from discovery.mapping import ColumnMapping

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """A column, what it should be and what was made of it. No confidence for the references."""

    table: LabelledTable
    label: Label
    target: str | None
    mapping: ColumnMapping | None = None

    @property
    def right(self) -> bool:
        return self.target in self.label.accepted


@dataclass(frozen=True, slots=True)
class Score:
    f1: float
    precision: float
    recall: float


def score(columns: Sequence[Judged]) -> Score:
    precision = _share_right([column for column in columns if column.target is not None])
    recall = _share_right([column for column in columns if column.label.must_map])
    both = precision + recall
    return Score(2 * precision * recall / both if both else 0.0, precision, recall)


def _share_right(columns: Sequence[Judged]) -> float:
    return mean(column.right for column in columns) if columns else 1.0


def per_table(columns: Sequence[Judged]) -> Score:
    """The mean scores of the tables that have a column to map."""
    scores = [score(each) for each in _tables(columns) if any(c.label.must_map for c in each)]
    return Score(
        mean(each.f1 for each in scores),
        mean(each.precision for each in scores),
        mean(each.recall for each in scores),
    )


def _tables(columns: Sequence[Judged]) -> Iterator[list[Judged]]:
    tables: dict[str, list[Judged]] = {}
    for column in columns:
        tables.setdefault(column.table.source, []).append(column)
    yield from tables.values()


def calibration_error(columns: Sequence[Judged]) -> float:
    """The mean distance of confidence and truth over ten bins, weighed by their columns."""
    bins: dict[int, list[float]] = {}
    for column in columns:
        if column.mapping:
            sure = column.mapping.confidence
            bins.setdefault(min(int(sure * BINS), BINS - 1), []).append(sure - column.right)
    return sum(abs(sum(each)) for each in bins.values()) / len(columns)


def unit_is_right(column: Judged) -> bool | None:
    """Whether sizes come out as labelled; None where that cannot be said.

    MB of memory are MiB, and no unit is that of the field, so factors are compared and not words.
    """
    field = BY_NAME.get(column.target or "")
    if not (column.mapping and column.label.unit and field and field.unit):
        return None
    factors = FACTORS[field.unit]
    labelled = factors.get(column.label.unit.split(";")[0].lower())
    unit = column.mapping.unit
    return None if labelled is None else labelled == (factors[unit.lower()] if unit else 1)
