import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.people import Cast

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def inventory_data() -> Path:
    """The real exports that this project is measured on. They are not part of it."""
    for folder in (os.environ.get("INVENTORY_DATA"), ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / "exports").is_dir():
            return Path(folder)
    pytest.skip("the real exports are not here: neither INVENTORY_DATA nor ../shared/data exists")


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    """Counters of the rate limits and messages of one test must not reach the next."""
    from config.throttling import counters

    counters().flushdb()
    yield


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast()


@pytest.fixture(scope="session")
def worker(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker with its beat, on the database of the tests."""
    process = start_worker(tmp_path_factory.mktemp("worker"))
    yield process
    process.terminate()
    process.wait(timeout=30)


def start_worker(folder: Path) -> subprocess.Popen[bytes]:
    log = (folder / "worker.log").open("wb")
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat"]
    command += ["--concurrency=2", "--loglevel=INFO", "--without-mingle", "--without-gossip"]
    command += [f"--schedule={folder / 'schedule'}"]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"DATABASE_URL": database_url()}, stdout=log, stderr=log
    )


def database_url() -> str:
    """The address of the database that pytest-django made beside the one in DATABASE_URL."""
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    return f"{base}/{settings.DATABASES['default']['TEST']['NAME'] or 'test_' + _given_name()}"


def _given_name() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[2].partition("?")[0]


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: object) -> Iterator[Cast]:
    """A cast of its own whose doings are committed, so that other processes see them.

    Nothing is rolled back or flushed: isolation of tenants isolates the tests too.
    """
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield Cast()
        connection.close()
