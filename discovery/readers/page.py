"""A program: writes rows of a Parquet file, which is its standard input, to its standard output.

`python -I page.py START COUNT CHARS`. One JSON object a line; a text of more than CHARS characters
is cut, and ends in an ellipsis. It runs in a process of its own so that the API's do not load
Polars, and knows nothing of this project, which would take longer to import than the rows to read.
"""

import resource
import sys
from contextlib import suppress
from typing import Final

import polars as pl

MOST_BYTES: Final = 2 * 2**30
"""Of its memory: a few texts of an upload may fill as much as the upload."""


def main(start: int, count: int, chars: int) -> None:
    with suppress(ValueError, OSError):  # macOS knows no limit of memory
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    text = pl.col(pl.String)
    cut = pl.when(text.str.len_chars() > chars).then(text.str.slice(0, chars) + "…").otherwise(text)
    rows = pl.scan_parquet("/dev/stdin", glob=False).slice(start, count)
    rows.with_columns(cut.name.keep()).collect().write_ndjson(sys.stdout.buffer)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
