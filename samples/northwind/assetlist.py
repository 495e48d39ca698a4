"""The hand-kept list as a file: its columns, its rows, and how a spreadsheet saves it."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from northwind import mess, spelling
from northwind.estate import Vm
from northwind.items import Item, listed
from northwind.spelling import Cell, clear, doubtful

ENCODING: Final = "cp1252"
TITLE: Final = (
    "Northwind Ferries \N{EN DASH} IT asset list (servers, applications, network)",
    "Maintained by IT Operations, do not sort! Questions: Jörg Müller, ext. 4417",
    "Status: 16.11.2026 / version 3.7",
    "",
)
HEADER_ROW: Final = len(TITLE) + 1


@dataclass(frozen=True)
class ListColumn:
    """A column of the list: the field it means, and how this keeper writes a value of it."""

    header: str
    target: str
    write: Callable[[Random, Any], str] = spelling.text
    unit: str | None = None
    also: tuple[str | None, ...] = ()


COLUMNS: Final = (
    ListColumn("Inv. No.", "asset_tag", also=("external_id",)),
    ListColumn("Asset Name", "name", also=("hostname",)),
    ListColumn("Class", "asset_type"),
    ListColumn("Status", "status", spelling.word(spelling.STATUS)),
    ListColumn("Environment", "environment", spelling.word(spelling.ENVIRONMENT)),
    ListColumn("Owner", "business_owner", also=("technical_owner",)),
    ListColumn("Tech Contact", "technical_owner"),
    ListColumn("Business Service", "business_service"),
    ListColumn("Application", "application_name"),
    ListColumn("Depends On", "depends_on"),
    ListColumn("IP", "ip_address"),
    ListColumn("OS", "operating_system"),
    ListColumn("RAM (GB)", "memory_gb", spelling.memory, "GB"),
    ListColumn("CPU", "cpu_cores", spelling.cores),
    ListColumn("Location", "location"),
    ListColumn("Serial No", "serial_number"),
    ListColumn("Criticality", "criticality", spelling.word(spelling.CRITICALITY)),
    ListColumn("RTO (h)", "rto_hours", spelling.hours, "hours"),
    ListColumn("Monthly cost", "monthly_cost", spelling.money, "currency/month"),
    ListColumn("Warranty end", "warranty_end_date", spelling.day),
    ListColumn("Last update", "last_seen_date", spelling.day),
    ListColumn("Comment", "description"),
)
REMARKS: Final = (
    "check with Astrid before any downtime",
    "please update after the select committee decided",
    "Vertrag läuft über Büro Kiel",
    "no maintenance Fri/Sat in season",
    "moved from old DC 2021",
    "ticket open since March",
)
LAST_REMARK: Final = "disk grown twice this year\nand again in January, ask Søren"


@dataclass
class Row:
    """A row of the file; `number` counts from 1 at the top of the file, as a spreadsheet does."""

    item: Item
    cells: dict[str, Cell]
    number: int = 0


class Clerk:
    """Writes items as rows."""

    def __init__(self, random: Random, items: list[Item]) -> None:
        self.random = random
        self.items = items

    def rows(self) -> list[Row]:
        rows = [Row(item, self._cells(item)) for item in self.items]
        rows.insert(58, self._nameless())
        rows[-1].cells["Comment"] = clear(LAST_REMARK, LAST_REMARK)
        twice = next(row for row in rows if row.item.name == "kel-core-sw01")
        rows.insert(-9, Row(twice.item, twice.cells))
        for number, row in enumerate(rows, start=HEADER_ROW + 1):
            row.number = number
        return rows

    def _cells(self, item: Item) -> dict[str, Cell]:
        cells = {column.header: self._cell(item, column) for column in COLUMNS}
        for column in COLUMNS:
            cells[column.header] = mess.MESS.get((key(item), column.header), cells[column.header])
        return cells

    def _cell(self, item: Item, column: ListColumn) -> Cell:
        special = {
            "name": self._name,
            "asset_type": self._class,
            "application_name": self._applications,
            "depends_on": self._needs,
            "description": self._remark,
        }
        if column.target in special:
            return special[column.target](item)
        value = item.known.get(column.target)
        if value is None or (column.target == "asset_tag" and self.random.random() < 0.15):
            return self._nothing()
        return clear(column.write(self.random, value), value)

    def _nothing(self) -> Cell:
        return clear(self.random.choice(spelling.NULLS), None)

    def _name(self, item: Item) -> Cell:
        return clear(spelling.text(self.random, item.name), item.name)

    def _class(self, item: Item) -> Cell:
        if not item.word:
            return doubtful("", None, "other", "workstation")
        return clear(spelling.text(self.random, item.word), item.asset_type)

    def _applications(self, item: Item) -> Cell:
        if not item.runs:
            return self._nothing()
        written = self._as_written(item.runs[0].name)
        return clear(spelling.text(self.random, written), written)

    def _needs(self, item: Item) -> Cell:
        names = [self._reference(need) for need in item.needs]
        names += mess.DANGLING.get(key(item), ())
        if key(item) == mess.TWICE:
            names.append(names[0])
        if key(item) == mess.SELFISH:
            names.append(item.name)
        separator = self.random.choice(("; ", "; ", ", ", ";"))
        return clear(separator.join(names), names) if names else self._nothing()

    def _reference(self, item: Item) -> str:
        """An item as others call it: a machine by its short name as often as by its full one."""
        if isinstance(item.twin, Vm) and listed(self.items, item):
            return self.random.choice((item.name, item.twin.hostname, item.twin.hostname.upper()))
        return self._as_written(item.name)

    def _as_written(self, name: str) -> str:
        return self.random.choice((*(name,) * 12, name.lower(), name.lower(), name.upper()))

    def _remark(self, item: Item) -> Cell:
        value = item.known.get("description")
        if value is None and self.random.random() < 0.25:
            value = self.random.choice(REMARKS)
        return clear(value, value) if value else clear("", None)

    def _nameless(self) -> Row:
        known = {
            "status": "active",
            "ip_address": "10.20.120.240",
            "operating_system": "Win2012R2",
            "location": "Bergen DC",
        }
        row = Row(Item("", "server", "Server", known), {})
        row.cells = self._cells(row.item)
        remark = "who owns this? found in rack 14"
        row.cells["Asset Name"], row.cells["Comment"] = clear("", None), clear(remark, remark)
        return row


def key(item: Item) -> str:
    """How `mess.py` calls an item."""
    return item.twin.hostname if isinstance(item.twin, Vm) else item.name.casefold()


def write_list(path: Path, rows: list[Row]) -> None:
    """Writes what a spreadsheet of a European desk saves as CSV: `;`, cp1252, padded lines."""
    with path.open("w", encoding=ENCODING, newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        padding = [""] * (len(COLUMNS) - 1)
        writer.writerows([line, *padding] for line in TITLE)
        writer.writerow(column.header for column in COLUMNS)
        writer.writerows([row.cells[column.header].raw for column in COLUMNS] for row in rows)
        writer.writerows(["", *padding] for _ in range(2))
