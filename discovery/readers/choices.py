"""What a person decided about how a file is read, and what is said where that cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from discovery.encodings import ENCODINGS

from .table import Table, Unreadable

MOST_NAMES: Final = 30
"""As many sheets as a message lists."""

MOST_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Choices:
    """How to read a file; what is None, the reader finds out.

    `sheet` is the name of the only table to read. `header_row` is the 1-based row that names the
    columns, counted as in Table; rows of types, units or a second header below it are still told
    from data. `delimiter` is one character and `encoding` one of ENCODINGS; both matter for text
    alone.

    Raises Unreadable for what cannot be, whatever the file.
    """

    sheet: str | None = None
    header_row: int | None = None
    delimiter: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.header_row is not None and self.header_row < 1:
            raise impossible("Rows are counted from 1. Choose the row that names the columns.")
        if self.delimiter is not None and not _delimits(self.delimiter):
            raise impossible(
                "A delimiter is one ASCII sign: no letter, no digit and no quote. Choose the one "
                "that stands between the cells, such as a comma, a semicolon or a tab."
            )
        if self.encoding is not None and self.encoding not in ENCODINGS:
            raise impossible(f"The encoding must be one of: {', '.join(ENCODINGS)}.")


def _delimits(sign: str) -> bool:
    is_plain = sign.isascii() and sign.isprintable() and not sign.isalnum() and sign != '"'
    return len(sign) == 1 and (is_plain or sign == "\t")


def impossible(message: str) -> Unreadable:
    """The verdict on a choice that does not fit the file."""
    return Unreadable("choice", message)


def chosen(tables: Sequence[Table], sheet: str | None) -> list[Table]:
    """The table of this name, or all. Raises Unreadable if there is none of this name."""
    found = [table for table in tables if sheet in (None, table.name)]
    if not found and sheet is not None:
        raise no_such_sheet(sheet, [table.name for table in tables])
    return found


def no_such_sheet(sheet: str, names: Sequence[str]) -> Unreadable:
    listed = ", ".join(f"“{_shown(name)}”" for name in names[:MOST_NAMES])
    others = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return impossible(
        f"The file has no sheet or table “{_shown(sheet)}” with a value. Choose one of: "
        f"{listed}{others}."
    )


def no_such_row(place: str, row: int, last: int) -> Unreadable:
    return impossible(
        f"{place} has no value in row {row:,}, so it cannot be the header; the last row with a "
        f"value is row {last:,}. Choose the row that names the columns."
    )


def _shown(name: str) -> str:
    """The name as a message can hold it: a chosen one may be anything."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:MOST_CHARS])
