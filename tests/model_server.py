"""A language model of one's own: an OpenAI-compatible server on this machine.

It keeps what it was asked and answers as it is told to: tests/model_answers.py has the ways.
"""

import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

PATH: Final = "/v1/chat/completions"
API_KEY: Final = "a-key-of-the-tests"
MODEL: Final = "tests/labels-1"
_OPENS, _CLOSES = "<<<DATA", "DATA>>>"


@dataclass(frozen=True)
class Asked:
    """One HTTP request. `number` counts from 0 since the server got its way to answer."""

    number: int
    method: str
    path: str
    headers: dict[str, str]  # names in small letters
    raw: bytes
    at: float  # time.monotonic()

    @property
    def body(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.raw)
        return parsed

    @property
    def prompt(self) -> str:
        """All messages, as the model reads them."""
        return "\n\n".join(str(message["content"]) for message in self.body["messages"])

    @property
    def question(self) -> dict[str, Any]:
        """The facts of Question.text."""
        return question_in(self.prompt)


def question_in(prompt: str) -> dict[str, Any]:
    """The JSON of the last block between the lines <<<DATA and DATA>>>."""
    lines = [line.strip() for line in prompt.splitlines()]
    opens = len(lines) - 1 - lines[::-1].index(_OPENS)
    closes = lines.index(_CLOSES, opens)
    parsed: dict[str, Any] = json.loads("\n".join(lines[opens + 1 : closes]))
    return parsed


# The raw bytes of an HTTP response, with pauses in seconds between them. FOR_EVER lasts until the
# server is closed, HANG_UP closes the connection.
FOR_EVER: Final = math.inf
HANG_UP: Final = None
Way = Callable[[Asked], Iterable[bytes | float | None]]


class ModelServer:
    """Use it as a context. `asked` holds the requests since the last `answering`."""

    def __init__(self, way: Way) -> None:
        self.asked: list[Asked] = []
        self._way = way
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._listen()

    def _listen(self, port: int = 0) -> None:
        self._http = _Listener(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """For LLM_BASE_URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a worker that asks this server."""
        return {"LLM_BASE_URL": self.url, "LLM_API_KEY": API_KEY, "LLM_MODEL": MODEL}

    @property
    def judged(self) -> list[Asked]:
        """The requests that asked for verdicts: all but those to the migration strategist."""
        return [asked for asked in self.asked if "items" in asked.question]

    def answering(self, way: Way) -> None:
        """From now on, and `asked` begins anew."""
        with self._lock:
            self._way, self.asked = way, []

    @contextmanager
    def down(self) -> Iterator[None]:
        """Nobody listens at the address meanwhile."""
        self.__exit__()
        try:
            yield
        finally:
            self._closing.clear()
            self._listen(self.port)
            self.__enter__()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._http.shutdown()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # the other side was faster
                    connection.shutdown(socket.SHUT_RDWR)
        self._http.server_close()  # waits for the threads of the connections
        self._thread.join()

    # --- For the threads of the connections ---

    @contextmanager
    def connected(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._connections.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)

    def parts(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Any:
        with self._lock:
            asked = Asked(len(self.asked), method, path, headers, raw, time.monotonic())
            self.asked.append(asked)
            return self._way(asked)

    def pause(self, seconds: float) -> bool:
        """Whether the server goes on afterwards."""
        return not self._closing.wait(None if seconds == FOR_EVER else seconds)


class _Listener(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 128


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with server.connected(self.connection), suppress(ConnectionError):
                super().handle()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            raw = self.rfile.read(length)
            for part in server.parts(self.command, self.path, headers, raw):
                if part is HANG_UP or (isinstance(part, float) and not server.pause(part)):
                    self.close_connection = True
                    return
                if isinstance(part, bytes):
                    self.wfile.write(part)

        do_GET = do_POST  # noqa: N815 - what a redirect leads to

        def log_message(self, *_: object) -> None:
            """Nothing: the requests are in `asked`."""

    return Handler
