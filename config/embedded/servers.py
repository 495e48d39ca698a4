"""The two servers that the application needs: embedded ones, or those that were named."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
import psycopg
from redis import Redis
from redis.exceptions import RedisError

from config.embedded.console import StartError
from config.embedded.folder import DataFolder
from config.embedded.postgres import Postgres
from config.embedded.process import Child, wait_for
from config.embedded.redis import RedisServer

ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Addresses:
    """Where PostgreSQL and Redis answer, passwords included."""

    database_url: str
    redis_url: str
    owner_database_url: str = ""

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "OWNER_DATABASE_URL": self.owner_database_url,
            "REDIS_URL": self.redis_url,
        }


@contextmanager
def embedded_servers(data_dir: Path, *, durable: bool = True) -> Iterator[Addresses]:
    """PostgreSQL and Redis alone, for as long as the block runs; nobody starts them again.

    `durable=False` switches fsync and Redis' log off: for data that a test throws away.
    Raises StartError. To be called from the main thread (see process.py).
    """
    folder = DataFolder(data_dir)
    nowhere = Addresses(database_url="", redis_url="")
    with folder.locked(), servers(folder, nowhere, durable=durable) as (addresses, _):
        yield addresses


@contextmanager
def servers(
    folder: DataFolder, given: Addresses, *, durable: bool
) -> Iterator[tuple[Addresses, list[Child]]]:
    """Checks the servers that have an address and starts those that have none.

    Yields where all of them answer, and the processes that were started.
    """
    _check(given)
    postgres_port, redis_port = _free_ports()
    postgres = None if given.database_url else Postgres(folder, postgres_port, durable=durable)
    redis = None if given.redis_url else RedisServer(folder, redis_port, durable=durable)
    # Redis first: it comes up while PostgreSQL makes its data folder.
    started = [server for server in (redis, postgres) if server]
    with ExitStack() as stack:
        for server in started:
            stack.callback(server.child.stop)
            server.start()
        for server in started:
            server.wait_until_ready()
        addresses = Addresses(
            database_url=postgres.url if postgres else given.database_url,
            owner_database_url=postgres.owner_url if postgres else given.owner_database_url,
            redis_url=redis.url if redis else given.redis_url,
        )
        yield addresses, [server.child for server in started]


def _check(given: Addresses) -> None:
    """Raises StartError when a server that was named cannot be reached."""
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL"):
        if url := given.environment()[name]:
            _check_database(name, url)
    if given.redis_url:
        with _redis_client(given.redis_url) as client:
            wait_for("The server of REDIS_URL", client.ping, (RedisError,), seconds=ANSWER_SECONDS)


def _check_database(name: str, url: str) -> None:
    parameters = _connection_parameters(name, url)
    wait_for(
        f"The database of {name}",
        lambda: psycopg.connect(**parameters).close(),
        (psycopg.Error,),
        seconds=ANSWER_SECONDS,
    )


def _connection_parameters(name: str, url: str) -> dict[str, Any]:
    """Reads the address as settings.py does, so that both mean the same server."""
    if not url.startswith(("postgres://", "postgresql://")):
        raise StartError(f"{name} must begin with postgres:// or postgresql://.")
    try:
        parts = environ.Env.db_url_config(url)
    except ValueError as error:
        raise StartError(f"{name} cannot be read: {error}") from None
    return {
        "host": parts["HOST"],
        "port": parts["PORT"] or None,
        "user": parts["USER"],
        "password": parts["PASSWORD"],
        "dbname": parts["NAME"],
        "connect_timeout": ANSWER_SECONDS,
        **parts.get("OPTIONS", {}),
    }


def _redis_client(url: str) -> Redis:
    try:
        return Redis.from_url(url, socket_connect_timeout=ANSWER_SECONDS)
    except ValueError as error:
        raise StartError(f"REDIS_URL cannot be read: {error}") from None


def _free_ports() -> tuple[int, int]:
    """Both are held while they are chosen, so that they differ."""
    anywhere = ("127.0.0.1", 0)
    with socket.create_server(anywhere) as one, socket.create_server(anywhere) as other:
        return one.getsockname()[1], other.getsockname()[1]
