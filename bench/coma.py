"""COMA, the schema matcher of reference, in the Python edition of `valentine`.

Runs in an environment of its own (`make coma`), asked by `mapping_references.py` with JSON:
`fields` (name: texts), `tables` (column: values) and `by_values`. Answers for each column of each
table with the field and the similarity, or null.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import nltk
import pandas as pd
from valentine import valentine_match
from valentine.algorithms import Coma

# Given here because valentine would download NLTK's list. Of cells, few are such words.
STOP_WORDS = "a an and are as at be by for from in is it no not of on or that the this to was with"


def match(
    columns: dict[str, list[str | None]], fields: pd.DataFrame, *, by_values: bool
) -> list[Any]:
    tables = [pd.DataFrame(columns, dtype=object), fields]
    found = valentine_match(tables, Coma(use_instances=by_values)).one_to_one_greedy(0.0)
    best = {pair.source_column: (pair.target_column, score) for pair, score in found.items()}
    return [best.get(name) for name in columns]


def main() -> None:
    asked = json.load(sys.stdin)
    texts = {name: pd.Series(values, dtype=object) for name, values in asked["fields"].items()}
    fields = pd.DataFrame(texts)
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "corpora/stopwords/english"
        words.parent.mkdir(parents=True)
        words.write_text("\n".join(STOP_WORDS.split()))
        nltk.data.path.insert(0, folder)
        found = [match(table, fields, by_values=asked["by_values"]) for table in asked["tables"]]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
