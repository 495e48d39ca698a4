"""Hostile and odd inventories through the whole pipeline: a clear end, nothing half-written."""

import subprocess
from typing import Any

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from discovery.models import ImportTable
from tests import hostile
from tests.people import Cast
from tests.test_contract_flows import FLOWS, IMPORTS, ROWS, run_flow, wait_for_flow

HEADER = (
    b"Name,Type,CPU Cores,Memory (GB),Monthly Cost,IP Address,Install Date,MAC Address,Port,Notes\n"
)
CELLS = [
    b"a,server,99999999999999999999,1e308,1e300,999.1.1.1,0000-00-00,zz:zz,70000,\x00nul",
    b"b,server,-1,NaN,inf,10.0.0.1/33,31.02.2024,00:00:00:00:00:00,-5," + b"x" * 20_000,
    b"c,server,4,8,123456789012345678901234567890.99,::1,9999-12-31,,80;443,=cmd|' /C calc'!A0",
    b'd,server,"4,5",abc,-5,fe80::1%eth0,1.1.1,00-50-56-AB-CD-EF,"80, x",{"a": "\xc3\xbc"}',
    b"e,server,2,4,10,10.0.0.7,2024-01-31,00:50:56:ab:cd:ef,22,[1; drop table assets_asset--",
    # So that most rows are as they should be: a column of nonsense alone is nothing to clean.
    *(b"%c,server,8,16,20,10.0.0.%d,2024-02-01,,443," % (name, name) for name in b"fghij"),
]


def hand_in(client: Any, name: str, content: bytes) -> Any:
    return client.post(
        IMPORTS, {"file": SimpleUploadedFile(name, content)}, format="multipart"
    ).json()


def test_cells_of_every_bad_kind_end_in_findings(committed: Cast, worker: Any):
    client = committed["contributor"]

    flow = run_flow(
        client, data_import_id=hand_in(client, "x.csv", HEADER + b"\n".join(CELLS))["id"]
    )

    assert flow["status"] == "completed", flow
    assets = client.get("/api/v1/assets/").json()["items"]
    assert [asset["name"] for asset in assets] == list("abcdefghij")
    good = assets[4]
    assert (good["cpu_cores"], good["memory_gb"], good["monthly_cost"]) == (2, 4, 10)
    assert (good["ip_address"], good["port"]) == ("10.0.0.7", [22])
    for bad in assets[:2]:
        assert not {"cpu_cores", "memory_gb", "monthly_cost", "install_date"} & set(bad)
    findings = client.get(f"/api/v1/flows/{flow['flow_id']}/findings?page_size=1000").json()
    places = {(f["row"], f["column"]) for f in findings["items"]}
    assert {(2, "CPU Cores"), (2, "IP Address"), (3, "Install Date"), (5, "Memory (GB)")} <= places


HURTFUL = {
    "bomb.xlsx": hostile.bomb,
    "lying.xlsx": hostile.lying_bomb,
    "far.xlsx": hostile.far_cell,
    "unnamed.xlsx": hostile.far_cell_without_reference,
    "count.xlsx": hostile.absurd_count,
    "laughs.xlsx": hostile.laughing_strings,
    "files.xlsx": hostile.many_files,
    "nested.zip": hostile.nested_zip,
    "extent.xls": hostile.xls_absurd_extent,
    "far.xls": hostile.xls_far_cell,
    "wide.csv": lambda: b",".join(b"c%d" % n for n in range(50_000)) + b"\n1,2\n",
    "cell.csv": lambda: b"name,type\na," + b"x" * 30_000_000 + b"\n",
    "quote.csv": lambda: b'name,type\na,"server\n' + b"b,server\n" * 100_000,
    "commas.csv": lambda: b",,,,\n" * 1000,
    "header.csv": lambda: b"name,type\n",
    "nul.csv": lambda: bytes(100_000),
    "brackets.json": lambda: b"[" * 100_000 + b"]" * 100_000,
    "broken.ndjson": lambda: b'{"name": "a"}\n{"name": \n',
}


def pool(worker: "subprocess.Popen[bytes]") -> set[int]:
    return {child.pid for child in psutil.Process(worker.pid).children()}


@pytest.mark.parametrize("name", HURTFUL)
def test_files_made_to_hurt_are_refused_with_a_cause(
    committed: Cast, worker: "subprocess.Popen[bytes]", name: str
):
    client = committed["contributor"]
    before = pool(worker)

    flow = run_flow(client, data_import_id=hand_in(client, name, HURTFUL[name]())["id"])

    assert flow["status"] == "failed", flow
    assert flow["error_code"] not in {"internal", "worker_died"}, flow["error"]
    assert flow["error"].endswith(".")
    assert not flow["retryable"]
    assert pool(worker) == before, "no process of the worker ended"
    assert client.get("/api/v1/assets/").json()["total"] == 0
    with committed.scope(), transaction.atomic():
        assert not ImportTable.objects.filter(row_count__gt=0).exists()


@pytest.mark.parametrize("made", [hostile.declared_rows, hostile.odd_names])
def test_files_that_only_look_hurtful_are_read(committed: Cast, worker: Any, made: Any):
    client = committed["contributor"]
    upload = hand_in(client, "x.xlsx", made())
    assert run_flow(client, data_import_id=upload["id"])["status"] == "completed"
    detail = client.get(f"{IMPORTS}{upload['id']}").json()
    assert [table["preview"] for table in detail["tables"]] == [[["2", "a"]]]


def test_the_same_inventory_in_four_flows_at_once_is_one_inventory(committed: Cast, worker: Any):
    client = committed["contributor"]
    started = [
        client.post(
            FLOWS, {"flow_name": "f", "data_import_id": client.post(IMPORTS, ROWS).json()["id"]}
        ).json()
        for _ in range(4)
    ]

    ended = [wait_for_flow(client, flow["flow_id"])["status"] for flow in started]

    assert ended == ["completed"] * 4
    assert client.get("/api/v1/assets/").json()["total"] == 2
    assert client.get("/api/v1/dependencies/").json()["total"] == 1


def import_rows(client: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    body = {"source_type": "json", "file_name": "rows.json", "data_rows": rows}
    flow = run_flow(client, data_import_id=client.post(IMPORTS, body).json()["id"])
    assert flow["status"] == "completed", flow
    return flow


def test_a_header_of_any_length_is_only_a_column(committed: Cast, worker: Any):
    import_rows(committed["contributor"], [{"name": "a", "type": "server", "x" * 3000: "1"}])

    assert committed["viewer"].get("/api/v1/assets/").json()["total"] == 1


def test_rows_without_columns_are_refused(cast: Cast):
    body = {"data_rows": [{}, {}]}

    assert cast["contributor"].post(IMPORTS, body).status_code == 422


def test_rows_that_are_taken_for_no_assets_are_said(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = import_rows(client, [{"id": "1", "name": "Poznań"}, {"id": "2", "name": "Kiel"}])

    findings = client.get(f"/api/v1/flows/{flow['flow_id']}/findings").json()["items"]
    assert client.get("/api/v1/assets/").json()["total"] == 0
    assert "Its 2 row(s) were taken for no assets" in findings[0]["reason"]


def test_a_machine_that_moved_runs_on_its_new_host_alone(committed: Cast, worker: Any):
    client = committed["contributor"]
    hosts = [{"name": f"esx{n}", "type": "server"} for n in (1, 2)]
    for host in ("esx1", "esx2"):
        machine = {"name": "vm1", "type": "virtual machine", "Hypervisor": host}
        import_rows(client, [*hosts, machine])

    edges = client.get("/api/v1/dependencies/?dependency_type=runs_on").json()["items"]
    assert [edge["target_asset"]["name"] for edge in edges] == ["esx2"]


def test_things_of_one_name_stay_two_however_often_they_come(committed: Cast, worker: Any):
    client = committed["contributor"]
    rows = [{"name": "web", "type": "server"}, {"name": "web", "type": "application"}]
    for _ in range(3):
        import_rows(client, rows)

    assert client.get("/api/v1/assets/").json()["total"] == 2


def test_ids_of_one_kind_that_differ_mean_two_machines(committed: Cast, worker: Any):
    client = committed["contributor"]
    for vm_id in ("vm-99", "vm-100"):
        import_rows(client, [{"VM": "web", "VM ID": vm_id, "CPUs": 4}])

    assert client.get("/api/v1/assets/").json()["total"] == 2


def test_results_speak_of_the_import_alone(committed: Cast, worker: Any):
    client = committed["contributor"]
    import_rows(client, [{"name": "a", "type": "server", "depends on": "missing"}])

    second = import_rows(client, [{"name": "b", "type": "server", "env": "prod"}])

    assert second["results"]["dependencies_mapped"] == 0
    assert second["results"]["findings"] == 0
