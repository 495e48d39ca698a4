"""How well the column mapping does on labelled columns of real tools, and how fast.

    python bench/mapping.py [--data DIR] [--families NAME,NAME] [--worst N]

Every family of tools is mapped by `map_table`, which is what a flow runs on each table, with
figures that were fitted on the other families alone. A column is right when its target, or that it
has none, is the label or one of its alternatives. Precision is over the columns that got a target,
recall over those that may not stay without one; pooled, and as the mean of the tables.

What is left out of a fold are the fitted figures, not the words of the aliases, which a person
typed. So these figures say how the method does on tools that it was written for; what it does on
others, a file that nobody has seen must tell.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.mapping_calibration import fit
from bench.mapping_labels import LabelledTable, load
from bench.mapping_references import COMA_PYTHON, judge_coma, judge_exact, judge_fuzzy
from bench.mapping_scores import Judged, calibration_error, per_table, score, unit_is_right
from discovery.mapping import TableMapping, map_tables
from discovery.mapping.tables import map_table

SPEED_ROWS = 2_000
_FIGURES = "     F1  precision  recall"
HEAD = f"{'':18} pooled{'':20} mean of tables\n{'':18}{_FIGURES}  {_FIGURES} calibration"

Mapped = tuple[LabelledTable, TableMapping]


def map_held_out(tables: Sequence[LabelledTable]) -> Iterator[Mapped]:
    """Each table with its mapping, by figures fitted on the other families."""
    for family in sorted({table.family for table in tables}):
        calibration = fit([table for table in tables if table.family != family])
        for table in tables:
            if table.family == family:
                yield table, map_table(table.name, table.frame, calibration)


def judged(mapped: Sequence[Mapped]) -> list[Judged]:
    return [
        Judged(table, label, column.target, column)
        for table, found in mapped
        for label, column in zip(table.labels, found.columns, strict=True)
    ]


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
    figures = [
        f"{each.f1:7.3f}{each.precision:11.3f}{each.recall:8.3f}"
        for each in (score(columns), per_table(columns))
    ]
    sure = f"{calibration_error(columns):11.3f}" if columns[0].mapping else f"{'-':>11}"
    print(f"{name:18}{figures[0]}  {figures[1]}{sure}")


def show_references(tables: Sequence[LabelledTable]) -> None:
    show_scores("exact name", list(judge_exact(tables)))
    show_scores("token sort ratio", list(judge_fuzzy(tables)))
    if not COMA_PYTHON.exists():
        print("COMA              is not here: `make coma` sets it up in .venv-coma")
        return
    show_scores("COMA by names", judge_coma(tables, by_values=False))
    show_scores("COMA and values", judge_coma(tables, by_values=True))


def show_families(columns: Sequence[Judged]) -> None:
    print("\nthe mapping by family")
    for family in sorted({column.table.family for column in columns}):
        show_scores(family, [column for column in columns if column.table.family == family])


def show_rows_and_units(mapped: Sequence[Mapped], columns: Sequence[Judged]) -> None:
    """What a row is, and in which unit a column is: both change what the values become."""
    taken = [(table, found) for table, found in mapped if found.grain not in table.grains]
    print(f"\nwhat a row is: {len(mapped) - len(taken)} of {len(mapped)} tables right")
    for table, found in taken:
        print(f"  {table.source}: {found.grain}, not {' or '.join(sorted(table.grains))}")
        print(f"  - {'; '.join(found.grain_evidence)}")
    told = [column for column in columns if unit_is_right(column) is not None]
    wrong = [column for column in told if not unit_is_right(column)]
    print(f"unit of the source: {len(told) - len(wrong)} of {len(told)} columns right")
    for column in wrong:
        unit = column.mapping.unit if column.mapping else None
        said = f"{unit or 'that of the field'}, not {column.label.unit}"
        print(f"  {column.table.source}: {column.label.header!r} is in {said}")


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
    mapped = [pair for pair in map_held_out(tables) if pair[0].family in families]
    columns = judged(mapped)
    print(f"{len(mapped)} tables, {len(columns)} columns, {len(families)} families")
    print(HEAD)
    show_scores("mapping", columns)
    show_references([table for table, _ in mapped])
    show_families(columns)
    show_rows_and_units(mapped, columns)
    print(f"\n{columns_per_second(tables):,.0f} columns/s with {SPEED_ROWS:,} rows")
    show_worst(columns, asked.worst)


if __name__ == "__main__":
    main()
