"""A pytest plugin (`-p tests.servers`): real servers for the tests, before settings are read.

Without DATABASE_URL and REDIS_URL an embedded PostgreSQL and Redis run in a temporary folder for
the time of the tests; with them, the tests run on the servers that they name.
"""

import os
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.embedded import embedded_servers

_open = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """A wrapper, because it has to run before pytest-django reads the settings."""
    folder = Path(_open.enter_context(tempfile.TemporaryDirectory(prefix="inventory-tests-")))
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
    os.environ["DATA_DIR"] = str(folder / "data")
    os.environ["EMAIL_URL"] = f"filemail:///{folder / 'mail'}"  # of workers; pytest has its own
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        addresses = _open.enter_context(embedded_servers(folder / "servers", durable=False))
        os.environ.update(addresses.environment())
    yield


def pytest_unconfigure() -> None:
    _open.close()
