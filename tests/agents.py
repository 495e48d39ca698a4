"""Workers that ask the model of the tests, on a queue and a DATA_DIR of their own.

A test module imports the fixtures `model` and `asking_worker` and names them in its `__all__`.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery import current_app
from django.conf import settings
from django.test import override_settings

from tests.conftest import start_celery
from tests.model_answers import unknown_model
from tests.model_server import ModelServer

_READY = b" ready."


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    """A language model on this machine, which answers as `model.answering(way)` tells it."""
    with ModelServer(unknown_model) as server:
        yield server


@pytest.fixture(scope="module")
def asking_worker(
    django_db_setup: None, model: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the module that asks `model`; flows that are started meanwhile are its own."""
    with worker_that_asks(model, tmp_path_factory.mktemp("asking"), LLM_TIMEOUT="2") as process:
        yield process


@contextmanager
def worker_that_asks(
    server: ModelServer, folder: Path, *before: str, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with the settings of `server`; what this process starts meanwhile goes to it.

    `before` stands before the command: a tracer, say.
    """
    queue = _other_database(settings.REDIS_URL)
    told = server.environment | {"DATA_DIR": str(folder / "data"), "REDIS_URL": queue}
    pool = ["--concurrency=1", "--loglevel=INFO", "--without-mingle", "--without-gossip"]
    process = start_celery(folder, "worker", *pool, before=before, **(told | environment))
    try:
        _wait_until_ready(process, folder / "worker.log")
        with _sending_to(queue), override_settings(MEDIA_ROOT=folder / "data" / "uploads"):
            yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _other_database(url: str) -> str:
    """Of the same Redis: other workers of the tests must not take the messages."""
    return urlsplit(url)._replace(path="/9").geturl()


@contextmanager
def _sending_to(queue: str) -> Iterator[None]:
    before = current_app.conf.broker_url
    _connect(queue)
    try:
        yield
    finally:
        _connect(before)


def _connect(url: str) -> None:
    """Celery keeps its pools, of the queue that it knew first. Kombu keeps one for each queue."""
    current_app._pool = current_app.amqp._producer_pool = None
    current_app.conf.broker_url = url


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while _READY not in log.read_bytes():
        said = log.read_text(errors="replace")[-2000:]
        assert process.poll() is None, f"the worker ended at its start:\n{said}"
        assert time.monotonic() < deadline, f"the worker did not start in {seconds} s:\n{said}"
        time.sleep(0.05)
