"""Requests that come at the same moment, on connections of their own."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction

from accounts.models import lock_accounts
from tenancy.scope import all_tenants


def at_once(client_account_id: Any, *requests: Callable[[], Any]) -> list[Any]:
    """The answers to requests that were all let in before the first of them could change anything.

    They meet at the lock of their account, which is held until every one of them waits for it.
    """

    def ask(request: Callable[[], Any]) -> Any:
        try:
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        with transaction.atomic(), all_tenants():
            lock_accounts([client_account_id])
            asked = [pool.submit(ask, request) for request in requests]
            wait_until_all_wait(len(requests))
        return [answer.result(timeout=30) for answer in asked]


def wait_until_all_wait(count: int) -> None:
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        waiting = 0
        while waiting < count:
            assert time.monotonic() < deadline, f"only {waiting} of {count} requests wait"
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            (waiting,) = cursor.fetchone()
