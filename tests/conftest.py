import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from accounts.counters import counters
from tests.people import Cast

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def inventory_data() -> Path:
    """The real exports that this project is measured on. They are not part of it."""
    for folder in (os.environ.get("INVENTORY_DATA"), ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / "exports").is_dir():
            return Path(folder)
    pytest.skip("the real exports are not here: neither INVENTORY_DATA nor ../shared/data exists")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """The database of the tests, also when no test is marked to use it: workers do.

    Its owner makes and migrates it; the tests run as the application does.
    """
    application, owner = connections["default"], connections["owner"]
    name = owner.settings_dict["NAME"]
    with django_db_blocker.unblock():
        made = owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        application.close()
        application.settings_dict["NAME"] = made
    yield
    with django_db_blocker.unblock():
        application.close()
        owner.creation.destroy_test_db(name, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def _no_scan_of_static_files(django_test_environment: None) -> None:
    """Which takes WhiteNoise 28 ms for each client of a test."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session", autouse=True)
def _views_of_no_scope(django_test_environment: None) -> None:
    """Views that a test is the first to import, within a scope, would be bound to it for ever."""
    import_module(settings.ROOT_URLCONF)


@pytest.fixture(autouse=True)
def _no_leftovers() -> None:
    """Counters of the rate limits must not reach the next test."""
    for key in counters().scan_iter("rate:*"):
        counters().delete(key)


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast()


@pytest.fixture(scope="session")
def worker(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker, with a beat beside it, on the database of the tests."""
    folder = tmp_path_factory.mktemp("worker")
    pool = ["--concurrency=2", "--loglevel=INFO", "--without-mingle", "--without-gossip"]
    processes = [
        start_celery(folder, "worker", *pool),
        start_celery(folder, "beat", f"--schedule={folder / 'schedule'}"),
    ]
    yield processes[0]
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=30)


def start_celery(
    folder: Path, *arguments: str, before: Sequence[str] = (), **environment: str
) -> subprocess.Popen[bytes]:
    command = [*before, sys.executable, "-m", "celery", "-A", "config", *arguments]
    told = os.environ | {"DATABASE_URL": database_url()} | environment
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=told, stdout=log, stderr=log)


def database_url() -> str:
    """The address of the database that pytest-django made beside the one in DATABASE_URL."""
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    return f"{base}/{settings.DATABASES['default']['TEST']['NAME'] or 'test_' + _given_name()}"


def _given_name() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[2].partition("?")[0]


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """A cast of its own whose doings are committed, so that other processes see them.

    Nothing is rolled back or flushed: isolation of tenants isolates the tests too.
    """
    with django_db_blocker.unblock():
        with transaction.atomic():
            made = Cast()
        yield made
        connection.close()
