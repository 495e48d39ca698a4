"""Real exports through the API: each flow completes or says why not; none invents assets."""

import csv
import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.people import Cast
from tests.test_contract_flows import IMPORTS, run_flow, wait_for_flow
from tests.test_flow_samples import everything

HEADERS_ONLY = (
    "aws-cmf/cmf_default_schema_app.csv",
    "aws-cmf/cmf_default_schema_database.csv",
    "aws-cmf/cmf_default_schema_server.csv",
    "aws-cmf/cmf_default_schema_wave.csv",
    "aws-cmf/migration-intake-form.empty.csv",
    "azure-migrate-import/azure_migrate_docs_fields.csv",
    "gcp-migration-center/diskInfo.csv",
    "gcp-migration-center/perfInfo.csv",
    "gcp-migration-center/tagInfo.csv",
    "gcp-migration-center/vmInfo.csv",
    "servicenow-tables/cmdb_ci_server.csv",
    "servicenow-tables/cmdb_ci_service.csv",
)

_MACHINES = ("sample-web-01", "sample-db-01", "sample-archive-01")

# Assets by type and dependencies by type that each file states.
EXPECTED: dict[str, tuple[dict[str | None, int], dict[str, int]]] = {
    # Eight machines, although two of them bear the same full name by mistake.
    "aws-cmf/mgn-automation-server-list.csv": ({"server": 8}, {}),
    "aws-cmf/migration-intake-form.example.csv": ({"server": 8}, {}),
    "aws-export-for-vcenter/vcexport_tabvPerformance.csv": ({}, {}),  # samples of machines unknown
    "azure-migrate-dependencies/dependency-export-sample.csv": ({}, {}),  # edges, no assets
    "deathstarbench/socialnetwork_trace_spans.csv": ({}, {}),
    "glpi-inventory/computer_1.json": ({"workstation": 1}, {}),
    "glpi-inventory/computer_2.json": ({None: 1, "virtual_machine": 6}, {}),
    "glpi-inventory/computer_2_partial_dbs.json": ({None: 1, "database": 5}, {}),
    "glpi-inventory/computer_2_partial_vms.json": ({None: 1, "virtual_machine": 6}, {}),
    "glpi-inventory/networkequipment_1.json": ({"network": 1}, {}),
    # Each pair of nodes once, whatever it speaks; a node that calls itself needs nothing.
    "kiali/test_ambient_graph.json": ({"service": 4}, {"depends_on": 5}),
    "kiali/test_app_graph.json": (
        {"application": 8, "service": 2, None: 1},
        {"depends_on": 12},
    ),
    "kiali/test_complex_graph.json": (
        {"application": 6, "service": 3, None: 1},
        {"depends_on": 8},
    ),
    "kiali/test_service_graph.json": ({"service": 9, None: 1}, {"depends_on": 11}),
    "kiali/test_versioned_app_graph.json": (
        {"application": 10, "service": 2, None: 2},
        {"depends_on": 15},
    ),
    "kiali/test_workload_graph.json": ({"service": 12, None: 1}, {"depends_on": 15}),
    "konveyor/fixture_app_name_with_spaces.csv": ({"application": 1}, {}),
    "konveyor/fixture_app_name_with_spaces_21.csv": ({"application": 1}, {}),
    "konveyor/fixture_desc_comments_char_limit_rows.csv": ({"application": 2}, {}),
    "konveyor/fixture_invalid_column_schema.csv": ({"application": 2}, {}),
    "konveyor/fixture_invalid_schema_21.csv": ({"application": 2}, {}),
    "konveyor/fixture_lantik_bug.csv": ({"application": 1}, {}),
    "konveyor/fixture_mandatory_and_empty_row_21.csv": ({"application": 2}, {}),
    "konveyor/fixture_mandatory_and_empty_rows.csv": ({"application": 2}, {}),
    "konveyor/fixture_missing_application_name.csv": ({}, {}),
    "konveyor/fixture_missing_business_21.csv": ({"application": 1}, {}),
    "konveyor/fixture_missing_tags_and_bs.csv": ({"application": 2}, {}),
    "konveyor/fixture_non_existing_tags_business_service_rows.csv": ({"application": 2}, {}),
    "konveyor/fixture_template_application_import.csv": ({"application": 3}, {"depends_on": 2}),
    "konveyor/fixture_valid_application_rows.csv": ({"application": 2}, {}),
    "konveyor/hub_template_application_import.csv": ({"application": 3}, {"depends_on": 2}),
    "konveyor/sample-applications.csv": ({"application": 3}, {"depends_on": 2}),
    "konveyor/ui_template_application_import.csv": ({"application": 3}, {}),
    "misc-server-lists/mvt_serverlist.csv": ({"server": 7}, {}),
    "netbox/device_import.csv": ({None: 3}, {}),  # what "Device Role 1" is, the file does not say
    "netbox/inventoryitem_import.csv": ({}, {}),
    "netbox/ipaddress_import.csv": ({}, {}),
    "netbox/rack_import.csv": ({}, {}),
    "netbox/service_import.csv": ({"service": 4}, {}),
    "netbox/site_import.csv": ({}, {}),
    "netbox/virtualmachine_import.csv": ({"virtual_machine": 3}, {}),
    # Connections of machines that no table lists.
    "netstat/centos-7.7_netstat-p.json": ({}, {}),
    "netstat/centos-7.7_netstat-sudo-lnp.json": ({}, {}),
    "netstat/centos-7.7_netstat.json": ({}, {}),
    "netstat/centos-7.7_ss-sudo-a.json": ({}, {}),
    "netstat/fedora32_netstat.json": ({}, {}),
    "netstat/freebsd12_netstat-an.json": ({}, {}),
    "netstat/generic_ss-wide.json": ({}, {}),
    "netstat/osx-10.14.6_netstat-An.json": ({}, {}),
    "netstat/windows_windows-10_netstat-an.json": ({}, {}),
    "netstat/windows_windows-10_netstat-aon.json": ({}, {}),
    "netstat/windows_windows-10_netstat-aonb.json": ({}, {}),
    "netstat/windows_windows-10_netstat.json": ({}, {}),
    # One machine, whose network cards stand in a table of their own.
    "netstat/windows_windows-10_systeminfo-hyperv-utc.json": ({None: 1}, {}),
    "netstat/windows_windows-10_systeminfo-hyperv.json": ({None: 1}, {}),
    "netstat/windows_windows-10_systeminfo.json": ({None: 1}, {}),
    "netstat/windows_windows-2012r2_systeminfo.json": ({None: 1}, {}),
    "netstat/windows_windows-7_systeminfo.json": ({None: 1}, {}),
    "ralph/management_ip_blank.csv": ({None: 1}, {}),
    "ralph/rack.csv": ({}, {}),
    "ralph/regions.csv": ({}, {}),
    "ralph/server_room.csv": ({}, {}),
    "ralph/warehouses.csv": ({}, {}),
    "ralph/warehouses_semicolon.csv": ({}, {}),
    "ralph/warehouses_tab.csv": ({}, {}),
    # 51 machines name one of the 34 hosts of the file; the others' hosts bear other names there.
    "rvtools-ibm-workshop/SizingWorkshop-RVTools.xlsx": (
        {"virtual_machine": 805, "server": 34},
        {"runs_on": 51},
    ),
    "rvtools-ibm-workshop/rvtools-small-complete.xlsx": (
        {"virtual_machine": 3, "cluster": 1, "server": 2},
        {"runs_on": 3, "part_of": 3},
    ),
    "servicenow-joined/cmdb.csv": ({"server": 109}, {}),
    "vuln-scanners/tenable_nessus_nessus_many_vuln.csv": ({}, {}),
    "vuln-scanners/tenable_tenable_many_vuln.csv": ({}, {}),
}


def flow_over(cast: Cast, path: Path) -> dict[str, Any]:
    client = cast["contributor"]
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    handed_in = client.post(IMPORTS, {"file": upload}, format="multipart")
    assert handed_in.status_code == 201, handed_in.content
    return run_flow(client, data_import_id=handed_in.json()["id"])


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_becomes_what_it_states(
    committed: Cast, worker: Any, inventory_data: Path, name: str
):
    flow = flow_over(committed, inventory_data / "exports" / name)

    assert flow["status"] == "completed", flow
    assets = Counter(a.get("asset_type") for a in everything(committed["viewer"], "assets"))
    edges = everything(committed["viewer"], "dependencies")
    assert (assets, Counter(edge["dependency_type"] for edge in edges)) == EXPECTED[name]


@pytest.mark.parametrize("name", HEADERS_ONLY)
def test_an_export_without_rows_says_so(
    committed: Cast, worker: Any, inventory_data: Path, name: str
):
    flow = flow_over(committed, inventory_data / "exports" / name)

    assert (flow["status"], flow["error_code"]) == ("failed", "no_rows")
    assert committed["viewer"].get("/api/v1/assets/").json()["total"] == 0


def test_a_template_shows_how_its_columns_would_be_mapped(
    committed: Cast, worker: Any, inventory_data: Path
):
    """Also when it is tried again: what stands in a file does not change by that."""
    client = committed["contributor"]
    flow = flow_over(committed, inventory_data / "exports/gcp-migration-center/diskInfo.csv")
    assert flow["current_phase"] == "asset_creation"
    assert flow["error"] == (
        "diskInfo.csv has headers at most, and no rows. Export it again with data."
    )
    mappings = client.get(f"/api/v1/flows/{flow['flow_id']}/field-mappings").json()["items"]
    assert {m["source_field"]: m["target_field"] for m in mappings} == {
        "MachineId": "external_id",
        "DiskLabel": None,
        "SizeInGib": "storage_gb",
        "UsedInGib": "storage_used_gb",
        "StorageTypeLabel": None,
    }
    client.post(f"/api/v1/flows/{flow['flow_id']}/retry")
    again = wait_for_flow(client, flow["flow_id"])
    assert (again["status"], again["error_code"]) == ("failed", "no_rows")


def test_a_protected_workbook_says_so(committed: Cast, worker: Any, inventory_data: Path):
    folder = inventory_data / "exports" / "azure-migrate-encrypted"
    flow = flow_over(committed, folder / "AzureMigrate_Discovery_Report_IRM.xlsx")

    assert (flow["status"], flow["error_code"]) == ("failed", "encrypted")
    assert "password" in flow["error"]


def test_the_machines_of_the_sizing_workshop(committed: Cast, worker: Any, inventory_data: Path):
    """805 machines, each once although five tabs describe it, with memory in GiB."""
    flow_over(
        committed, inventory_data / "exports/rvtools-ibm-workshop/SizingWorkshop-RVTools.xlsx"
    )

    machines = [
        asset
        for asset in everything(committed["viewer"], "assets")
        if asset.get("asset_type") == "virtual_machine"
    ]
    assert len(machines) == 805
    memory = [asset["memory_gb"] for asset in machines]
    assert (min(memory), max(memory)) == (0.5, 128)


def test_the_tabs_of_a_workbook_describe_the_same_machines_once(
    committed: Cast, worker: Any, inventory_data: Path
):
    """Seventeen tabs speak of six things; sizes are GiB, and no disk counts twice."""
    flow = flow_over(
        committed, inventory_data / "exports/rvtools-ibm-workshop/rvtools-small-complete.xlsx"
    )

    fields = ("cpu_cores", "memory_gb", "storage_gb", "storage_used_gb", "ip_address", "cluster")
    assert {
        asset["name"]: tuple(asset.get(field) for field in fields)
        for asset in everything(committed["viewer"], "assets")
    } == {
        "sample-web-01": (2, 8, 120, 60, "10.10.1.10", "sample-cluster-a"),
        "sample-db-01": (4, 16, 320, 250, "10.10.2.20", "sample-cluster-a"),
        "sample-archive-01": (2, 4, 80, 10, "10.10.1.30", "sample-cluster-a"),
        "sample-host-01": (16, None, None, None, None, None),
        "sample-host-02": (16, None, None, None, None, None),
        "sample-cluster-a": (None, None, None, None, None, None),
    }
    (database,) = committed["viewer"].get("/api/v1/assets/?search=sample-db-01").json()["items"]
    assert database["ip_addresses"] == ["10.10.3.20"]
    assert (database["mac_address"], database["mac_addresses"]) == (
        "00:50:56:aa:00:02",
        ["00:50:56:aa:00:03"],
    )
    edges = everything(committed["viewer"], "dependencies")
    assert {
        (e["source_asset"]["name"], e["dependency_type"], e["target_asset"]["name"]) for e in edges
    } == {
        ("sample-web-01", "runs_on", "sample-host-01"),
        ("sample-db-01", "runs_on", "sample-host-02"),
        ("sample-archive-01", "runs_on", "sample-host-01"),
        *((name, "part_of", "sample-cluster-a") for name in _MACHINES),
    }
    assert flow["results"]["assets_discovered"] == 6


def test_a_report_of_a_scanner_says_that_it_changes_no_asset(
    committed: Cast, worker: Any, inventory_data: Path
):
    flow = flow_over(
        committed, inventory_data / "exports/vuln-scanners/tenable_nessus_nessus_many_vuln.csv"
    )
    (finding,) = (
        committed["viewer"].get(f"/api/v1/flows/{flow['flow_id']}/findings").json()["items"]
    )
    assert finding["reason"].startswith(
        "Its 4 row(s) tell what was found on assets, and change none"
    )


@pytest.mark.parametrize(
    "name", [name for name in EXPECTED if name.startswith("kiali/")], ids=lambda name: name[6:]
)
def test_the_dependencies_of_a_mesh_are_those_that_are_known(
    committed: Cast, worker: Any, inventory_data: Path, name: str
):
    flow_over(committed, inventory_data / "exports" / name)

    found = {
        (edge["source_asset"]["name"], edge["target_asset"]["name"])
        for edge in everything(committed["viewer"], "dependencies")
    }
    known = inventory_data / "edges" / f"kiali-{Path(name).stem}.csv"
    stated = {(e["source"], e["target"]) for e in csv.DictReader(known.read_text().splitlines())}
    assert {tuple(map(without_cluster, edge)) for edge in found} == {
        (source, target) for source, target in stated if source != target
    }


def without_cluster(name: str) -> str:
    """Two nodes of one name, in two clusters, bear the cluster before it here."""
    return re.sub("^cluster-[a-z]+:", "", name)


def test_the_machines_of_a_netbox(committed: Cast, worker: Any, inventory_data: Path):
    """Its machines are assets, under their own names and with those of their clusters."""
    path = inventory_data / "exports/netbox/netbox-demo-v3.6.json"
    flow = flow_over(committed, path)

    assert flow["status"] == "completed", flow
    assets = {asset["name"]: asset for asset in everything(committed["viewer"], "assets")}
    records = json.loads(path.read_text())
    devices = {r["fields"]["name"] for r in records if r["model"] == "dcim.device"}
    machines = [a for a in assets.values() if a.get("asset_type") == "virtual_machine"]
    assert devices - {None} <= assets.keys()
    assert len(machines) == 180
    assert assets["vm1"]["cluster"] == "DO-AMS3"


def test_an_archive_of_exports_and_what_it_leaves_out(
    committed: Cast, worker: Any, inventory_data: Path, tmp_path: Path
):
    exports = inventory_data / "exports"
    path = tmp_path / "handover.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(exports / "rvtools-ibm-workshop/rvtools-small-complete.xlsx", "rv.xlsx")
        archive.write(exports / "konveyor/sample-applications.csv", "apps/applications.csv")
        archive.write(exports / "kiali/test_ambient_graph.json", "apps/mesh.json")
        archive.writestr("__MACOSX/apps/._mesh.json", b"\x00\x05")
        archive.writestr("logo.png", b"\x89PNG\r\n\x1a\n")
    flow = flow_over(committed, path)

    assert flow["status"] == "completed", flow
    listed = committed["viewer"].get(IMPORTS).json()["items"][0]
    detail = committed["viewer"].get(f"{IMPORTS}{listed['id']}").json()
    names = [table["name"] for table in detail["tables"]]
    assert names[:2] == ["rv/vInfo", "rv/vDisk"]
    assert names[-3:] == ["applications", "mesh/nodes", "mesh/edges"]
    (note,) = detail["notes"]
    assert note.startswith("logo.png was left out. The file is a PNG image.")
    edges = everything(committed["viewer"], "dependencies")
    assert sum(edge["dependency_type"] == "depends_on" for edge in edges) == 7
