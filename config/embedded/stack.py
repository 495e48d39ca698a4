"""The application's own processes: the migration, web, worker and beat."""

import http.client
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.embedded.console import StartError, say
from config.embedded.folder import OWNER, DataFolder
from config.embedded.process import Child, Program, stop_together
from config.embedded.supervisor import Watch, tick_all

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
HEALTH_SECONDS = 3
WEB = [
    *("-m", "gunicorn"),
    "config.wsgi:application",
    "--config=python:config.gunicorn",
]
WORKER = [
    # Celery warns of root, who is the only user of many a container.
    *("-W", "ignore:You're running the worker with superuser"),
    *("-m", "celery", "--quiet", "--app=config", "worker"),
    *("--pool=prefork", "--concurrency=2", "--loglevel=WARNING"),
    *("--without-mingle", "--without-gossip"),
]
BEAT = ["-m", "celery", "--quiet", "--app=config", "beat", "--loglevel=WARNING"]


def environment(folder: DataFolder, addresses: Mapping[str, str], url: str) -> dict[str, str]:
    """What every process of the application is started with."""
    own = {"DATA_DIR": str(folder.path), "BASE_URL": url, "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **addresses, **own}


def keep_secret_key(folder: DataFolder) -> None:
    """Makes the key when the environment has none; settings.py reads it from the folder."""
    if not os.environ.get("SECRET_KEY"):
        folder.secret("secret_key")


def migrate(folder: DataFolder, variables: Mapping[str, str]) -> None:
    say("Migrating the database")
    child = Child(
        Program(
            name="migrate",
            command=[sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"],
            environment=variables,
            log=folder.log("migrate"),
            folder=PROJECT,
        )
    )
    if child.run() != 0:
        raise StartError(f"The database could not be migrated: {child.reason}")


def processes(
    folder: DataFolder, variables: Mapping[str, str], listener: socket.socket
) -> list[Child]:
    """Web, beat and worker; web takes its requests from `listener`.

    As the socket is ours, a request that comes while web is started again waits in its queue.
    """
    descriptor = listener.fileno()
    schedule = folder.path / "celerybeat-schedule"
    variables = {name: value for name, value in variables.items() if name != OWNER}
    commands = {
        "web": [*WEB, f"--bind=fd://{descriptor}"],
        "beat": [*BEAT, f"--schedule={schedule}"],
        "worker": WORKER,
    }
    return [
        Child(
            Program(
                name=name,
                command=[sys.executable, *command],
                environment=variables,
                log=folder.log(name),
                folder=PROJECT,
                descriptors=[descriptor] if name == "web" else [],
            )
        )
        for name, command in commands.items()
    ]


def stop(watches: Sequence[Watch]) -> None:
    """All at once. What they say about being stopped stays in their logs."""
    for watch in watches:
        watch.pass_on()
    stop_together([watch.child for watch in watches])


def wait_until_healthy(port: int, watches: Sequence[Watch]) -> None:
    """Returns when `GET /api/v1/health` answers 200. Raises StartError when it never does."""
    deadline = time.monotonic() + READY_SECONDS
    while (state := _state(port, watches)) != "200":
        if time.monotonic() > deadline:
            raise StartError(f"The API did not get ready within {READY_SECONDS} s: {state}.")
        tick_all(watches)


def _state(port: int, watches: Sequence[Watch]) -> str:
    """Asks only when somebody can answer: the listener takes requests for a dead web, too."""
    missing = [watch.child.program.name for watch in watches if not watch.child.running]
    return f"{', '.join(missing)} not running" if missing else _health(port)


def _health(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HEALTH_SECONDS)
    try:
        connection.request("GET", "/api/v1/health")
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
