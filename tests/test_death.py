"""Workers that are killed in the middle: nothing is lost, nothing is written twice."""

import os
import signal
import subprocess
import time
from typing import Any

import psutil
from django.core.files.uploadedfile import SimpleUploadedFile

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


def test_a_flow_survives_its_worker(committed: Cast, worker: Any):
    client = committed["contributor"]
    upload = SimpleUploadedFile("estate.csv", inventory())
    import_id = client.post(IMPORTS, {"file": upload}, format="multipart").json()["id"]
    flow_id = client.post(FLOWS, {"flow_name": "f", "data_import_id": import_id}).json()["flow_id"]

    deadline = time.monotonic() + 60
    done = 0
    while not 0 < done < ROWS and time.monotonic() < deadline:
        phases = client.get(f"/api/v1/flows/{flow_id}").json()["phases"]
        done = next(p["done"] for p in phases if p["name"] == "asset_creation")
    assert 0 < done < ROWS, "the kill comes in the middle of a phase"
    kill_pool(worker)
    flow = wait_for_flow(client, flow_id)

    assert flow["status"] == "completed", flow
    assert flow["results"]["assets_created"] == flow["results"]["assets_discovered"] == ROWS
    assert client.get("/api/v1/assets/").json()["total"] == ROWS
    events = client.get(f"/api/v1/flows/{flow_id}/events").json()["items"]
    assert "phase_resumed" in {event["kind"] for event in events}
