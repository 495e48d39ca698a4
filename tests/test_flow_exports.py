"""Real exports through the API: each flow completes or says why not; none invents assets."""

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
