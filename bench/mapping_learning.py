"""How often a person's decision about a column holds in another table, and what that makes sure.

    python -m bench.mapping_learning [--data DIR]

The labels of `columns.json` stand in for a person: what he decides about a column of one table is
held against the label of the column of the same name in another table of the same context. The
rules' part comes from figures that were fitted without the family of the other table. What fits
best is PRIOR in `discovery/mapping/learned.py`.
"""

import argparse
import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.mapping_calibration import fit
from bench.mapping_labels import Label, LabelledTable, load
from discovery.mapping.assignment import assign
from discovery.mapping.candidates import Candidate, Prospects, prospects
from discovery.mapping.column import columns_of
from discovery.mapping.confidence import Calibration
from discovery.mapping.grain import grain_of
from discovery.mapping.header import known_as
from discovery.mapping.learned import PRIOR, context_of
from discovery.mapping.rows import describe
from discovery.mapping.tables import contexts
from discovery.mapping.values import judge

PRIORS = (0.1, 0.2, 0.3, 0.4, PRIOR, 0.75, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """A labelled column as the rules see it; `kept` is how sure they are that it has no field."""

    table: LabelledTable
    context: str
    label: Label
    prospects: Prospects
    kept: float
    calibration: Calibration

    def by_rules(self, target: str | None) -> float:
        """What the rules hold for a decision about it."""
        if target is None:
            return self.kept
        found = (each for each in self.prospects.candidates if each.field == target)
        column = self.prospects.column
        unnamed = Candidate(column, target, None, judge(target, column.look))
        return self.calibration.of_target(next(found, unnamed))


@dataclass(frozen=True, slots=True)
class Repeat:
    """A decision about one column, met again. `weight`: no header counts more than its columns."""

    by_rules: float
    held: bool
    weight: float

    def loss(self, prior: float) -> float:
        sure = (prior * self.by_rules + 1) / (prior + 1)
        return -self.weight * math.log(max(sure if self.held else 1 - sure, 1e-4))


def see(tables: Sequence[LabelledTable]) -> Iterator[Seen]:
    for family in sorted({table.family for table in tables}):
        calibration = fit([table for table in tables if table.family != family])
        for table in tables:
            if table.family == family:
                yield from _columns(table, calibration)


def _columns(table: LabelledTable, calibration: Calibration) -> Iterator[Seen]:
    columns = columns_of(table.frame)
    rows = describe(table.name, columns)
    grain, _ = grain_of(table.name, columns, rows)
    found = list(prospects(columns, contexts(grain, rows)))
    for label, decision in zip(table.labels, assign(found, calibration), strict=True):
        kept = 1 - decision.confidence if decision.chosen else decision.confidence
        context = context_of(grain, rows)
        yield Seen(table, context, label, decision.prospects, kept, calibration)


def repeats(columns: Sequence[Seen]) -> Iterator[Repeat]:
    same: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)
    for column in columns:
        same[known_as(column.label.header), column.context].append(column)
    for (header, _), met in same.items():
        for one in met if header else ():
            others = [other for other in met if other.table is not one.table]
            for other in others:
                target = one.label.target
                held = target in other.label.accepted
                yield Repeat(other.by_rules(target), held, 1 / len(others))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how often decisions about columns hold.")
    default = Path(os.environ.get("INVENTORY_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default)
    found = list(repeats(list(see(load(parser.parse_args().data)))))
    total = sum(each.weight for each in found)
    held = sum(each.weight for each in found if each.held)
    print(f"{len(found)} pairs of columns, {held / total:.1%} decided alike")
    for prior in PRIORS:
        loss = sum(each.loss(prior) for each in found) / total
        print(f"prior {prior:4}: log loss {loss:.4f}")


if __name__ == "__main__":
    main()
