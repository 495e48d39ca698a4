"""A flow over 100,000 rows of 12 columns, upload to completed, beside a raw COPY of the file.

    make bench ARGS="flow"            # or: python -m bench flow --rows 1000000

Both run on the same PostgreSQL in the same minute; the ratio is what counts on a noisy machine.
Prints seconds, the ratio, and the peak memory of the workers (from /proc, so on Linux).
"""

import argparse
import csv
import os
import random
import statistics
import tempfile
import time
from datetime import datetime
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import connections

from discovery.demo.client import Client

COLUMNS = (
    "Name", "Type", "Environment", "IP Address", "Operating System", "CPUs", "Memory (MB)",
    "Disk (GB)", "Owner", "Application", "Serial Number", "Location",
)  # fmt: skip
SYSTEMS = ("Windows Server 2019", "Ubuntu 22.04", "RHEL 8.6", "SLES 15", "Windows Server 2016")


def write_inventory(path: Path, rows: int) -> None:
    """Servers of an invented estate; the same bytes every time."""
    dice = random.Random(7)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n in range(rows):
            writer.writerow(
                (
                    f"srv-{n:07}", dice.choice(("server", "VM")),
                    dice.choice(("prod", "dev", "uat")),
                    f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", dice.choice(SYSTEMS),
                    dice.choice((2, 4, 8, 16)), dice.choice((4096, 8192, 65536)),
                    dice.randrange(40, 4000), f"owner{n % 97}@example.com", f"app-{n % 500}",
                    f"SN{n:09}", dice.choice(("Bergen", "Kiel")),
                )
            )  # fmt: skip


def raw_copy(path: Path) -> float:
    """Seconds that PostgreSQL takes to COPY the file as text into a table with three indexes."""
    quoted = ", ".join(f'"{name}" text' for name in COLUMNS)
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_raw")
        cursor.execute(f"CREATE TABLE bench_raw (id bigserial PRIMARY KEY, {quoted})")
        cursor.execute('CREATE INDEX ON bench_raw ("Name")')
        cursor.execute('CREATE INDEX ON bench_raw ("Serial Number")')
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        began = time.perf_counter()
        with cursor.copy(f"COPY bench_raw ({names}) FROM STDIN (FORMAT csv, HEADER)") as stream:
            stream.write(path.read_bytes())
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_raw")
    return seconds


def new_client() -> Client:
    stem = f"bench-{time.time_ns()}"
    member = f"{stem}@example.com:{stem}:admin"
    call_command("create_tenant", f"--name={stem}", f"--member={member}", stdout=StringIO())
    return Client(os.environ["BASE_URL"], f"{stem}@example.com", stem)


def flow(client: Client, path: Path) -> tuple[float, dict[str, float]]:
    """Seconds from the first byte of the upload to completed, and seconds of each phase."""
    began = time.perf_counter()
    data_import = client.upload(path)
    started = client.start_flow("bench", data_import["id"])
    *_, done = client.follow(started["flow_id"])
    seconds = time.perf_counter() - began
    if done["status"] != "completed":
        raise SystemExit(f"the flow {done['status']}: {done.get('error')}")
    return seconds, {phase["name"]: _seconds(phase) for phase in done["phases"]}


def _seconds(phase: dict[str, str]) -> float:
    began, ended = (datetime.fromisoformat(phase[name]) for name in ("started_at", "finished_at"))
    return (ended - began).total_seconds()


def peak_worker_mib() -> float:
    """The highest VmHWM of a Celery process of this stack."""
    peaks = [0]
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = status.with_name("cmdline").read_bytes()
            environment = status.with_name("environ").read_bytes()
        except OSError:
            continue
        if b"celery" in command and os.environ["DATABASE_URL"].encode() in environment:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            peaks.append(int(lines["VmHWM"].split()[0]))
    return max(peaks) / 1024


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench flow", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inventory.csv"
        write_inventory(path, options.rows)
        copies, flows, again, phases = [], [], [], []
        for _ in range(options.runs):
            copies.append(raw_copy(path))
            client = new_client()
            seconds, by_phase = flow(client, path)
            flows.append(seconds)
            phases.append(by_phase)
            again.append(flow(client, path)[0])
    copy, whole = statistics.median(copies), statistics.median(flows)
    print(f"{options.rows} rows, {len(COLUMNS)} columns, median of {options.runs}")
    print(f"  raw COPY           {copy:8.2f} s")
    print(f"  upload → completed {whole:8.2f} s   ratio {whole / copy:.1f} (goal ≤ 5)")
    print(f"  the same file again{statistics.median(again):8.2f} s")
    for name in phases[0]:
        print(f"    {name:<20} {statistics.median(p[name] for p in phases):6.2f} s")
    print(f"  peak memory of a worker {peak_worker_mib():.0f} MiB (goal ≤ 600)")
