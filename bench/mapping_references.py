"""What others make of the labelled columns: exact names, alike names, and COMA."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process, utils

from assets.fields import EDGE_FIELDS, FIELDS
from bench.mapping_labels import LabelledTable
from bench.mapping_scores import Judged, score

# What a token sort ratio must reach to be taken for the same name.
FUZZY_BAR = 80
COMA = Path(__file__).with_name("coma.py")
COMA_PYTHON = Path(__file__).resolve().parent.parent / ".venv-coma/bin/python"
NAMES = tuple(field.name for field in FIELDS)
EDGE_NAMES = {field.name.removeprefix("edge."): field.name for field in EDGE_FIELDS}


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


def judge_coma(tables: Sequence[LabelledTable], *, by_values: bool) -> list[Judged]:
    """One field a column, with the threshold that does best on these very labels.

    `by_values` also compares the samples with the descriptions and allowed values of the fields.
    The samples of other tools' columns beside those were tried, and changed nothing.
    """
    found = [
        (table, label, match)
        for table, matches in zip(tables, _run_coma(tables, by_values=by_values), strict=True)
        for label, match in zip(table.labels, matches, strict=True)
    ]
    bars = {match[1] for _, _, match in found if match}
    tried = [
        [Judged(*pair, match[0] if match and match[1] >= bar else None) for *pair, match in found]
        for bar in sorted(bars)
    ]
    return max(tried, key=lambda columns: score(columns).f1)


def _run_coma(tables: Sequence[LabelledTable], *, by_values: bool) -> list[list[Any]]:
    fields = {field.name: [*field.values, field.description] for field in FIELDS}
    fields |= {field.name: [field.description] for field in EDGE_FIELDS}
    question = {
        "by_values": by_values,
        "fields": fields,
        "tables": [table.frame.to_dict(as_series=False) for table in tables],
    }
    command = [COMA_PYTHON, "-W", "ignore", COMA]
    asked = json.dumps(question)
    answer = subprocess.run(command, input=asked, stdout=subprocess.PIPE, text=True, check=True)
    matches: list[list[Any]] = json.loads(answer.stdout)
    return matches
