"""Fit the figures of `discovery/mapping/calibration.toml` on labelled columns.

    python -m bench.mapping_calibration [--data DIR] [--tables DIR]

`--tables` adds whole labelled tables of further tools to the columns of columns.json.

Two logistic regressions. The first weighs what is observed of a column and a field; its samples are
all candidates of all labelled columns, right or wrong. The second tells how often a column without
a target is rightly so. Every column is seen twice: as it is, and with the aliases of its very words
struck out, because some headers of tools to come are not in the list. And it is seen with the
values of other columns: where these speak against a field, the field is wrong. Honest files have
too few of such columns to teach that.
"""

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.mapping_labels import LabelledTable, load, load_tables
from discovery.mapping.assignment import Decision, assign
from discovery.mapping.candidates import Prospects, prospects
from discovery.mapping.column import columns_of
from discovery.mapping.confidence import Calibration, observations
from discovery.mapping.grain import grain_of
from discovery.mapping.rows import describe
from discovery.mapping.tables import contexts
from discovery.mapping.values import judge

OUTPUT = Path(__file__).resolve().parent.parent / "discovery/mapping/calibration.toml"
# On tables left out by tool precision is 0.96 here; F1 hardly differs from 0.5 to 0.6.
BAR = 0.6
RIDGE = 1.0
# How much a column seen as a novel one counts: about a quarter of the headers of a tool that was
# not known when the aliases were written are not in the list.
NOVEL_WEIGHT = 0.25
# How much of the values must speak against a field to make it wrong, and what such a column counts.
DENIED = 0.9
FOREIGN_WEIGHT = 0.3
STEPS = 50
PRECISION = 1e-8

Sample = tuple[dict[str, float], bool, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """The candidates of one labelled table, seen as it is or as a novel one."""

    table: LabelledTable
    found: tuple[Prospects, ...]
    weight: float


def fit(tables: Sequence[LabelledTable]) -> Calibration:
    """Weights for both models, fitted on these tables alone."""
    seen = [*_see(tables, novel=False), *_see(tables, novel=True)]
    target = _logistic([*_of_candidates(seen), *_with_foreign_values(seen)])
    nothing_known = Calibration(target, {"base": 0.0, "best_guess": 0.0, "taken": 0.0}, BAR)
    unmapped = _logistic(list(_of_unmapped(seen, nothing_known)))
    return Calibration(target, unmapped, BAR)


def _see(tables: Sequence[LabelledTable], *, novel: bool) -> Iterator[Seen]:
    columns = Counter[str]()
    for table in tables:
        columns[table.family] += len(table.labels)
    for table in tables:
        # A family of 500 columns may not outshout one of 5.
        weight = columns[table.family] ** -0.5 * (NOVEL_WEIGHT if novel else 1.0)
        yield Seen(table, tuple(_prospects(table, novel=novel)), weight)


def _prospects(table: LabelledTable, *, novel: bool) -> Iterator[Prospects]:
    columns = columns_of(table.frame)
    rows = describe(table.name, columns)
    grain, _ = grain_of(table.name, columns, rows)
    return prospects(columns, contexts(grain, rows), novel=novel)


def _of_candidates(seen: Sequence[Seen]) -> Iterator[Sample]:
    for one in seen:
        for label, each in zip(one.table.labels, one.found, strict=True):
            for candidate in each.candidates:
                yield observations(candidate), candidate.field in label.accepted, one.weight


def _with_foreign_values(seen: Sequence[Seen]) -> Iterator[Sample]:
    """Right candidates with the values of a column that denies them: wrong."""
    looks = [each.column.look for one in seen for each in one.found]
    filled = [look for look in looks if look.looked_at]
    for one in seen:
        for label, each in zip(one.table.labels, one.found, strict=True):
            for candidate in each.candidates:
                if candidate.field in label.accepted:
                    foreign = filled[(7 * candidate.column.place) % len(filled)]
                    verdict = judge(candidate.field, foreign)
                    if verdict.bad >= DENIED:
                        column = replace(candidate.column, look=foreign)
                        denied = replace(candidate, column=column, verdict=verdict)
                        yield observations(denied), False, one.weight * FOREIGN_WEIGHT


def _of_unmapped(seen: Sequence[Seen], calibration: Calibration) -> Iterator[Sample]:
    for one in seen:
        decisions = assign(one.found, calibration)
        for label, decision in zip(one.table.labels, decisions, strict=True):
            if decision.chosen is None:
                yield _unmapped(decision), None in label.accepted, one.weight


def _unmapped(decision: Decision) -> dict[str, float]:
    guess = decision.best.confidence if decision.best else 0.0
    return {"best_guess": guess, "taken": float(decision.taken is not None)}


def _logistic(samples: Sequence[Sample]) -> dict[str, float]:
    """Weighted logistic regression with a ridge penalty, by Newton's method."""
    names = list(samples[0][0])
    x = np.array([[1.0, *(figures[name] for name in names)] for figures, _, _ in samples])
    y = np.array([float(right) for _, right, _ in samples])
    importance = np.array([weight for _, _, weight in samples])
    importance *= len(samples) / importance.sum()
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[0, 0] = 0.0
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (importance * (y - p)) - penalty @ weights
        curve = (x * (importance * p * (1 - p))[:, None]).T @ x + penalty
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < PRECISION:
            break
    return dict(zip(("base", *names), weights.round(4).tolist(), strict=True))


def write(calibration: Calibration) -> None:
    lines = [
        "# Fitted on the labelled columns of columns.json and labelled tables of further tools by",
        "#     python -m bench.mapping_calibration --tables DIR",
        "# `confidence.py` says what the observations mean. Not to be edited by hand.",
        "",
        "# A guess that is less sure is not made.",
        f"bar = {calibration.bar}",
    ]
    for name, weights in (("target", calibration.target), ("unmapped", calibration.unmapped)):
        lines += ["", f"[{name}]", *(f"{key} = {value}" for key, value in weights.items())]
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the confidence of the column mapping.")
    default = Path(os.environ.get("INVENTORY_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--tables", type=Path)
    asked = parser.parse_args()
    further = load_tables(asked.tables) if asked.tables else []
    write(fit([*load(asked.data), *further]))


if __name__ == "__main__":
    main()
