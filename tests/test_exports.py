"""Exports of assets and dependencies: harmless in a spreadsheet, and read back unchanged."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import override_settings
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from assets.fields import FIELDS
from assets.models import Asset, Dependency
from tests.factories import AssetFactory, DependencyFactory
from tests.people import Cast
from tests.test_contract_flows import IMPORTS, run_flow

ASSETS, DEPENDENCIES = "/api/v1/assets/export", "/api/v1/dependencies/export"
FORMULAS = [
    "=cmd|'/c calc'!A1",
    "+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\tplain",
    "  =1",
    '"=1"',
    "'=1",
    " '\" -1",
    "＝1",  # noqa: RUF001
]
HARMLESS = ["a=1", "1-2", "it's", "'quoted'", "x@y", "", "ß 漢 🙂", 'a,b;c\n"d"']


def download(client: APIClient, path: str, **query: str) -> bytes:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return answer.getvalue()


def as_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def as_sheet(content: bytes) -> list[list[Any]]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return workbook.get_sheet_by_index(0).to_python()


def test_the_columns_are_the_catalogue_and_the_attributes(cast: Cast):
    with cast.scope():
        AssetFactory()
    header = [*(field.name for field in FIELDS), "attributes"]

    assert list(as_rows(download(cast["viewer"], ASSETS))[0]) == header
    assert as_sheet(download(cast["viewer"], ASSETS, file_format="xlsx"))[0] == header


def test_the_answer_is_a_download_with_a_fixed_name(cast: Cast):
    answer = cast["viewer"].get(ASSETS, {"file_format": "xlsx", "search": '";x'})

    assert answer.getvalue().startswith(b"PK")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="assets.xlsx"'
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert download(cast["viewer"], ASSETS).startswith(b"\xef\xbb\xbfname,")


@pytest.mark.parametrize("accept", ["text/csv", "application/json", "*/*"])
def test_the_parameter_and_not_accept_chooses_the_format(cast: Cast, accept: str):
    answer = cast["viewer"].get(ASSETS, headers={"accept": accept})
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.getvalue()

    refused = cast["viewer"].get(ASSETS, {"file_format": "pdf"}, headers={"accept": accept})
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert "must be one of: csv, xlsx" in refused.json()["detail"].lower()


def test_the_filters_and_the_order_of_the_list_hold(cast: Cast):
    with cast.scope():
        for name, kind in (("b", "server"), ("a", "server"), ("c", "database")):
            AssetFactory(name=name, asset_type=kind)
        DependencyFactory(source_asset__name="b2", target_asset__name="b3")
    with cast.scope_elsewhere():
        AssetFactory(name="foreign")

    found = as_rows(
        download(cast["viewer"], ASSETS, asset_type="server", ordering="-name", name__contains="b")
    )
    assert [row["name"] for row in found] == ["b3", "b2", "b"]
    for unknown in ("colour", "page", "page_size"):
        assert cast["viewer"].get(ASSETS, {unknown: "1"}).status_code == 422
    (edge,) = as_rows(download(cast["viewer"], DEPENDENCIES, dependency_type="depends_on"))
    assert (edge["source_asset"], edge["target_asset"]) == ("b2", "b3")
    assert as_rows(download(cast["viewer"], DEPENDENCIES, dependency_type="uses")) == []


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_looks_like_a_formula_is_made_harmless(cast: Cast, text: str):
    with cast.scope():
        AssetFactory(name=text, description=text)

    (row,) = as_rows(download(cast["viewer"], ASSETS))
    assert (row["name"], row["description"]) == (f"'{text}", f"'{text}")
    sheet = download(cast["viewer"], ASSETS, file_format="xlsx")
    assert as_sheet(sheet)[1][0] == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(cast: Cast, text: str):
    with cast.scope():
        AssetFactory(name="x", description=text)

    assert as_rows(download(cast["viewer"], ASSETS))[0]["description"] == text


def test_numbers_stay_numbers(cast: Cast):
    with cast.scope():
        AssetFactory(name="x", memory_gb=1.5, cpu_cores=8, monthly_cost="-12.50")
    place = [field.name for field in FIELDS].index

    (row,) = as_rows(download(cast["viewer"], ASSETS))
    assert (row["memory_gb"], row["cpu_cores"], row["monthly_cost"]) == ("1.5", "8", "-12.50")
    _, cells = as_sheet(download(cast["viewer"], ASSETS, file_format="xlsx"))
    assert cells[place("memory_gb")] == 1.5
    assert cells[place("monthly_cost")] == -12.5


def test_what_a_cell_of_a_sheet_cannot_hold_is_cut_with_a_word(cast: Cast):
    with cast.scope():
        AssetFactory(name="x", attributes={"note": "🙂" * 20_000})

    cell = as_sheet(download(cast["viewer"], ASSETS, file_format="xlsx"))[1][-1]
    assert cell.endswith("🙂 … [cut here: the CSV export holds the whole text]")
    assert len(cell.encode("utf-16-le")) // 2 in (32_766, 32_767)
    assert as_rows(download(cast["viewer"], ASSETS))[0]["attributes"].count("🙂") == 20_000


@override_settings(MAX_EXPORT_ROWS=2)
def test_an_export_of_too_many_rows_is_refused_by_name(cast: Cast):
    with cast.scope():
        AssetFactory.create_batch(3)

    refused = cast["viewer"].get(ASSETS)
    assert refused.status_code == 422
    assert "3 rows; at most 2 are allowed (MAX_EXPORT_ROWS)" in refused.json()["detail"]
    assert download(cast["viewer"], ASSETS, search="nothing")


# --- The way back, through the real importer ----------------------------------------------------


def estate() -> None:
    """Every field of the catalogue, with values that a spreadsheet or a reader could spoil."""
    AssetFactory(
        name="=shop-web-01",
        asset_type="virtual_machine",
        environment="prod",
        description="-- do not touch --\nit's + 1",
        ip_address="10.0.0.1",
        ip_addresses=["10.0.0.2", "10.0.0.3"],
        mac_address="00:50:56:ab:cd:ef",
        fqdn="shop-web-01.example.com",
        cpu_cores=8,
        memory_gb=1.5,
        monthly_cost="1234.50",
        tags=["shop", "eu"],
        attributes={"folder": "/DC1, Shop", "rack": "7", "note": 'says "=1"\nand é'},
    )
    AssetFactory(name="+49 30 1234", business_owner="@ada", tags=["Rack 4, Row 2"])
    AssetFactory(name="db", asset_type="database", attributes={"port": "1521", "x": "\\n"})


def documents(client: APIClient) -> dict[str, Any]:
    items = client.get("/api/v1/assets/", {"page_size": "1000"}).json()["items"]
    return {
        item["name"]: {k: v for k, v in item.items() if k not in ("sources", "updated_at")}
        for item in items
    }


def hand_in(client: APIClient, name: str, content: bytes) -> dict[str, Any]:
    upload = SimpleUploadedFile(name, content)
    handed_in = client.post(IMPORTS, {"file": upload}, format="multipart")
    assert handed_in.status_code == 201, handed_in.content
    return run_flow(client, data_import_id=handed_in.json()["id"])


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_own_export_changes_nothing(committed: Cast, worker: Any, file_format: str):
    with committed.scope(), transaction.atomic():
        estate()
    client = committed["contributor"]
    before = documents(client)

    flow = hand_in(client, f"a.{file_format}", download(client, ASSETS, file_format=file_format))

    assert flow["status"] == "completed", flow
    assert documents(client) == before
    with committed.scope(), transaction.atomic():
        assert Asset.objects.count() == 3


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_own_export_makes_the_same_estate_elsewhere(
    committed: Cast, worker: Any, file_format: str
):
    with committed.scope(), transaction.atomic():
        estate()
    content = download(committed["viewer"], ASSETS, file_format=file_format)

    flow = hand_in(committed.stranger_at_home, f"a.{file_format}", content)

    assert flow["status"] == "completed", flow
    ours, theirs = documents(committed["viewer"]), documents(committed.stranger_at_home)
    for document in (*ours.values(), *theirs.values()):
        del document["id"], document["created_at"]
    assert theirs == ours


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_exported_dependencies_are_read_as_the_same_ones(
    committed: Cast, worker: Any, file_format: str
):
    with committed.scope(), transaction.atomic():
        for kind in ("depends_on", "connects_to", "uses", "runs_on", "part_of"):
            DependencyFactory(dependency_type=kind)
        stated = set(Dependency.objects.values_list("source_asset", "target_asset"))
    client = committed["contributor"]
    content = download(client, DEPENDENCIES, file_format=file_format)

    flow = hand_in(client, f"dependencies.{file_format}", content)

    assert flow["status"] == "completed", flow
    with committed.scope(), transaction.atomic():
        assert set(Dependency.objects.values_list("source_asset", "target_asset")) == stated
        assert Dependency.objects.count() == 5
        assert Asset.objects.count() == 10
