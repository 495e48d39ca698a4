"""A worker asks for weeks: what a call leaves behind in its process must be nothing."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests import model_answers as answers
from tests.agents import model
from tests.conftest import ROOT
from tests.model_server import ModelServer

__all__ = ["model"]

# Run as a worker does: settings first, then the adapter.
ASKING = """
import contextlib, contextvars, gc, json, os, signal, sys, threading
import django
django.setup()

def hooks():
    handlers = [str(signal.getsignal(number)) for number in signal.valid_signals()]
    return [*handlers, sys.excepthook, threading.excepthook, os.environ["HOME"]]

def kept():
    gc.collect()
    return {
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
        "variables": len(contextvars.copy_context()),
    }

before = hooks()
from discovery.agents import crew
from discovery.agents.port import AgentFailed, Bounds
from discovery.agents.verdicts import Item, question

def ask(number):
    items = [Item("c1", {"column": f"Column {number}"})]
    asked = question("field_mapping_analyst", "p", items, {"name": "n", "owner": "o"}, {})
    with contextlib.suppress(AgentFailed):
        crew.ask(asked, Bounds(2, 5.0, 2**20, 1000))

ask(0)  # what the first call makes may stay
first = kept()
for number in range(60):
    ask(number)
print(json.dumps({"first": first, "last": kept(), "unchanged": before == hooks()}))
"""


@pytest.mark.parametrize(
    "way",
    [
        answers.judging(answers.first_option),
        answers.judging(answers.no_option),
        answers.hanging_up,
    ],
    ids=["right", "invalid", "hanging up"],
)
def test_many_calls_leave_nothing_behind(model: ModelServer, way: Any, tmp_path: Any):
    model.answering(way)
    environment = os.environ | model.environment | {"DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR"}

    done = subprocess.run(
        [sys.executable, "-c", ASKING],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(model.asked) in {61, 122}
    assert told["unchanged"], "signal handlers, hooks and the home are the worker's"
    assert told["first"] == told["last"]
