"""What asking an agent costs beside a bare POST of the same body, and what it leaves in memory.

    make bench ARGS="agent_calls"     # or: python -m bench agent_calls --calls 1000

Both ask the model of the tests, in a process of its own and without latency, in turns. The overhead
of a call is the difference of the medians. Memory is this process' own, from /proc, so on Linux.
"""

import argparse
import gc
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from django.test import override_settings

from discovery.agents.port import Bounds, Question
from discovery.agents.verdicts import MOST_ITEMS, Item, Verdicts, question
from tests import model_answers as answers
from tests.model_server import ModelServer

BOUNDS = Bounds(requests=2, seconds=60, response_bytes=2**20, answer_tokens=8000)
OPTIONS = {f"field_{n}": f"what field {n} of the catalogue holds" for n in range(40)}
WARM_UP = 50  # calls, until what is made once has been made
IMPORT = (
    "import time, django; django.setup(); began = time.perf_counter();"
    "import discovery.agents.crew; print(time.perf_counter() - began)"
)


def asked(number: int) -> Question[Verdicts]:
    """As large as one gets: 40 columns with three samples each."""
    items = [
        Item(
            f"c{n}",
            {"column": f"Column {number} {n}", "samples": [f"value {n}-{m}" for m in "abc"]},
        )
        for n in range(MOST_ITEMS)
    ]
    return question("field_mapping_analyst", "40 columns", items, OPTIONS, {"table": "servers"})


def _serve(pipe: Connection) -> None:
    with ModelServer(answers.judging(answers.first_option)) as server:
        pipe.send(server.environment)
        pipe.recv()


@contextmanager
def model() -> Iterator[dict[str, str]]:
    """The settings with which to ask it."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("enough")
        process.join()


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def resident_mib() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def import_seconds() -> float:
    told = subprocess.run(
        [sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True
    )
    return float(told.stdout.splitlines()[-1])


def measure(calls: int, url: str) -> None:
    from discovery.agents import crew  # noqa: PLC0415 - after the settings

    gc.freeze()  # as a worker does (config/celery.py)
    bare, agents = [], []
    with httpx.Client(headers={"Connection": "close"}) as client:
        for number in range(WARM_UP + calls):
            if number == WARM_UP:
                before = resident_mib()
            about = asked(number)
            body = {"messages": [{"role": "user", "content": crew.prompt(about)}]}
            bare.append(seconds(lambda: client.post(f"{url}/chat/completions", json=body)))  # noqa: B023
            agents.append(seconds(lambda: crew.ask(about, BOUNDS)))  # noqa: B023
    growth = resident_mib() - before
    post = statistics.median(bare[WARM_UP:]) * 1000
    call = statistics.median(agents[WARM_UP:]) * 1000
    print(f"{calls} calls about {MOST_ITEMS} items each, against a server without latency")
    print(f"  bare POST   {post:7.1f} ms")
    print(f"  agent call  {call:7.1f} ms   overhead {call - post:.1f} ms (goal ≤ 50)")
    print(f"  memory      {growth:+7.1f} MiB (goal ≤ 20), {before:.0f} before")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench agent_calls", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    options = parser.parse_args(arguments)
    with model() as told, override_settings(**told):
        measure(options.calls, told["LLM_BASE_URL"])
    print(f"  import      {statistics.median(import_seconds() for _ in range(3)):7.1f} s")
