"""Folding: what becomes of the parts of an asset, one by one and in whole workbooks."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from discovery.cleaning import ColumnRule, clean_table
from discovery.cleaning.folding import Part, fold
from discovery.readers import read_file
from tests.parts import Row, names, part, reasons

SAMPLES = Path(__file__).parents[1] / "samples"


# Parts of an asset


def disks(*sizes: tuple[str, float], grain: str, used: float | None = None) -> Part:
    rows = [{"name": name, "storage_gb": size, "storage_used_gb": used} for name, size in sizes]
    return part(f"a table of {grain}s", *rows, grain=grain)


def test_disks_are_summed_where_the_asset_has_no_own_figure() -> None:
    assets = part("vInfo", {"name": "a"}, {"name": "b", "storage_gb": 7.0})
    folded = fold([assets, disks(("A", 10.0), ("a", 5.5), ("b", 100.0), grain="disk")])
    assert folded.frame["storage_gb"].to_list() == [15.5, 7.0]
    assert folded.findings.is_empty()


@pytest.mark.parametrize("disks_first", [True, False])
def test_what_partitions_repeat_counts_once(*, disks_first: bool) -> None:
    """In all: what the disks say. Used: what the partitions say. In any order of the tables."""
    on_disks = disks(("a", 10.0), ("a", 6.0), grain="disk", used=7.5)
    in_partitions = disks(("a", 9.5), ("a", 5.5), ("b", 4.0), grain="partition", used=2.0)
    children = [on_disks, in_partitions] if disks_first else [in_partitions, on_disks]
    folded = fold([part("vInfo", {"name": "a"}, {"name": "b"}), *children])
    assert folded.frame.select("storage_gb", "storage_used_gb").rows() == [(16.0, 4.0), (4.0, 2.0)]


def test_two_tables_of_disks_list_the_same_ones() -> None:
    twice = [disks(("a", 10.0), ("a", 6.0), grain="disk") for _ in range(2)]
    assert fold([part("vInfo", {"name": "a"}), *twice]).frame["storage_gb"].to_list() == [16.0]


def test_network_cards_give_their_addresses() -> None:
    assets = part("vInfo", {"name": "a", "ip_address": "10.0.0.1"}, {"name": "b"})
    cards = part(
        "vNetwork",
        {"name": "a", "ip_address": "10.0.0.1", "mac_address": "00:50:56:00:00:01"},
        {"name": "a", "ip_address": "10.0.0.2", "mac_address": "00:50:56:00:00:02"},
        {"name": "b", "ip_address": "10.0.0.3", "mac_address": None},
        grain="nic",
    )
    frame = fold([assets, cards]).frame
    assert frame.select("ip_address", "ip_addresses").rows() == [
        ("10.0.0.1", ["10.0.0.2"]),
        ("10.0.0.3", None),
    ]
    assert frame.select("mac_address", "mac_addresses").rows() == [
        ("00:50:56:00:00:01", ["00:50:56:00:00:02"]),
        (None, None),
    ]


def test_samples_are_averaged_where_the_asset_has_no_own_figure() -> None:
    assets = part("list", {"external_id": "m-1", "memory_gb": 4.0}, {"external_id": "m-2"})
    rows = [
        {"external_id": "m-1", "cpu_utilization_percent": 10.0, "memory_gb": 9.0, "cpu_cores": 2},
        {"external_id": "m-1", "cpu_utilization_percent": 25.0, "memory_gb": 9.0, "cpu_cores": 2},
    ]
    frame = fold([assets, part("perf", *rows, grain="sample")]).frame
    assert frame.select("cpu_utilization_percent", "memory_gb", "cpu_cores").rows() == [
        (17.5, 4.0, 2),
        (None, None, None),
    ]


def test_tags_of_a_table_of_entities_keys_and_values() -> None:
    assets = part("list", {"name": "a", "tags": ["x"]}, {"name": "b", "tags": None})
    unmapped = part(
        "tags", {"name": "a", "attributes": {"Key": "env", "Value": "prod"}}, grain="tag"
    )
    mapped = part(
        "tags2", {"name": "b", "tags": ["web"], "attributes": {"Key": "role"}}, grain="tag"
    )
    bare = part("tags3", {"name": "b", "tags": ["web"]}, grain="tag")
    assert fold([assets, unmapped, mapped, bare]).frame["tags"].to_list() == [
        ["x", "env=prod"],
        ["role=web", "web"],
    ]


def test_a_part_finds_its_asset_by_the_host_name_too() -> None:
    assets = part(
        "list",
        {"name": "Payroll", "hostname": "web01"},
        {"name": "CRM", "fqdn": "crm.corp.example"},
    )
    disks = part(
        "disks",
        {"name": "web01", "storage_gb": 1.0},
        {"name": "CRM.corp.example", "storage_gb": 2.0},
        grain="disk",
    )
    assert fold([assets, disks]).frame["storage_gb"].to_list() == [1.0, 2.0]


def test_a_part_without_an_asset_is_reported_once_for_each_name() -> None:
    assets = part(
        "list", {"name": "a", "external_id": "vm-1"}, {"name": "a", "external_id": "vm-2"}
    )
    rows = [{"name": "zzz"}, {"name": "zzz"}, {"name": None, "storage_gb": 1.0}, {"name": "a"}]
    folded = fold(
        [assets, part("disks", *rows, grain="disk"), part("scan", {"name": "q"}, grain="tag")]
    )
    assert names(folded) == ["a", "a"]
    assert folded.findings.select("table", "row", "value").rows() == [
        ("disks", 2, "zzz"),
        ("disks", 4, None),
        ("disks", 5, "a"),
        ("scan", 2, "q"),
    ]
    assert "2 row(s)) is no asset" in reasons(folded)[0]
    assert "means 2 assets" in reasons(folded)[2]


# Whole workbooks

_GRAINS = {"disk": "disk", "nic": "nic"}
_TYPES = {"vm": "virtual_machine", "host": "server", "cluster": "cluster", "datastore": "storage"}


def tab(source: Any, columns: list[Row], grain: str) -> Part:
    present = [c for c in columns if c["header"] in source.columns]
    unit = "unit" if any("unit" in c for c in columns) else "source_unit"
    rules = [ColumnRule(c["header"], c["target"], c.get(unit)) for c in present]
    cleaned = clean_table(source.rows.collect(), rules)
    return Part(source.name, _GRAINS.get(grain, "asset"), _TYPES.get(grain), cleaned.frame)


def test_the_tabs_of_the_sample_workbook_are_its_assets() -> None:
    truth = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))[
        "vsphere-export.xlsx"
    ]
    labels = {label["sheet"]: label for label in truth["tables"]}
    sources = read_file(SAMPLES / "vsphere-export.xlsx", "vsphere-export.xlsx")
    wanted = {*_GRAINS, *_TYPES}
    parts = [
        tab(source, labels[source.name]["columns"], labels[source.name]["grain"])
        for source in sources
        if labels[source.name]["grain"] in wanted
    ]
    folded = fold(parts)
    assert folded.findings.is_empty()
    by_type = dict(folded.frame.group_by("asset_type").len().iter_rows())
    assert by_type == truth["assets"]["by_type"]
    assets = {row["external_id"]: row for row in folded.frame.to_dicts()}
    for record in truth["records"]:
        found = {name: assets[record["external_id"]].get(name) for name in record}
        assert comparable(found) == comparable(record)


def comparable(record: Row) -> Row:
    """Sizes to three places, days as text."""
    record = {name: value for name, value in record.items() if value is not None}
    if "install_date" in record:
        record["install_date"] = str(record["install_date"])
    sizes = {name: round(value, 3) for name, value in record.items() if name.endswith("_gb")}
    return record | sizes


def test_a_real_workbook_of_805_machines(inventory_data: Path) -> None:
    file = inventory_data / "exports" / "rvtools-ibm-workshop" / "SizingWorkshop-RVTools.xlsx"
    tables = json.loads((inventory_data / "columns.json").read_text(encoding="utf-8"))
    labels = {
        t["source"].removeprefix("rvtools-3.x-"): t
        for t in tables
        if t["source"].startswith("rvtools-3.x-")
    }
    parts = [
        tab(source, labels[source.name]["columns"], labels[source.name]["grain"])
        for source in read_file(file, file.name)
    ]
    folded = fold(parts)
    assert dict(folded.frame.group_by("asset_type").len().iter_rows()) == {
        "virtual_machine": 805,
        "server": 34,
    }
    machine = folded.frame.row(by_predicate=pl.col("name") == "wadfs1", named=True)
    assert (machine["memory_gb"], machine["ip_address"]) == (4.0, "10.0.0.0")
    assert not folded.findings["reason"].str.contains("is no asset").any()
