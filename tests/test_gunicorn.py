"""The web server itself: what it refuses before Django sees a request."""

import json
import socket
import struct
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from config import gunicorn
from tests.webserver import webserver

HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    with webserver() as port:
        yield port


def ask(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "9014 > 8190"),
        (HEAD + b"X: " + b"a" * 9000 + b"\r\n\r\n", 431, "fields size"),
        (HEAD + b"X: a\r\n" * 70 + b"\r\n", 431, "fields"),
        (b"<script>\r\n\r\n", 400, "malformed"),
        (HEAD + b"Bad Header: x\r\n\r\n", 400, "malformed"),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "malformed"),
    ],
)
def test_its_own_refusals_have_the_one_error_body(
    port: int, request_: bytes, status: int, said: str
):
    answered, headers, body = ask(port, request_)

    assert answered == status
    assert headers["Content-Type"] == "application/problem+json"
    problem = json.loads(body)
    assert problem["status"] == status
    assert said in problem["error"]["message"]
    assert problem["request_id"] == headers["X-Request-ID"]
    assert b"script" not in body


def test_a_body_that_ends_early_is_the_client_s_fault(port: int):
    head = b"POST /api/v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n"
    status, _, body = ask(port, head + b"Content-Type: application/json\r\n\r\n{")

    assert status == 400
    assert json.loads(body)["error"]["code"] == "parse_error"


def test_a_silent_client_does_not_hold_a_thread_for_ever():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gunicorn.when_ready(SimpleNamespace(LISTENERS=[SimpleNamespace(sock=listener)]))
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT) > 0

        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"GET")
            with listener.accept()[0] as accepted:
                for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                    patience = accepted.getsockopt(socket.SOL_SOCKET, option, 16)
                    assert struct.unpack("ll", patience) == (10, 0)
