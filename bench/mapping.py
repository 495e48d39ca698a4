"""How well the column mapping does on labelled columns of real tools, and how fast.

    python bench/mapping.py [--data DIR] [--families NAME,NAME] [--worst N]

Every family of tools is judged with figures that were fitted on the other families alone. A column
is right when its target, or that it has none, is the label or one of its alternatives. Precision is
over the columns that got a target, recall over those that may not stay without one.

What is left out of a fold are the fitted figures, not the words of the aliases, which a person
typed. So these figures say how the method does on tools that it was written for; what it does on
others, a file that nobody has seen must tell.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rapidfuzz import fuzz, process, utils

from assets.fields import EDGE_FIELDS, FIELDS
from bench.mapping_calibration import fit
from bench.mapping_labels import Label, LabelledTable, load
from discovery.mapping import ColumnMapping, map_tables
from discovery.mapping.tables import map_table

BINS = 10
# What a token sort ratio must reach to be taken for the same name.
FUZZY_BAR = 80
SPEED_ROWS = 2_000
NAMES = tuple(field.name for field in FIELDS)
EDGE_NAMES = {field.name.removeprefix("edge."): field.name for field in EDGE_FIELDS}


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
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(columns: Sequence[Judged]) -> Score:
    mapped = [column for column in columns if column.target is not None]
    wanted = [column for column in columns if column.label.must_map]
    return Score(_share_right(mapped), _share_right(wanted))


def _share_right(columns: Sequence[Judged]) -> float:
    return mean(column.right for column in columns) if columns else 1.0


def per_table(columns: Sequence[Judged]) -> float:
    """The mean F1 of the tables that have a column to map."""
    tables: dict[str, list[Judged]] = {}
    for column in columns:
        tables.setdefault(column.table.source, []).append(column)
    return mean(
        score(each).f1 for each in tables.values() if any(column.label.must_map for column in each)
    )


def calibration_error(columns: Sequence[Judged]) -> float:
    """The mean distance of confidence and truth over ten bins, weighed by their columns."""
    bins: dict[int, list[float]] = {}
    for column in columns:
        if column.mapping:
            sure = column.mapping.confidence
            bins.setdefault(min(int(sure * BINS), BINS - 1), []).append(sure - column.right)
    return sum(abs(sum(each)) for each in bins.values()) / len(columns)


def judge_mapping(tables: Sequence[LabelledTable]) -> Iterator[Judged]:
    for family in sorted({table.family for table in tables}):
        calibration = fit([table for table in tables if table.family != family])
        for table in tables:
            if table.family == family:
                found = map_table(table.name, table.frame, calibration)
                for label, mapping in zip(table.labels, found.columns, strict=True):
                    yield Judged(table, label, mapping.target, mapping)


def judge_exact(tables: Iterable[LabelledTable]) -> Iterator[Judged]:
    """A header that spells the name of a field, case and separators aside."""
    known = {_plain(name): name for name in NAMES} | {
        _plain(name): field for name, field in EDGE_NAMES.items() if name not in NAMES
    }
    for table in tables:
        for label in table.labels:
            yield Judged(table, label, known.get(_plain(label.header)))


def judge_fuzzy(tables: Iterable[LabelledTable]) -> Iterator[Judged]:
    """The field whose name is most alike by rapidfuzz' token sort ratio."""
    spelt = {name.replace("_", " "): name for name in NAMES}
    for table in tables:
        for label in table.labels:
            found = process.extractOne(
                label.header.replace("_", " "),
                list(spelt),
                scorer=fuzz.token_sort_ratio,
                processor=utils.default_process,
                score_cutoff=FUZZY_BAR,
            )
            yield Judged(table, label, spelt[found[0]] if found else None)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def columns_per_second(tables: Sequence[LabelledTable]) -> float:
    """All tables, stretched to the sample that the flow takes; the first run warms up."""
    named = [(table.name, table.frame) for table in tables]
    stretched = [
        (name, frame.sample(SPEED_ROWS, with_replacement=True, seed=1)) if frame.height else pair
        for pair in named
        for name, frame in [pair]
    ]
    map_tables(named)
    started = time.perf_counter()
    map_tables(stretched)
    return sum(frame.width for _, frame in stretched) / (time.perf_counter() - started)


def show_scores(name: str, columns: Sequence[Judged]) -> None:
    pooled = score(columns)
    sure = f"{calibration_error(columns):11.3f}" if columns[0].mapping else f"{'-':>11}"
    print(
        f"{name:18}{pooled.f1:7.3f}{pooled.precision:11.3f}{pooled.recall:8.3f}"
        f"{per_table(columns):13.3f}{sure}"
    )


def show_worst(columns: Sequence[Judged], count: int) -> None:
    """The wrong ones, the surest first."""
    wrong = [column for column in columns if column.mapping and not column.right]
    wrong.sort(key=lambda column: -column.mapping.confidence if column.mapping else 0.0)
    for column in wrong[:count]:
        assert column.mapping
        print(f"\n{column.table.source}: {column.label.header!r}")
        print(f"  {column.target} ({column.mapping.confidence:.0%}), not {column.label.target}")
        for sentence in column.mapping.evidence:
            print(f"  - {sentence}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Score the column mapping.")
    default = Path(os.environ.get("INVENTORY_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--families", help="show these alone, separated by commas")
    parser.add_argument("--worst", type=int, default=10)
    asked = parser.parse_args()
    tables = load(asked.data)
    families = set(asked.families.split(",")) if asked.families else {t.family for t in tables}
    shown = [table for table in tables if table.family in families]
    mapped = [column for column in judge_mapping(tables) if column.table.family in families]
    print(f"{len(shown)} tables, {len(mapped)} columns, {len(families)} families")
    print(f"{'':18}{'F1':>7}{'precision':>11}{'recall':>8}{'F1 per table':>13}{'calibration':>12}")
    show_scores("mapping", mapped)
    show_scores("exact name", list(judge_exact(shown)))
    show_scores("token sort ratio", list(judge_fuzzy(shown)))
    print(f"{columns_per_second(tables):,.0f} columns/s with {SPEED_ROWS:,} rows")
    show_worst(mapped, asked.worst)


if __name__ == "__main__":
    main()
