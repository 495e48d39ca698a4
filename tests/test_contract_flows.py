"""contract.md section 5: imports and discovery flows, with a real worker."""

import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from rest_framework.test import APIClient

from discovery.phases.order import PHASES
from tests.people import Cast

IMPORTS = "/api/v1/data-import/"
FLOWS = "/api/v1/discovery/flows"
ROWS = {
    "source_type": "csv",
    "file_name": "x.csv",
    "data_rows": [
        {"name": "Server1", "type": "server", "env": "prod", "depends on": "db1"},
        {"name": "db1", "type": "database", "env": "prod"},
    ],
}


def wait_for_flow(client: APIClient, flow_id: str, seconds: float = 60) -> dict[str, Any]:
    """Polls until the flow has come to rest; progress must not go back on the way."""
    deadline = time.monotonic() + seconds
    last = 0.0
    while time.monotonic() < deadline:
        flow: dict[str, Any] = client.get(f"/api/v1/flows/{flow_id}").json()
        assert flow["progress_percentage"] >= last
        last = flow["progress_percentage"]
        if flow["status"] != "running":
            return flow
        time.sleep(0.05)
    raise AssertionError(f"the flow did not come to rest within {seconds} s: {flow}")


def run_flow(client: APIClient, **body: Any) -> dict[str, Any]:
    started = client.post(FLOWS, {"flow_name": "a flow", **body})
    assert started.status_code == 201, started.content
    return wait_for_flow(client, started.json()["flow_id"])


def test_5_rows_become_an_import(cast: Cast):
    answer = cast["contributor"].post(IMPORTS, ROWS)

    assert answer.status_code == 201
    assert UUID(answer.json()["id"])
    detail = cast["viewer"].get(f"{IMPORTS}{answer.json()['id']}").json()
    assert (detail["file_name"], detail["row_count"]) == ("x.csv", 2)


def test_5_a_flow_answers_at_once_and_runs(cast: Cast):
    client = cast["contributor"]
    data_import = client.post(IMPORTS, ROWS).json()

    answer = client.post(
        FLOWS, {"flow_name": "f", "data_import_id": data_import["id"], "description": "d"}
    )

    assert answer.status_code == 201
    started = answer.json()
    assert (started["flow_name"], started["status"]) == ("f", "running")
    assert started["current_phase"] == "initialization"
    assert started["progress_percentage"] == 0
    assert client.get(f"{FLOWS}/{started['flow_id']}").json()["flow_id"] == started["flow_id"]
    assert client.get(f"/api/v1/flows/{started['flow_id']}/").status_code == 200


def test_5_an_unknown_or_foreign_import_is_400_with_error(cast: Cast):
    foreign = cast.stranger_at_home.post(IMPORTS, ROWS).json()["id"]

    for import_id in (str(uuid4()), foreign, "7"):
        answer = cast["contributor"].post(FLOWS, {"flow_name": "f", "data_import_id": import_id})
        assert answer.status_code == 400
        assert answer.json()["error"]


@pytest.mark.parametrize(
    "rows", [[], {}, "x", [1], [[]], None], ids=["none", "object", "text", "number", "list", "null"]
)
def test_5_rows_that_are_none_are_refused(cast: Cast, rows: Any):
    assert cast["contributor"].post(IMPORTS, ROWS | {"data_rows": rows}).status_code == 422


def test_5_a_completed_flow_tells_its_results(committed: Cast, worker: Any):
    client = committed["contributor"]
    data_import = client.post(IMPORTS, ROWS).json()

    flow = run_flow(client, data_import_id=data_import["id"])

    assert flow["status"] == "completed", flow
    assert flow["current_phase"] == "completed"
    assert flow["progress_percentage"] == 100.0
    assert flow["results"]["assets_discovered"] == 2
    assert flow["results"]["dependencies_mapped"] == 1
    assert flow["results"]["field_mappings_created"] == 4
    assert 0 < flow["results"]["confidence_score"] <= 1
    assert flow["execution_time"] > 0
    for insight in flow["agent_insights"]:
        assert set(insight) == {"agent", "insight", "confidence"}
        assert insight["agent"] == "rules"
    assert [phase["name"] for phase in flow["phases"]] == list(PHASES)
    assets = client.get("/api/v1/assets/").json()["items"]
    assert [(a["name"], a["asset_type"], a["environment"]) for a in assets] == [
        ("db1", "database", "prod"),
        ("Server1", "server", "prod"),
    ]
    edge = client.get("/api/v1/dependencies/").json()["items"][0]
    assert (edge["source_asset"]["name"], edge["target_asset"]["name"]) == ("Server1", "db1")
    assert edge["origin"] == "declared"


def test_5_what_a_flow_did_can_be_read(committed: Cast, worker: Any):
    client = committed["contributor"]
    csv = b"name;type;RAM (MB);Colour\nweb1;server;4096;red\nweb2;server;plenty;blue\n"
    csv += b"web3;server;8192;red\nweb4;server;16384;red\n"
    upload = SimpleUploadedFile("servers.csv", csv)
    data_import = client.post(IMPORTS, {"file": upload}, format="multipart").json()
    flow = run_flow(client, data_import_id=data_import["id"])
    assert flow["status"] == "completed", flow

    mappings = client.get(f"/api/v1/flows/{flow['flow_id']}/field-mappings").json()["items"]
    by_column = {mapping["source_field"]: mapping for mapping in mappings}
    ram = by_column["RAM (MB)"]
    assert ram["target_field"] == "memory_gb"
    assert ram["source_unit"] == "MiB"
    assert ram["table"] == "servers"
    assert (ram["source"], ram["status"]) == ("rule", "applied")
    assert 0 < ram["confidence"] <= 1
    assert ram["evidence"]
    assert ram["sample_values"] == ["4096", "plenty", "8192", "16384"]
    assert by_column["Colour"]["target_field"] is None
    assert by_column["Colour"]["status"] == "unmapped"

    findings = client.get(f"/api/v1/flows/{flow['flow_id']}/findings").json()["items"]
    assert [(f["table"], f["row"], f["column"], f["value"]) for f in findings] == [
        ("servers", 3, "RAM (MB)", "plenty")
    ]
    web2 = client.get("/api/v1/assets/?name=web2").json()["items"][0]
    assert "memory_gb" not in web2
    assert web2["attributes"] == {"RAM (MB)": "plenty", "Colour": "blue"}
    place = web2["sources"][data_import["id"]]
    assert (place["table"], place["row"]) == ("servers", 3)
    web1 = client.get("/api/v1/assets/?name=web1").json()["items"][0]
    assert web1["memory_gb"] == 4

    events = client.get(f"/api/v1/flows/{flow['flow_id']}/events").json()["items"]
    assert events[0]["kind"] == "started"
    assert events[-1]["kind"] == "completed"
    detail = client.get(f"{IMPORTS}{data_import['id']}").json()
    assert detail["status"] == "read"
    table = detail["tables"][0]
    assert (table["delimiter"], table["header_row"], table["row_count"]) == (";", 1, 4)
    assert table["preview"][0] == ["2", "web1", "server", "4096", "red"]


def test_5_without_an_import_a_flow_analyses_what_is_there(committed: Cast, worker: Any):
    client = committed["contributor"]
    client.post("/api/v1/assets/", {"name": "host", "asset_type": "server"})
    client.post(
        "/api/v1/assets/",
        {"name": "vm", "asset_type": "virtual_machine", "virtualization_host": "HOST"},
    )

    flow = run_flow(client)

    assert flow["status"] == "completed", flow
    statuses = {phase["name"]: phase["status"] for phase in flow["phases"]}
    assert statuses["data_import"] == statuses["asset_creation"] == "skipped"
    edge = client.get("/api/v1/dependencies/").json()["items"][0]
    assert (edge["dependency_type"], edge["origin"]) == ("runs_on", "placement")
    assert flow["results"]["dependencies_mapped"] == 1


def test_5_a_second_import_of_the_same_file_changes_nothing(committed: Cast, worker: Any):
    client = committed["contributor"]
    first = run_flow(client, data_import_id=client.post(IMPORTS, ROWS).json()["id"])
    before = client.get("/api/v1/assets/").json()["items"]

    again = run_flow(client, data_import_id=first["data_import_id"])

    assert again["results"]["assets_unchanged"] == 2
    assert again["results"]["assets_created"] == again["results"]["assets_updated"] == 0
    assert client.get("/api/v1/assets/").json()["items"] == before
    assert client.get("/api/v1/dependencies/").json()["total"] == 1


def test_5_a_persons_edit_is_kept_and_shown(committed: Cast, worker: Any):
    client = committed["contributor"]
    first = run_flow(client, data_import_id=client.post(IMPORTS, ROWS).json()["id"])
    asset = client.get("/api/v1/assets/?name=Server1").json()["items"][0]
    client.patch(f"/api/v1/assets/{asset['id']}", {"environment": "dev"})

    again = run_flow(client, data_import_id=first["data_import_id"])

    assert client.get(f"/api/v1/assets/{asset['id']}").json()["environment"] == "dev"
    findings = client.get(f"/api/v1/flows/{again['flow_id']}/findings").json()["items"]
    assert [(f["target"], f["value"]) for f in findings] == [("environment", "prod")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8),
        ("broken.xlsx", b"PK\x03\x04" + b"\0" * 50),
        ("header.csv", b"name,type\n"),
    ],
)
def test_5_a_file_that_cannot_be_used_fails_with_a_cause(
    committed: Cast, worker: Any, name: str, content: bytes
):
    client = committed["contributor"]
    upload = SimpleUploadedFile(name, content)
    handed_in = client.post(IMPORTS, {"file": upload}, format="multipart")
    if handed_in.status_code == 422:
        assert handed_in.json()["error"]["details"]["field_errors"][0]["field"] == "file"
        return

    flow = run_flow(client, data_import_id=handed_in.json()["id"])

    assert flow["status"] == "failed"
    assert flow["error"].endswith(".")
    assert flow["error_code"]
    assert client.get("/api/v1/assets/").json()["total"] == 0


def test_moves_of_a_flow(cast: Cast):
    client = cast["contributor"]
    flow_id = client.post(FLOWS, {"flow_name": "f"}).json()["flow_id"]

    def move(name: str) -> Any:
        return client.post(f"/api/v1/flows/{flow_id}/{name}", {})

    assert move("pause").json()["status"] == "paused"
    refused = move("pause")
    assert refused.status_code == 409
    assert refused.json()["error"]["details"] == {
        "status": "paused",
        "allowed": ["running", "cancelled"],
    }
    assert move("resume").json()["status"] == "running"
    assert cast["admin"].delete(f"/api/v1/flows/{flow_id}").status_code == 409
    assert move("cancel").json()["status"] == "cancelled"
    for name in ("pause", "resume", "retry", "cancel"):
        assert move(name).status_code == 409
    assert cast["admin"].delete(f"/api/v1/flows/{flow_id}").status_code == 204


def test_a_completed_flow_runs_again_from_a_phase(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = run_flow(client, data_import_id=client.post(IMPORTS, ROWS).json()["id"])

    again = client.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "asset_creation"})
    assert again.json()["status"] == "running"
    assert 0 < again.json()["progress_percentage"] < 100
    flow = wait_for_flow(client, flow["flow_id"])

    assert flow["status"] == "completed"
    assert flow["results"]["assets_unchanged"] == 2


def test_imports_are_deleted_by_admins_with_their_files(committed: Cast):
    from discovery.models import DataImport

    import_id = committed["contributor"].post(IMPORTS, ROWS).json()["id"]
    with committed.scope(), transaction.atomic():
        upload = DataImport.objects.get(pk=import_id).upload
    assert upload.storage.exists(upload.name)

    assert committed["contributor"].delete(f"{IMPORTS}{import_id}").status_code == 403
    assert committed["admin"].delete(f"{IMPORTS}{import_id}").status_code == 204

    assert not upload.storage.exists(upload.name)
    assert committed["admin"].get(f"{IMPORTS}{import_id}").status_code == 404
