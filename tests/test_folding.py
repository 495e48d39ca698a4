"""Folding: which rows are one asset, which are not, and what the one row says."""

import json

import polars as pl
import pytest

from discovery.cleaning import FINDING_SCHEMA
from discovery.cleaning.folding import IDENTITY, fold
from tests.parts import names, part, reasons

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
