"""What stands in a row of raw cells."""

from collections.abc import Sequence

Row = Sequence[str]


def used(row: Row) -> list[str]:
    """The cells that hold more than white space, without the outer one."""
    return [cell.strip() for cell in row if cell.strip()]


def filled(row: Row) -> int:
    """How many cells of the row hold more than white space."""
    return sum(1 for cell in row if cell.strip())


def span(row: Row) -> int:
    """The place of the last cell that is not blank."""
    return next((place for place in range(len(row), 0, -1) if row[place - 1].strip()), 0)


def cell(row: Row, index: int) -> str:
    """The text of a cell, which a short row may lack."""
    return row[index].strip() if index < len(row) else ""


def has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def has_digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def is_figure(text: str) -> bool:
    """A number, an amount, a date or an address: digits without letters."""
    return has_digits(text) and not has_letters(text)
