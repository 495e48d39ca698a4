"""What a reader should make of the two files, told by the model that wrote them.

Nothing here reads a file. Where a careful reader could decide either way, the matter stands under
`judgement` with every answer that is right, and in no other count.
"""

import json
from collections import Counter
from datetime import date
from typing import Any

from northwind.assetlist import ListColumn
from northwind.estate import GIB
from northwind.workbook import Column

Json = dict[str, Any]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, date) else value


def gib(mib: int) -> float:
    return round(mib / GIB, 6)


def count_types(edges: list[Json]) -> Json:
    return dict(Counter(edge["type"] for edge in edges))


def label(column: Column | ListColumn) -> Json:
    """What a header means: its target, the unit of its figures, and what else would be right."""
    known: Json = {"header": column.header, "target": column.target}
    if column.unit:
        known["unit"] = column.unit
    if column.also:
        known["also"] = list(column.also)
    return known


def render(value: Any, depth: int = 0) -> str:
    """JSON for people: one line for each object of a list, so that a diff names what changed."""
    inner, outer = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    if isinstance(value, dict) and any(_has_parts(part) for part in value.values()):
        members = (f"{json.dumps(name)}: {render(part, depth + 1)}" for name, part in value.items())
        return "{" + inner + f",{inner}".join(members) + outer + "}"
    if isinstance(value, list) and _has_parts(value):
        elements = (render(part, depth + 1) for part in value)
        return "[" + inner + f",{inner}".join(elements) + outer + "]"
    return json.dumps(value, ensure_ascii=False)


def _has_parts(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(part, dict) for part in value)
    )
