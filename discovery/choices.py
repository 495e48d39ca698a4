"""What people decided about how an import is read, and whether its tables allow that.

An import keeps it as JSON: `sheet`, `header_row`, `delimiter`, `encoding`, `grain`, and under
`tables` the `header_row`, `grain` and `skip` of a table by its name. What is not there is found
out. The readers' part of it is `discovery.readers.Choices`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from discovery.models import ImportTable

Decided = Mapping[str, Any]

OF_A_TABLE: Final = ("header_row", "grain")
OF_THE_FILE: Final = ("sheet", "delimiter", "encoding")
SEVERAL_TABLES: Final = (
    "The import has several tables. Name the one in `sheet`, which reads it alone, or decide for "
    "each in `tables`."
)
_NAMED: Final = 30  # tables that a message lists


class NotPossible(Exception):
    """What was chosen does not fit the import: a sentence for each field."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class TableChoice:
    header_row: int | None
    grain: str | None
    skip: bool


def of_table(decided: Decided, name: str) -> TableChoice:
    """What holds for the table of this name."""
    own = decided.get("tables", {}).get(name, {})
    sheet = decided.get("sheet")
    header_row, grain = (own.get(key) or decided.get(key) for key in OF_A_TABLE)
    return TableChoice(header_row, grain, own.get("skip", False) or sheet not in (None, name))


def merged(before: Decided, changes: Decided, names: Sequence[str]) -> dict[str, Any]:
    """`before` with `changes`, of which null stands for "find it out". The later one counts.

    `header_row` and `grain` are those of the sheet, so another sheet begins without them.
    """
    decided = dict(before)
    if changes.get("sheet", before.get("sheet")) != before.get("sheet"):
        decided = {key: value for key, value in decided.items() if key not in OF_A_TABLE}
    decided |= {key: value for key, value in changes.items() if key != "tables"}
    tables = _merged_tables(before.get("tables", {}), changes.get("tables", ()))
    only = decided.get("sheet") or (names[0] if len(names) == 1 else None)
    for key in OF_A_TABLE:
        _later(key, changes, decided, tables.get(only, {}))
    decided["tables"] = {name: kept for name, own in tables.items() if (kept := _set(own))}
    return _set(decided)


def _merged_tables(
    before: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]
) -> dict[Any, dict[str, Any]]:
    tables = {name: dict(own) for name, own in before.items()}
    for change in changes:
        own = {key: value for key, value in change.items() if key != "name"}
        tables[change["name"]] = tables.get(change["name"], {}) | own
    return tables


def _later(key: str, changes: Decided, decided: dict[str, Any], own: dict[str, Any]) -> None:
    """The only table has one decision, whether it was said of the import or of the table."""
    if key in changes:
        own.pop(key, None)
    elif key in own:
        decided.pop(key, None)


def _set(choices: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in choices.items() if value}


def shown(decided: Decided) -> dict[str, Any]:
    """As clients send it."""
    tables = [{"name": name, **own} for name, own in decided.get("tables", {}).items()]
    whole = {key: decided[key] for key in (*OF_THE_FILE, *OF_A_TABLE) if key in decided}
    return whole | ({"tables": tables} if tables else {})


def check(decided: Decided, changes: Decided, tables: "Sequence[ImportTable]") -> None:
    """Raises NotPossible. An import that was never read has no tables to hold it against."""
    wrong = dict(_wrong(decided, changes, tables)) if tables else {}
    if wrong:
        raise NotPossible(wrong)


def _wrong(
    decided: Decided, changes: Decided, tables: "Sequence[ImportTable]"
) -> Iterator[tuple[str, Any]]:
    names = [table.name for table in tables]
    sheet = decided.get("sheet")
    if sheet is not None and sheet not in names:
        yield "sheet", must_be_one_of(names)
    elif all(of_table(decided, name).skip for name in names):
        yield "tables", "At least one table must be left to read."
    if sheet is None and len(tables) > 1:
        yield from ((key, SEVERAL_TABLES) for key in OF_A_TABLE if key in decided)
    yield from _wrong_for_kind(decided, tables)
    unknown = {
        str(place): {"name": must_be_one_of(names)}
        for place, change in enumerate(changes.get("tables", ()))
        if change["name"] not in names
    }
    if unknown:
        yield "tables", unknown


def _wrong_for_kind(decided: Decided, tables: "Sequence[ImportTable]") -> Iterator[tuple[str, str]]:
    if not any(table.encoding for table in tables):
        for key in ("delimiter", "encoding"):
            if key in decided:
                yield key, f"Only delimited text has one; this file is none. Leave {key} out."
    if "header_row" in decided and not any(table.header_row for table in tables):
        yield "header_row", "JSON has no header row: the keys name the columns. Leave it out."


def must_be_one_of(names: Sequence[str]) -> str:
    others = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"Must be one of the tables: {', '.join(names[:_NAMED])}{others}."
