"""What a worker does to the world while agents are asked: strace sees each call of the system."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests import model_answers as answers
from tests.agents import model, worker_that_asks
from tests.model_server import ModelServer
from tests.people import Cast
from tests.test_agent_flows import flow_of, inventory

__all__ = ["model"]
pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed (apt-get install strace)"
)

_CALLS = (
    "connect sendto sendmsg open openat creat mkdir mkdirat truncate rename renameat renameat2 "
    "link linkat symlink symlinkat unlink unlinkat"
).replace(" ", ",")
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_ADDRESS = re.compile(r"sin6?_port=htons\((\d+)\).*?\"([^\"]+)\"")
_PATH = re.compile(r'(?:<([^>]*)>, )?"([^"]*)"')  # after the folder that it is relative to
# By which the C library asks the operating system for names and ids.
_OF_THE_SYSTEM = {"/var/run/nscd/socket", "/run/uuidd/request"}
_WRITES = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC")


@dataclass(frozen=True)
class Trace:
    """Paths and addresses; also those that could not be reached."""

    written: set[str]
    reached: set[str]


def _read(lines: Iterator[str]) -> Trace:
    written, reached = set(), set()
    for name, arguments, result in filter(None, map(_call, lines)):
        if name in {"connect", "sendto", "sendmsg"}:
            reached.update(_reached(arguments))
        elif result >= 0 and (not name.startswith("open") or _writes(arguments)):
            written.update(_paths(arguments))
    return Trace(written, reached)


def _call(line: str) -> tuple[str, str, int] | None:
    found = _LINE.match(line)
    return (found[1], found[2], int(found[3])) if found else None


def _writes(arguments: str) -> bool:
    return any(flag in arguments for flag in _WRITES)


def _paths(arguments: str) -> Iterator[str]:
    for folder, path in _PATH.findall(arguments):
        yield str(Path(folder) / path)


def _reached(arguments: str) -> Iterator[str]:
    for port, host in _ADDRESS.findall(arguments):
        yield f"{host}:{port}"
    if "AF_UNIX" in arguments:
        yield from _paths(arguments)


@pytest.fixture(scope="module")
def traced(
    django_db_setup: None, model: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The folder of a worker under strace; trace.* in it, a file for each of its threads."""
    folder = tmp_path_factory.mktemp("traced")
    tracer = ["strace", "-D", "-ff", "-qq", "-y", "-s", "300", "-e", f"trace={_CALLS}"]
    out = ("-o", str(folder / "trace"))
    # Compiled modules are the interpreter's business, and of the first start alone.
    with worker_that_asks(model, folder, *tracer, *out, PYTHONDONTWRITEBYTECODE="1"):
        yield folder


def test_a_flow_reaches_and_writes_nothing_else(committed: Cast, model: ModelServer, traced: Path):
    model.answering(answers.judging(answers.first_option))

    flow_of(committed, inventory())

    assert model.asked
    trace = _read(line for path in traced.glob("trace.*") for line in path.read_text().splitlines())
    ports = {urlsplit(url).port for url in (settings.REDIS_URL, model.url)}
    ports |= {int(settings.DATABASES["default"]["PORT"])}
    assert trace.reached - _OF_THE_SYSTEM <= {f"127.0.0.1:{port}" for port in ports}
    assert f"127.0.0.1:{model.port}" in trace.reached, "strace saw the model being asked"
    ours = str(traced / "data")
    elsewhere = {path for path in trace.written if not path.startswith((ours, "/dev/", "/proc/"))}
    assert elsewhere == set()
    assert any(path.startswith(ours) for path in trace.written), "strace saw what is written"
