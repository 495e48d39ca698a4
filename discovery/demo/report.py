"""What the demo prints, drawn with rich."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from discovery.demo.client import Client
from discovery.phases.order import PHASES

MAPPINGS: Final = 15
FINDINGS: Final = 12
MOST_NEEDED: Final = 10


@contextmanager
def progress(console: Console) -> Iterator[Progress]:
    with Progress(
        TextColumn("  {task.description:<22}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    ) as bars:
        yield bars


def show_progress(bars: Progress, flow_states: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One bar a phase, until the flow has come to rest; returns it as it is then."""
    tasks = {name: bars.add_task(name, total=1, start=False, note="") for name in PHASES}
    flow: dict[str, Any] = {}
    for flow in flow_states:
        for phase in flow["phases"]:
            _show_phase(bars, tasks[phase["name"]], phase)
    return flow


def _show_phase(bars: Progress, task: Any, phase: Mapping[str, Any]) -> None:
    if phase["status"] != "pending":
        bars.start_task(task)
    over = phase["status"] in {"completed", "skipped"}
    fraction = 1 if over else phase["done"] / (phase["total"] or 1)
    bars.update(task, completed=fraction, note=phase["note"])


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def counts(console: Console, client: Client) -> None:
    for field in ("asset_type", "environment"):
        table = _table(f"Assets by {field}", field, "assets")
        known = [
            (value, client.count("/assets/", **{field: value}))
            for value in client.enumeration(field)
        ]
        for value, count in known:
            if count:
                table.add_row(value, str(count))
        rest = client.count("/assets/") - sum(count for _, count in known)
        if rest:
            table.add_row("(not known)", str(rest))
        console.print(table)


def mappings(console: Console, client: Client, flow_id: str) -> None:
    rows = list(client.items(f"/flows/{flow_id}/field-mappings"))
    rows.sort(key=lambda row: (row["status"] != "applied", row["confidence"]))
    table = _table(
        f"How {len(rows)} columns were mapped: the least sure first",
        "table",
        "column",
        "goes to",
        "confidence",
        "why",
    )
    for row in rows[:MAPPINGS]:
        target = row["target_field"] or "attributes"
        unit = f" (from {row['source_unit']})" if row["source_unit"] else ""
        why = "; ".join(row["evidence"])
        table.add_row(
            row["table"], row["source_field"], target + unit, f"{row['confidence']:.2f}", why
        )
    console.print(table)
    _more(console, len(rows) - MAPPINGS, f"/flows/{flow_id}/field-mappings")


def most_needed(console: Console, client: Client) -> None:
    needed = Counter(
        (item["target_asset"]["name"], item["dependency_type"])
        for item in client.items("/dependencies/")
    )
    table = _table("Most depended upon", "asset", "how", "by assets")
    for (name, kind), count in needed.most_common(MOST_NEEDED):
        table.add_row(name, kind, str(count))
    console.print(table)


def findings(console: Console, client: Client, flow_id: str) -> None:
    rows = list(client.items(f"/flows/{flow_id}/findings"))
    if not rows:
        console.print("Everything could be read.")
        return
    table = _table(
        f"{len(rows)} findings: what could not be read or resolved, and why",
        "table",
        "row",
        "column",
        "value",
        "why",
    )
    for row in rows[:FINDINGS]:
        place = str(row["row"] or "")
        table.add_row(
            row["table"], place, row["column"] or row["target"], row["value"][:60], row["reason"]
        )
    console.print(table)
    _more(console, len(rows) - FINDINGS, f"/flows/{flow_id}/findings")


def _more(console: Console, hidden: int, path: str) -> None:
    if hidden > 0:
        console.print(f"  … and {hidden} more: GET /api/v1{path}\n")
