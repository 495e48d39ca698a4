"""Titles of groups of columns, above the names, as merged cells leave them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from .cells import Row, cell, has_digits, has_letters, is_figure, span, used

LEAST_BODY: Final = 2
"""As many rows must stand below the parts of merged cells, to be unlike them."""


def completes(header: Row, below: Sequence[Row]) -> bool:
    """Whether the first row below gives names to the parts of merged cells: "Total" and "Used"
    under "Memory" and a blank, with nothing under "Name", which stands in the first column.

    What is in doubt is data: the rows further down must be filled where this one is blank, and hold
    figures where it has words.
    """
    if len(below) <= LEAST_BODY or not cell(header, 0) or cell(below[0], 0):
        return False
    parts, body = below[0], below[1:]
    blank = [index for index in range(span(parts)) if not cell(header, index)]
    wholes = {index - 1 for index in blank} - set(blank)
    return (
        bool(blank)
        and all(cell(parts, index) for index in (*blank, *wholes))
        and all(has_letters(text) and not has_digits(text) for text in used(parts))
        and all(cell(row, 0) for row in body)
        and any(all(is_figure(cell(row, index)) for row in body) for index in blank)
    )


def titled(names: Row, above: Row) -> list[str]:
    """The names behind the titles of their groups, where a name comes in several groups.

    "Total" and "Total" below "Memory" and "Disk" become "Memory / Total" and "Disk / Total", and so
    do the other names of these groups.
    """
    if not _are_titles(above):
        return list(names)
    groups_of = defaultdict(set)
    for name, group in zip(names, _groups(above, len(names)), strict=True):
        groups_of[name.strip()].add(group)
    shared = (groups for name, groups in groups_of.items() if name and len(groups) > 1)
    return joined(names, above, set().union(*shared))


def joined(names: Row, above: Row, groups: Collection[str] | None = None) -> list[str]:
    """The names behind the titles of these groups, or of all.

    A column without a name is called by the title right above it.
    """
    found = []
    for index, (name, group) in enumerate(zip(names, _groups(above, len(names)), strict=True)):
        is_part = group and (groups is None or group in groups)
        called = f"{group} / {name}" if is_part else name
        found.append(called if name.strip() else cell(above, index))
    return found


def _groups(above: Row, width: int) -> list[str]:
    """The title above each column, or to the left of there."""
    found, title = [], ""
    for index in range(width):
        title = cell(above, index) or title
        found.append(title)
    return found


def _are_titles(row: Row) -> bool:
    """Words, two or more, with a blank between them."""
    texts = used(row)
    inner = row[: span(row)]
    first = next((index for index, text in enumerate(inner) if text.strip()), 0)
    return 1 < len(texts) < len(inner) - first and all(map(has_letters, texts))
