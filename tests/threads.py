"""Races: the same call from many threads, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """What `call(0)` … `call(count - 1)` return. None of them begins before all can."""
    ready = Barrier(count)

    def run(number: int) -> Any:
        ready.wait(60)
        try:
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
