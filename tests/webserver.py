"""A web server as it is deployed, on the database of the tests."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import ROOT, database_url


@contextmanager
def webserver(**environment: str) -> Iterator[int]:
    """Its port. Requests wait in the socket's queue until the server is there."""
    command = ["-m", "gunicorn", "config.wsgi:application", "--config=python:config.gunicorn"]
    with (
        socket.create_server(("127.0.0.1", 0), backlog=1024) as listener,
        subprocess.Popen(
            [sys.executable, *command, f"--bind=fd://{listener.fileno()}"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": database_url()} | environment,
            pass_fds=[listener.fileno()],
        ) as server,
    ):
        try:
            yield listener.getsockname()[1]
        finally:
            server.terminate()
