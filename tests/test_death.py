"""Workers that are killed in the middle: nothing is lost, nothing is written twice."""

import os
import signal
import subprocess
import time
from typing import Any

import psutil
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from tests.people import Cast
from tests.test_contract_flows import FLOWS, IMPORTS, wait_for_flow

ROWS = 60_000  # three chunks of asset_creation, so that there is a middle to kill in


def inventory() -> bytes:
    lines = [f"srv-{n:06},server,SN{n:08},{n % 64 + 1}" for n in range(ROWS)]
    return "\n".join(["Name,Type,Serial Number,CPUs", *lines]).encode()


def kill_pool(worker: subprocess.Popen[bytes]) -> None:
    """SIGKILL to every process that works for Celery's main one: none of them can tidy up."""
    for child in psutil.Process(worker.pid).children(recursive=True):
        os.kill(child.pid, signal.SIGKILL)


def start_flow(client: Any) -> str:
    upload = SimpleUploadedFile("estate.csv", inventory())
    import_id = client.post(IMPORTS, {"file": upload}, format="multipart").json()["id"]
    started = client.post(FLOWS, {"flow_name": "f", "data_import_id": import_id}).json()
    return str(started["flow_id"])


def assert_nothing_lost(client: Any, flow_id: str) -> None:
    flow = wait_for_flow(client, flow_id)
    assert flow["status"] == "completed", flow
    assert flow["results"]["assets_created"] == flow["results"]["assets_discovered"] == ROWS
    assert client.get("/api/v1/assets/").json()["total"] == ROWS
    events = client.get(f"/api/v1/flows/{flow_id}/events").json()["items"]
    assert "phase_resumed" in {event["kind"] for event in events}


def test_a_flow_survives_its_worker(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow_id = start_flow(client)

    deadline = time.monotonic() + 60
    done = 0
    while not 0 < done < ROWS and time.monotonic() < deadline:
        phases = client.get(f"/api/v1/flows/{flow_id}").json()["phases"]
        done = next(p["done"] for p in phases if p["name"] == "asset_creation")
    assert 0 < done < ROWS, "the kill comes in the middle of a phase"
    kill_pool(worker)

    assert_nothing_lost(client, flow_id)


def test_a_flow_survives_its_database_connection(committed: Cast, worker: Any):
    """The connection breaks in the middle of a COPY, whose errors Django does not wrap."""
    client = committed["contributor"]
    flow_id = start_flow(client)

    deadline = time.monotonic() + 60
    terminated = 0
    while not terminated and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'COPY appended%%' AND state = 'active'"
            )
            terminated = cursor.rowcount
    assert terminated, "the connection breaks in the middle of a phase"

    assert_nothing_lost(client, flow_id)
