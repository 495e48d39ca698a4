"""The web server: `gunicorn config.wsgi:application --config python:config.gunicorn --bind …`.

What a proxy in front still has to do, docs/deployment.md says.
"""

import os
import socket
import struct
from typing import Any
from uuid import uuid4

from gunicorn import util

worker_class = "gthread"
workers = os.environ.get("WEB_WORKERS") or "2"
threads = 4
graceful_timeout = 8  # seconds, fewer than the embedded supervisor gives
keepalive = 5  # seconds
# A worker makes room for a new one after so many requests, not all workers at once.
max_requests = 50_000
max_requests_jitter = 5_000
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
loglevel = "warning"
control_socket_disable = True

_OF_LIMITS = (414, 431)  # their sentences name a limit; others would repeat the client's own bytes
_SILENCE_SECONDS = 10  # so long may a client say nothing within a request, or take no answer


def when_ready(server: Any) -> None:
    """A connection inherits these: silent clients, who each hold a thread, are cut off."""
    patience = struct.pack("ll", _SILENCE_SECONDS, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        if hasattr(socket, "TCP_DEFER_ACCEPT") and listener.sock.family != socket.AF_UNIX:
            # The kernel keeps a connection to itself until the first byte of a request is here.
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENCE_SECONDS)


def _write_problem(sock: socket.socket, status: int, reason: str, message: str) -> None:
    """What cannot be read as a request never reaches Django, but gets the same error body."""
    from config.errors import problem  # noqa: PLC0415  # needs the settings, which workers have
    from config.media import ProblemRenderer  # noqa: PLC0415

    request_id = str(uuid4())
    told = message if status in _OF_LIMITS else "The request is malformed."
    body = ProblemRenderer().render(
        problem("", status, reason.lower().replace(" ", "_"), told) | {"request_id": request_id}
    )
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: {ProblemRenderer.media_type}\r\nContent-Length: {len(body)}\r\n"
        f"X-Content-Type-Options: nosniff\r\nX-Request-ID: {request_id}\r\n\r\n"
    )
    util.write_nonblock(sock, head.encode("latin1") + body)


util.write_error = _write_problem  # gunicorn has no setting for its own HTML
