"""How soon the API answers after its start, and how much memory one of its processes holds.

    make bench ARGS="api_start"

gunicorn is started with one worker on a free port, several times; the clock stops at the first
answer that says that the service works; the CPU that it took until then is told beside it, for
machines that do something else as well. The memory is that of the worker after calls of the API's
document and of health: resident, and its own share (PSS, from /proc, so on Linux). The reference in
the same run is a Python that imports Django and REST framework alone.
"""

import argparse
import socket
import statistics
import subprocess
import sys
import time
from typing import Any

import psutil
import requests

START_GOAL = 2.0  # seconds
MEMORY_GOAL = 150  # MiB
_MIB = 2**20
_BARE = "import django.conf; django.conf.settings.configure(); import rest_framework.viewsets"
_PAGES = ("/api/v1/health", "/api/schema/")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench api_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=50)
    options = parser.parse_args(arguments)
    rounds = [_round(options.calls) for _ in range(options.rounds)]
    bare = statistics.median(_bare() for _ in range(options.rounds))
    started, cpu, resident, own = (statistics.median(each) for each in zip(*rounds, strict=True))
    print(f"API process, median of {options.rounds} starts")
    print(f"  first answer {started:.2f} s (goal ≤ {START_GOAL:g}), of which {cpu:.2f} s of CPU")
    print(f"  Django and REST framework alone {bare:.2f} s")
    print(f"  memory {resident:.0f} MiB resident, {own:.0f} MiB its own (goal ≤ {MEMORY_GOAL})")


def _round(calls: int) -> tuple[float, float, float, float]:
    began = time.perf_counter()
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    serve = ["-m", "gunicorn", "config.wsgi:application", "--config=python:config.gunicorn"]
    command = [sys.executable, *serve, f"--bind=127.0.0.1:{port}", "--workers=1"]
    with subprocess.Popen(command) as server:
        try:
            _wait(address)
            started = time.perf_counter() - began
            master = psutil.Process(server.pid)
            (worker,) = master.children()
            cpu = sum(sum(each.cpu_times()[:2]) for each in (master, worker))
            for number in range(calls):
                requests.get(address + _PAGES[number % len(_PAGES)], timeout=30)
            memory: Any = worker.memory_full_info()
            return started, cpu, memory.rss / _MIB, memory.pss / _MIB
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _wait(address: str) -> None:
    while True:
        try:
            if requests.get(address + _PAGES[0], timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.005)


def _bare() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _BARE], check=True)
    return time.perf_counter() - began
