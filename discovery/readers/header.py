"""Where the header of a table stands and what its columns are called."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from .cells import Row, filled
from .hints import are_types, are_units, is_second_header, with_units
from .table import ROW
from .titles import completes, joined, titled

SAMPLE_ROWS: Final = 100
"""How many rows with values a reader looks at before it decides where the header is."""


@dataclass(frozen=True, slots=True)
class Header:
    """`row` is the index of the row that names the columns, `last` that of the row above the data:
    types, units or a second header may stand between. `cells` are the names as they are meant."""

    row: int
    last: int
    cells: Sequence[str]


def header_index(rows: Sequence[Row]) -> int | None:
    """The index of the first row that fills more than half of the table's usual width.

    Titles, export dates and group captions above a header fill fewer cells than that. The usual
    width is one that a tenth of the rows reach, so that a single row with stray delimiters among
    many does not count. None if no row holds a value.
    """
    counts = [filled(row) for row in rows]
    in_use = sorted((cells for cells in counts if cells), reverse=True)
    if not in_use:
        return None
    width = in_use[len(in_use) // 10]
    return next(index for index, cells in enumerate(counts) if cells > width / 2)


def header_at(rows: Sequence[Row], index: int, *, is_chosen: bool) -> Header:
    """The header that begins in this row, with what stands above and below it.

    If a person has chosen the row, it names the columns itself, whatever stands below.
    """
    row, below = rows[index], rows[index + 1 :]
    if not is_chosen and completes(row, below):
        parts = [*below[0], *[""] * (len(row) - len(below[0]))]
        return _with_hints(rows, index + 1, joined(parts, row))
    return _with_hints(rows, index, titled(row, rows[index - 1]) if index else list(row))


def _with_hints(rows: Sequence[Row], index: int, names: list[str]) -> Header:
    below = rows[index + 1 :]
    last = index + is_second_header(rows[index], below)
    while below := rows[last + 1 :]:
        if are_units(names, below[0]):
            names = with_units(names, below[0])
        elif not are_types(names, below):
            break
        last += 1
    return Header(index, last, names)


def column_names(header: Sequence[str], first_column: int = 1) -> list[str]:
    """Unique names for the cells of a header, with white space folded.

    A repeated name gets a number ("Tag", "Tag (2)"), a cell without one is called after its place
    ("Column 5"), where `first_column` is the place of the first cell.
    """
    written = [_folded(cell) for cell in header]
    names = _Names(written)
    chosen = [names.take(name) if name else "" for name in written]
    return [
        name or names.take(f"Column {place}") for place, name in enumerate(chosen, first_column)
    ]


def is_nameless(cell: str) -> bool:
    """Whether a header cell gives its column no name."""
    return not _folded(cell)


def _folded(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", " ").split())


class _Names:
    """The names given so far. A numbered name never takes one that stands in the header itself."""

    def __init__(self, written: Sequence[str]) -> None:
        self._written = frozenset(written)
        self._taken = {ROW}
        # One counter a name: a header that repeats one name 16,000 times stays cheap.
        self._numbers: defaultdict[str, count[int]] = defaultdict(lambda: count(2))

    def take(self, name: str) -> str:
        chosen = name if name not in self._taken else self._numbered(name)
        self._taken.add(chosen)
        return chosen

    def _numbered(self, name: str) -> str:
        forms = (f"{name} ({number})" for number in self._numbers[name])
        return next(form for form in forms if form not in self._taken and form not in self._written)
