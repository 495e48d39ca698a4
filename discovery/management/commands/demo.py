"""`manage.py demo [FILE …]`: imports inventories through the REST API, and shows the result."""

import os
import secrets
import sys
from argparse import ArgumentTypeError
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from discovery.demo import report
from discovery.demo.client import Client, Refused

_FOLDER = Path(__file__).resolve().parents[3] / "samples"
_SAMPLES = [_FOLDER / name for name in ("vsphere-export.xlsx", "cmdb.csv")]


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text}")
    return path


class Command(BaseCommand):
    help = "Imports inventory files through the REST API and shows what became of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=_file, help="default: the two samples")
        parser.add_argument(
            "--base-url",
            default=os.environ.get("BASE_URL", "http://127.0.0.1:8000"),
            help="where the application answers (default: $BASE_URL)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(markup=False, highlight=False, width=_width())
        client = _new_tenant(options["base_url"])
        flows = [_analyse(console, client, path) for path in options["files"] or _SAMPLES]
        report.counts(console, client)
        for flow in flows:
            report.mappings(console, client, flow["flow_id"])
        report.most_needed(console, client)
        for flow in flows:
            report.findings(console, client, flow["flow_id"])
        for flow in flows:
            console.print(f"GET {client.root}/flows/{flow['flow_id']}")
        console.print(
            "`make serve` keeps the application running; its API is described at /api/docs/."
        )


def _width() -> int | None:
    """The terminal's own width, but a wide one where there is no terminal to ask."""
    return None if sys.stdout.isatty() else 160


def _new_tenant(base_url: str) -> Client:
    """A client account of its own, so that a demo never touches anybody's inventory."""
    email, password = f"demo-{uuid4().hex[:8]}@example.com", secrets.token_urlsafe(12)
    call_command(
        "create_tenant",
        "--name=Demo",
        f"--client-account-id={uuid4()}",
        f"--member={email}:{password}:admin",
        stdout=StringIO(),
    )
    return Client(base_url, email, password)


def _analyse(console: Console, client: Client, path: Path) -> dict[str, Any]:
    console.print(path.name, style="bold")
    try:
        data_import = client.upload(path)
        flow = client.start_flow(path.name, data_import["id"])
    except Refused as refused:
        raise CommandError(f"{path.name}: {refused}") from refused
    with report.progress(console) as bars:
        flow = report.show_progress(bars, client.follow(flow["flow_id"]))
    if flow["status"] != "completed":
        raise CommandError(f"{path.name}: {flow.get('error', flow['status'])}")
    _sum_up(console, flow)
    return flow


def _sum_up(console: Console, flow: dict[str, Any]) -> None:
    results = flow["results"]
    console.print(
        f"  {results['assets_discovered']} assets "
        f"({results['assets_created']} new, {results['assets_updated']} known), "
        f"{results['dependencies_mapped']} dependencies, {results['findings']} findings, "
        f"in {flow['execution_time']:.1f} s"
    )
    for insight in flow["agent_insights"]:
        console.print(f"  • {insight['insight']}")
    console.print(f"  {results['agents']['detail']}\n")
