"""The two samples end to end: through the API and a worker to exactly what they state.

`samples/expected.json` was written by the model that wrote the files, and not by reading them.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.conftest import ROOT
from tests.people import Cast
from tests.test_contract_flows import IMPORTS, run_flow

SAMPLES = ROOT / "samples"
WORKBOOK, CMDB = "vsphere-export.xlsx", "cmdb.csv"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text())
    return truth


def import_sample(client: APIClient, name: str) -> dict[str, Any]:
    upload = SimpleUploadedFile(name, (SAMPLES / name).read_bytes())
    data_import = client.post(IMPORTS, {"file": upload}, format="multipart").json()
    flow = run_flow(client, data_import_id=data_import["id"])
    assert flow["status"] == "completed", flow
    return flow


def everything(client: APIClient, path: str) -> Iterator[dict[str, Any]]:
    page = 1
    while items := client.get(f"/api/v1/{path}?page={page}&page_size=1000").json()["items"]:
        yield from items
        page += 1


def approximately(value: Any) -> Any:
    """Sizes are kept to four decimals of a GiB, a tenth of a MiB; a name in a list stands once."""
    if isinstance(value, list):
        return list(dict.fromkeys(value))
    return pytest.approx(value, abs=1e-4) if isinstance(value, float) else value


def as_told(asset: dict[str, Any]) -> dict[str, Any]:
    """As the samples tell it: the day of a moment, and nothing for an empty list."""
    moment = asset.get("last_seen_date")
    known = {name: value for name, value in asset.items() if value != []}
    return known | ({"last_seen_date": moment[:10]} if moment else {})


def by_type(assets: list[dict[str, Any]]) -> Counter[str | None]:
    return Counter(asset.get("asset_type") for asset in assets)


def test_the_workbook_becomes_exactly_its_estate(
    committed: Cast, worker: Any, expected: dict[str, Any]
):
    client, truth = committed["contributor"], expected[WORKBOOK]
    flow = import_sample(client, WORKBOOK)

    assets = list(everything(client, "assets"))
    assert len(assets) == truth["assets"]["total"] == flow["results"]["assets_discovered"]
    assert by_type(assets) == truth["assets"]["by_type"]
    by_id = {asset.get("external_id"): asset for asset in assets}
    for record in truth["records"]:
        found = as_told(by_id[record["external_id"]])
        for name, value in record.items():
            assert found.get(name) == approximately(value), (record["name"], name)

    findings = everything(client, f"flows/{flow['flow_id']}/findings")
    assert {finding["table"] for finding in findings} == {"vLicense", "vHealth"}
    edges = Counter(edge["dependency_type"] for edge in everything(client, "dependencies"))
    assert edges == truth["dependencies"]["by_type"]


def test_the_cmdb_becomes_exactly_its_list(committed: Cast, worker: Any, expected: dict[str, Any]):
    client, truth = committed["contributor"], expected[CMDB]
    import_sample(client, CMDB)

    assets = list(everything(client, "assets"))
    nameless = [asset for asset in assets if asset["name"] == asset.get("ip_address")]
    assert len(nameless) == len(truth["nameless_rows"])
    assert len(assets) == truth["assets"]["total"] + len(nameless)
    named = by_type([asset for asset in assets if asset not in nameless])
    for kind, count in truth["assets"]["by_type"].items():
        if kind != "doubtful":
            assert named[kind] == count, kind
    by_name = {asset["name"]: asset for asset in assets}
    for record in truth["records"]:
        found = as_told(by_name[record["name"]])
        for name, value in record.items():
            if name != "row":
                assert found.get(name) == approximately(value), (record["name"], name)

    stated = {(e["source"], e["target"]) for e in truth["dependencies"]["edges"]}
    judged = {(e["source"], e["target"]) for e in truth["judgement"]["edges"]}
    found = {
        (edge["source_asset"]["name"], edge["target_asset"]["name"])
        for edge in everything(client, "dependencies")
    }
    assert stated - found == set()
    assert found - stated - judged == set()


def test_what_the_cmdb_says_wrongly_is_found(
    committed: Cast, worker: Any, expected: dict[str, Any]
):
    client, truth = committed["contributor"], expected[CMDB]
    flow = import_sample(client, CMDB)
    findings = list(everything(client, f"flows/{flow['flow_id']}/findings"))

    places = {(f["row"], f["column"]) for f in findings}
    assert {(u["row"], u["column"]) for u in truth["unreadable"]} - places == set()
    assert {f["row"] for f in findings if f["target"] == "name"} >= set(truth["nameless_rows"])
    missing = {f["value"] for f in findings if f["target"] == "depends_on"}
    assert {d["name"] for d in truth["dangling"]} - missing == set()


def test_both_together_are_one_estate(committed: Cast, worker: Any, expected: dict[str, Any]):
    client = committed["contributor"]
    import_sample(client, WORKBOOK)
    import_sample(client, CMDB)

    assets = list(everything(client, "assets"))
    nameless = expected[CMDB]["nameless_rows"]
    assert len(assets) == expected["together"]["assets"] + len(nameless)
    both = [asset for asset in assets if len(asset["sources"]) == 2]
    assert {asset["external_id"] for asset in both} == {
        same["external_id"] for same in expected["together"]["same_asset"]
    }
