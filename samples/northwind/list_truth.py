"""The truth about the asset list, cell by cell from the cells that were written."""

from collections import Counter
from typing import Final

from northwind.assetlist import COLUMNS, ENCODING, HEADER_ROW, Row, key
from northwind.estate import Estate, Host, Vm
from northwind.items import Item, listed
from northwind.mess import DANGLING, SELFISH
from northwind.truth import Json, count_types, gib, label, plain

RECORDED: Final = (
    "booking engine", "payment gateway", "book_prd", "bgo-ntp01", "bgop-carg-app01", "bgo-esx01",
    "bgo-backup01", "heron-srv01", "bgo-fw01", "kel-core-sw01",
)  # fmt: skip


def list_truth(rows: list[Row]) -> Json:
    assets = _assets(rows)
    items = [row.item for row in assets]
    edges = [edge for row in assets for edge in _declared(row, items)]
    edges += [edge for row in assets if not _doubtful(row, "Application") for edge in _hosting(row)]
    return {
        "table": _table(rows),
        "assets": {
            "total": len(assets),
            "by_type": _tally(assets, "Class"),
            "by_environment": _tally(assets, "Environment"),
        },
        "nameless_rows": [row.number for row in rows if not row.item.name],
        "duplicate_rows": _duplicates(rows),
        "dependencies": {"total": len(edges), "by_type": count_types(edges), "edges": edges},
        "dangling": [reference for row in assets for reference in _dangling(row, items)],
        "unreadable": _unreadable(assets),
        "records": [_record(row) for row in assets if key(row.item) in RECORDED],
        "judgement": _judgement(assets),
    }


def common_truth(estate: Estate, rows: list[Row]) -> Json:
    """What holds when both files are imported into one engagement."""
    assets = _assets(rows)
    pairs = [_pair(row, row.item.twin) for row in assets if row.item.twin]
    return {"assets": estate.size + len(assets) - len(pairs), "same_asset": pairs}


def _table(rows: list[Row]) -> Json:
    return {
        "encoding": ENCODING,
        "delimiter": ";",
        "header_row": HEADER_ROW,
        "rows": len(rows),
        "grain": "mixed",
        "columns": [label(column) for column in COLUMNS],
    }


def _unreadable(assets: list[Row]) -> list[Json]:
    return [
        {"row": row.number, "column": header, "raw": cell.raw}
        for row in assets
        for header, cell in row.cells.items()
        if cell.unreadable
    ]


def _judgement(assets: list[Row]) -> Json:
    edges = [edge for row in assets for edge in _storing(row)]
    edges += [edge for row in assets if _doubtful(row, "Application") for edge in _hosting(row)]
    return {
        "values": [
            {
                "row": row.number,
                "column": header,
                "raw": cell.raw,
                "acceptable": [plain(value) for value in cell.acceptable],
            }
            for row in assets
            for header, cell in row.cells.items()
            if cell.acceptable
        ],
        "edges": edges,
        "self_references": [
            {"row": row.number, "name": row.item.name} for row in assets if key(row.item) == SELFISH
        ],
    }


def _assets(rows: list[Row]) -> list[Row]:
    """The first row of each item that has a name."""
    first: dict[int, Row] = {}
    for row in rows:
        first.setdefault(id(row.item), row)
    return [row for row in first.values() if row.item.name]


def _duplicates(rows: list[Row]) -> list[Json]:
    first: dict[int, int] = {}
    return [
        {"name": row.item.name, "rows": [first[id(row.item)], row.number]}
        for row in rows
        if first.setdefault(id(row.item), row.number) != row.number
    ]


def _doubtful(row: Row, header: str) -> bool:
    return bool(row.cells[header].acceptable)


def _tally(rows: list[Row], header: str) -> Json:
    """How many assets a column gives each value: `none` where it gives none, and the doubtful."""
    counts = Counter(
        "doubtful" if _doubtful(row, header) else row.cells[header].value or "none" for row in rows
    )
    return dict(sorted(counts.items()))


def _edge(row: Row, source: Item, target: Item, kind: str, column: str) -> Json:
    return {
        "row": row.number,
        "column": column,
        "source": source.name,
        "target": target.name,
        "type": kind,
    }


def _needs(row: Row) -> list[tuple[Item, str]]:
    """What the row depends on, each with its name as the cell has it."""
    return list(zip(row.item.needs, row.cells["Depends On"].value or (), strict=False))


def _declared(row: Row, items: list[Item]) -> list[Json]:
    return [
        _edge(row, row.item, need, "depends_on", "Depends On")
        | {"written": written}
        | _closer_type(row.item, need)
        for need, written in _needs(row)
        if listed(items, need)
    ]


def _closer_type(source: Item, target: Item) -> Json:
    """What a reader who looks at both ends may rightly say instead of `depends_on`."""
    if target.asset_type in {"database", "middleware"} and source.asset_type == "application":
        return {"type_also": ["uses"]}
    hosted = source.asset_type in {"database", "middleware"}
    if hosted and target.asset_type in {"server", "virtual_machine"}:
        return {"type_also": ["runs_on"]}
    return {}


def _hosting(row: Row) -> list[Json]:
    """A server's Application column: the application runs on the server."""
    if row.item.asset_type not in {"server", "virtual_machine"}:
        return []
    return [
        _edge(row, application, row.item, "runs_on", "Application") for application in row.item.runs
    ]


def _storing(row: Row) -> list[Json]:
    """A database's Application column, which says that the application uses it."""
    if row.item.asset_type != "database":
        return []
    return [
        _edge(row, application, row.item, "uses", "Application") for application in row.item.runs
    ]


def _dangling(row: Row, items: list[Item]) -> list[Json]:
    """Names in Depends On that no row bears; `found_as` is the machine that the workbook knows."""
    names: dict[str, str | None] = {
        written: need.twin.moref
        for need, written in _needs(row)
        if need.twin and not listed(items, need)
    }
    names |= dict.fromkeys(DANGLING.get(key(row.item), ()))
    return [
        {"row": row.number, "source": row.item.name, "name": name, "found_as": moref}
        for name, moref in names.items()
    ]


def _record(row: Row) -> Json:
    """A row's fields, null where the row gives none, without those that are doubtful."""
    known: Json = {"row": row.number}
    for column in COLUMNS:
        cell = row.cells[column.header]
        if not cell.acceptable:
            known[column.target] = plain(cell.value)
    if isinstance(known.get("ip_address"), list):
        known["ip_address"], *known["ip_addresses"] = known["ip_address"]
    return known


def _pair(row: Row, twin: Vm | Host) -> Json:
    """A row and the machine it means; `memory_gb`, the list's first, where the two disagree."""
    pair: Json = {
        "row": row.number,
        "name": row.item.name,
        "is": twin.name,
        "external_id": twin.moref,
    }
    memory = gib(twin.memory if isinstance(twin, Vm) else twin.hardware.memory)
    written = row.cells["RAM (GB)"].value
    if written is not None and written != memory:
        pair["memory_gb"] = [written, memory]
    return pair
