"""A flow of 100 rows that leaves something to each of the four agents, POST to completed.

    .venv/bin/python -m bench.agent_flow [--runs 5]

The model is that of the tests, without latency. A stack of its own asks it; the same rows without
agents run beside (`AGENT_SHARES=nothing`). The first flow of a stack is left out: it loads what
crewai loads late.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests import model_answers as answers
from tests.model_server import ModelServer

GOAL = 2  # seconds
ROWS = 100


def rows(run: int) -> list[dict[str, str]]:
    """Of 100 machines; every run asks something new, so that nothing comes from the cache."""
    return [
        {
            "Hostname": f"srv-{run}-{n:03}",
            "Kind": "VM" if n % 2 else "",
            "Chunk of memory": str(2 ** (n % 5 + 1)),
            "Where it lives": "Kiel" if n % 3 else "Bergen",
            f"Zeta {run}": f"z{n % 7}",
            "IP": f"10.9.{run}.{n}",
            "Notes": f"talks to srv-{run}-{(n + 1) % ROWS:03} at night",
            "Depends on": f"srv {run} {(n + 2) % ROWS:03}" if n % 9 == 0 else "",
        }
        for n in range(ROWS)
    ]  # fmt: skip


def written(machines: list[dict[str, str]]) -> Path:
    path = Path(tempfile.mkdtemp()) / "machines.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(machines[0]))
        writer.writeheader()
        writer.writerows(machines)
    return path


def inside(runs: int) -> None:
    """In the stack: prints the seconds of each flow, and what the agents of the last one did."""
    import django  # noqa: PLC0415 - the settings are there in the stack alone

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from bench.flow import new_client  # noqa: PLC0415

    client = new_client()
    done: dict[str, Any] = {}
    for run in range(runs + 1):
        data_import = client.upload(written(rows(run)))
        began = time.perf_counter()
        flow = client.start_flow("bench", data_import["id"])
        *_, done = client.follow(flow["flow_id"])
        print(time.perf_counter() - began)
    print(done["status"], done["results"]["agents"]["detail"])


def measure(runs: int, **environment: str) -> tuple[float, str]:
    stack = ["-m", "config.embedded", "--temporary", "--port", "0", "--"]
    command = [sys.executable, *stack, sys.executable, "-m", "bench.agent_flow", "--inside"]
    ran = subprocess.run(
        [*command, "--runs", str(runs)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *seconds, said = ran.stdout.splitlines()[-runs - 1 :]
    return statistics.median(map(float, seconds)), said


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a flow of 100 rows with agents.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.runs)
        return
    with ModelServer(answers.judging(answers.first_option)) as server:
        with_agents, said = measure(options.runs, **server.environment)
        asked = len(server.asked)
        without, _ = measure(options.runs, AGENT_SHARES="nothing", **server.environment)
    print(f"{ROWS} rows, POST to completed, median of {options.runs}")
    print(f"  with agents    {with_agents:6.2f} s (goal ≤ {GOAL}); {asked} requests in all")
    print(f"  without agents {without:6.2f} s")
    print(f"  the last one: {said}")


if __name__ == "__main__":
    main()
