"""Real exports through the API: each flow completes or says why not; none invents assets."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.people import Cast
from tests.test_contract_flows import IMPORTS, run_flow
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

# Assets by type and dependencies by type that each file states.
EXPECTED: dict[str, tuple[dict[str | None, int], dict[str, int]]] = {}


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
