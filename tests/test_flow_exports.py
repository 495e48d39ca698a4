"""Real exports through the API: each flow completes or fails with a sentence, and invents nothing."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.people import Cast
from tests.test_contract_flows import IMPORTS, run_flow
from tests.test_flow_samples import everything

EXPECTED = {}


def export_flow(cast: Cast, path: Path) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    client = cast["contributor"]
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    handed_in = client.post(IMPORTS, {"file": upload}, format="multipart")
    assert handed_in.status_code == 201, handed_in.content
    flow = run_flow(client, data_import_id=handed_in.json()["id"])
    return flow, list(everything(client, "assets"))


FILES = sorted(
    p
    for pattern in (
        "rvtools-ibm-workshop/*.xlsx",
        "servicenow-*/*.csv",
        "azure-migrate-*/*",
        "konveyor/*.csv",
        "aws-cmf/*.csv",
        "ralph/*.csv",
        "gcp-migration-center/*.csv",
        "netbox/*_import.csv",
        "vuln-scanners/*.csv",
        "misc-server-lists/*.csv",
        "aws-export-for-vcenter/*.csv",
        "deathstarbench/*.csv",
    )
    for p in Path("/work/shared/data/exports").glob(pattern)
)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_export(committed: Cast, worker: Any, path: Path):
    flow, assets = export_flow(committed, path)
    kinds = dict(Counter(a.get("asset_type") for a in assets))
    edges = Counter(e["dependency_type"] for e in everything(committed["viewer"], "dependencies"))
    names = [a["name"] for a in assets][:4]
    print(
        "RESULT",
        f"{path.parent.name}/{path.name}",
        flow["status"],
        flow.get("error", ""),
        kinds,
        dict(edges),
        names,
        flow.get("results", {}).get("findings"),
        flow["execution_time"],
    )
