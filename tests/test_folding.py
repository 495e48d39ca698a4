"""Folding: which rows are one asset, which are not, and what becomes of the parts of an asset."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from discovery.cleaning import FINDING_SCHEMA, ColumnRule, clean_table
from discovery.cleaning.folding import IDENTITY, Folded, Part, fold
from discovery.readers import read_file

SAMPLES = Path(__file__).parents[1] / "samples"
TYPES = {
    **dict.fromkeys(("tags", "ip_addresses"), pl.List(pl.String)),
    **dict.fromkeys(
        ("memory_gb", "storage_gb", "storage_used_gb", "cpu_utilization_percent"), pl.Float64
    ),
    "cpu_cores": pl.Int64,
}

Row = dict[str, Any]


def part(name: str, *rows: Row, grain: str = "asset", asset_type: str | None = None) -> Part:
    """A cleaned table whose rows start at 2; columns in alphabetical order."""
    columns = sorted({key for row in rows for key in row} - {"attributes"})
    frame = pl.DataFrame(
        {key: [row.get(key) for row in rows] for key in columns},
        schema={key: TYPES.get(key, pl.String) for key in columns},
    )
    attributes = [json.dumps(row.get("attributes", {}), separators=(",", ":")) for row in rows]
    place = pl.int_range(2, len(rows) + 2, eager=True, dtype=pl.Int64).alias("__row__")
    return Part(
        name, grain, asset_type, frame.with_columns(place, attributes=pl.Series(attributes))
    )


def names(folded: Folded) -> list[str]:
    return folded.frame["name"].to_list()


def reasons(folded: Folded) -> list[str]:
    return folded.findings["reason"].to_list()


# Which rows are one asset


@pytest.mark.parametrize("key", IDENTITY)
def test_rows_of_two_tables_are_one_asset_by_each_key(key: str) -> None:
    one = part("A", {key: "Web-1", "cpu_cores": 2}, asset_type="server")
    other = part("B", {key: "web-1 ", "memory_gb": 8.0}, asset_type="server")
    folded = fold([one, other])
    assert folded.frame.select("table", "__row__", "cpu_cores", "memory_gb").rows() == [
        ("A", 2, 2, 8.0)
    ]
    assert folded.findings.is_empty()


def test_different_ids_are_different_assets_whatever_name_they_share() -> None:
    machines = part(
        "vInfo",
        {"name": "app", "external_id": "vm-1", "cluster": "c1"},
        {"name": "app", "external_id": "vm-2", "cluster": "c2"},
    )
    cores = part(
        "vCPU",
        {"name": "app", "external_id": "vm-2", "cpu_cores": 8},
        {"name": "app", "external_id": "vm-1", "cpu_cores": 4},
    )
    folded = fold([machines, cores])
    assert folded.frame.select("external_id", "cluster", "cpu_cores").rows() == [
        ("vm-1", "c1", 4),
        ("vm-2", "c2", 8),
    ]
    assert folded.findings.is_empty()


def test_a_row_that_has_only_a_name_joins_the_one_asset_that_owns_it() -> None:
    machines = part(
        "vInfo", {"name": "app", "external_id": "vm-1"}, {"name": "db", "external_id": "vm-2"}
    )
    folded = fold([machines, part("vMemory", {"name": "DB", "memory_gb": 4.0})])
    assert folded.frame.select("name", "memory_gb").rows() == [("app", None), ("db", 4.0)]


def test_a_row_that_fits_two_assets_is_left_out_and_reported() -> None:
    machines = part(
        "vInfo", {"name": "app", "external_id": "vm-1"}, {"name": "app", "external_id": "vm-2"}
    )
    folded = fold([machines, part("vMemory", {"name": "app", "memory_gb": 4.0})])
    assert folded.frame["memory_gb"].to_list() == [None, None]
    assert folded.findings.select("table", "row", "value").rows() == [("vMemory", 2, "app")]
    assert "fits several assets" in reasons(folded)[0]


def test_a_table_lists_an_asset_once_so_a_third_row_of_it_is_a_third_asset() -> None:
    rows = [{"name": "app", "serial_number": serial} for serial in ("S-1", "S-2", None)]
    assert names(fold([part("list", *rows)])) == ["app"] * 3


def test_a_lower_key_decides_where_a_higher_one_is_shared() -> None:
    machines = part(
        "A",
        {"name": "one", "hostname": "web", "serial_number": "S-1"},
        {"name": "two", "hostname": "web", "serial_number": "S-2"},
    )
    folded = fold([machines, part("B", {"name": "two", "hostname": "web", "cpu_cores": 4})])
    assert folded.frame["cpu_cores"].to_list() == [None, 4]


def test_rows_meet_over_a_third_one() -> None:
    folded = fold(
        [
            part("A", {"external_id": "vm-1", "hostname": "web", "cpu_cores": 4}),
            part("B", {"serial_number": "S-1", "memory_gb": 8.0, "hostname": "WEB"}),
            part("C", {"serial_number": "s-1", "model": "R740"}),
        ]
    )
    assert folded.frame.select("name", "cpu_cores", "memory_gb", "model").rows() == [
        ("web", 4, 8.0, "R740")
    ]


def test_a_row_without_a_name_goes_by_its_host_name() -> None:
    one = part("A", {"name": "web01", "cpu_cores": 4})
    other = part("B", {"hostname": "WEB01", "memory_gb": 8.0})
    frame = fold([one, other]).frame
    assert frame.select("name", "hostname", "cpu_cores", "memory_gb").rows() == [
        ("web01", "WEB01", 4, 8.0)
    ]


def test_a_name_is_shared_by_things_of_different_types() -> None:
    rows = [
        {"name": "Billing", "asset_type": kind}
        for kind in ("application", "database", "application")
    ]
    folded = fold([part("cmdb", *rows)])
    assert folded.frame["asset_type"].to_list() == ["application", "database"]


def test_ids_of_different_systems_do_not_contradict_each_other() -> None:
    uuid = "50c86a31-a97a-48da-bb20-a6c6e3009945"
    folded = fold(
        [
            part("vInfo", {"name": "app", "external_id": "vm-1"}),
            part("vCPU", {"name": "app", "external_id": uuid}),
        ]
    )
    assert folded.frame["external_id"].to_list() == ["vm-1"]
    assert json.loads(folded.frame["attributes"][0]) == {"external_id": uuid}


def test_an_address_merges_nothing() -> None:
    rows = [{"name": "a", "ip_address": "10.0.0.1"}, {"name": "b", "ip_address": "10.0.0.1"}]
    folded = fold([part("list", *rows, {"ip_address": "10.0.0.1"}, {"ip_address": "10.0.0.1"})])
    assert names(folded) == ["a", "b", "10.0.0.1", "10.0.0.1"]


def test_a_placeholder_serial_number_merges_nothing() -> None:
    serial = "To be filled by O.E.M."
    folded = fold(
        [
            part(
                "list",
                {"hostname": "a", "serial_number": serial},
                {"hostname": "b", "serial_number": serial},
            )
        ]
    )
    assert names(folded) == ["a", "b"]


@pytest.mark.parametrize("key", ["external_id", "serial_number"])
def test_an_id_that_different_machines_share_is_no_id(key: str) -> None:
    """Blades have their chassis' serial number, and ids of a site are no ids of its machines."""
    hosts = part(
        "hosts", {"name": "a", key: "CZ1"}, {"name": "b", key: "CZ1"}, {"name": "c", key: "X9"}
    )
    cores = part("cores", {"name": "B", key: "cz1", "cpu_cores": 4})
    folded = fold([hosts, cores])
    assert folded.frame.select("name", key, "cpu_cores").rows() == [
        ("a", None, None),
        ("b", None, 4),
        ("c", "X9", None),
    ]
    assert json.loads(folded.frame["attributes"][0]) == {key: "CZ1"}
    assert folded.findings.select("row", "target", "value").rows() == [(2, key, "CZ1")]
    assert "shared by 3 rows of different machines (a, b)" in reasons(folded)[0]


def test_a_database_is_not_the_server_that_it_runs_on() -> None:
    servers = part(
        "servers",
        {"name": "srv1", "hostname": "srv1", "fqdn": "srv1.corp.example"},
        asset_type="server",
    )
    databases = part(
        "databases",
        {"name": "ORCL", "hostname": "srv1"},
        {"hostname": "srv1"},
        asset_type="database",
    )
    folded = fold([servers, databases])
    assert folded.frame["asset_type"].to_list() == ["server", "database", "database"]
    assert folded.frame["hostname"].to_list() == ["srv1"] * 3


def test_applications_on_one_server_stay_apart() -> None:
    rows = [{"name": name, "fqdn": "srv1.corp.example"} for name in ("CRM", "Billing", "CRM")]
    assert names(fold([part("applications", *rows)])) == ["CRM", "Billing"]


def test_a_display_name_beside_a_host_name_is_the_same_machine() -> None:
    one = part("A", {"name": "Payroll web server", "hostname": "web01", "serial_number": "S-1"})
    other = part("B", {"name": "WEB01", "serial_number": "S-1", "model": "R740"})
    folded = fold([one, other])
    assert folded.frame.select("name", "model").rows() == [("Payroll web server", "R740")]


# What the one row says


def test_the_first_value_wins_and_a_different_later_one_is_reported() -> None:
    one = part("A", {"name": "a", "memory_gb": 8.0, "location": None})
    other = part("B", {"name": "A", "memory_gb": 16.0, "location": "Kiel"})
    third = part("C", {"name": "a", "memory_gb": 8.0001, "location": "KIEL"})
    folded = fold([one, other, third])
    assert folded.frame.select("memory_gb", "location").rows() == [(8.0, "Kiel")]
    assert folded.findings.select("table", "row", "target", "value").rows() == [
        ("B", 2, "memory_gb", "16.0")
    ]
    assert 'differs from row 2 of A: kept "8.0"' in reasons(folded)[0]


def test_many_differences_are_told_for_twenty_and_then_counted() -> None:
    one = part("A", *({"name": f"vm{n}", "cpu_cores": 2} for n in range(50)))
    other = part("B", *({"name": f"vm{n}", "cpu_cores": 4} for n in range(50)))
    folded = fold([one, other])
    assert folded.findings.height == 21
    assert "30 more rows" in reasons(folded)[-1]


def test_lists_and_attributes_of_the_rows_are_united() -> None:
    one = part("A", {"name": "a", "tags": ["x", "y"], "attributes": {"k": 'say "1"', "a,b": "{}"}})
    other = part("B", {"name": "a", "tags": ["z", "x"], "attributes": {"k": "2", "l": "ü\n"}})
    third = part("C", {"name": "a", "tags": None})
    folded = fold([one, other, third])
    assert folded.frame["tags"].to_list() == [["x", "y", "z"]]
    assert json.loads(folded.frame["attributes"][0]) == {"k": 'say "1"', "a,b": "{}", "l": "ü\n"}
    assert folded.findings.is_empty()


def test_further_addresses_are_no_contradiction() -> None:
    one = part("A", {"name": "a", "ip_address": "10.0.0.1", "ip_addresses": ["10.0.0.9"]})
    other = part("B", {"name": "a", "ip_address": "10.0.0.2", "ip_addresses": ["10.0.0.1"]})
    folded = fold([one, other])
    assert folded.frame["ip_address"].to_list() == ["10.0.0.1"]
    assert sorted(folded.frame["ip_addresses"][0]) == ["10.0.0.2", "10.0.0.9"]
    assert folded.findings.is_empty()


def test_the_type_of_a_table_goes_for_rows_without_one() -> None:
    rows = [{"name": "a", "asset_type": "database"}, {"name": "b"}]
    folded = fold([part("A", *rows, asset_type="server")])
    assert folded.frame["asset_type"].to_list() == ["database", "server"]


def test_an_asset_without_a_name_is_called_by_what_it_has() -> None:
    rows = [
        {"hostname": "web01", "fqdn": "web01.corp.example"},
        {"fqdn": "web02.corp.example", "external_id": "vm-2"},
        {"external_id": "vm-3", "ip_address": "10.0.0.3"},
        {"ip_address": "10.0.0.4", "serial_number": "S-4"},
        {"serial_number": "S-5", "asset_tag": "T-5"},
        {"asset_tag": "T-6"},
        {"ip_addresses": ["10.0.0.7"]},
    ]
    called = ["web01", "web02.corp.example", "vm-3", "10.0.0.4", "S-5", "T-6", "10.0.0.7"]
    assert names(fold([part("A", *rows)])) == called


def test_a_row_without_any_identity_is_reported_and_no_asset() -> None:
    folded = fold([part("A", {"name": "a"}, {"name": None, "cpu_cores": 4})])
    assert names(folded) == ["a"]
    assert folded.findings.select("table", "row").rows() == [("A", 3)]
    assert "no asset was made of it" in reasons(folded)[0]


def test_edges_are_not_fields_of_an_asset() -> None:
    folded = fold([part("A", {"name": "a", "edge.target": "b"})])
    assert folded.frame.columns == ["table", "__row__", "name", "asset_type", "attributes"]


def test_nothing_folds_into_nothing() -> None:
    for folded in (fold([]), fold([part("disks", {"name": "a"}, grain="disk")])):
        assert folded.frame.is_empty()
        assert {"table", "__row__", "name", "attributes"} <= set(folded.frame.columns)
        assert folded.findings.schema == {**FINDING_SCHEMA, "table": pl.String}


# Parts of an asset


def test_disks_are_summed_by_table_where_the_asset_has_no_own_figure() -> None:
    assets = part("vInfo", {"name": "a"}, {"name": "b", "storage_gb": 7.0})
    disks = part(
        "vDisk",
        *(
            {"name": name, "storage_gb": size}
            for name, size in (("A", 10.0), ("a", 5.5), ("b", 100.0))
        ),
        grain="disk",
    )
    partitions = part(
        "vPartition", {"name": "a", "storage_gb": 15.0, "storage_used_gb": 3.0}, grain="disk"
    )
    folded = fold([assets, disks, partitions])
    assert folded.frame.select("storage_gb", "storage_used_gb").rows() == [(15.5, 3.0), (7.0, None)]
    assert folded.findings.is_empty()


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
        [assets, part("disks", *rows, grain="disk"), part("scan", {"name": "q"}, grain="finding")]
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
