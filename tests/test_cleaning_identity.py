"""Cleaning of what tells things apart: names, ids, addresses, ports."""

import json

import pytest

from discovery.cleaning import ColumnRule, clean_table
from tests.cells import column, kept, table, values


def test_a_qualified_name_under_hostname_fills_both() -> None:
    frame = table(
        H=["web01.corp.example", "db01", "app.corp.example"], F=[None, None, "x.corp.example"]
    )
    rules = [ColumnRule("H", "hostname", None), ColumnRule("F", "fqdn", None)]
    cleaned = clean_table(frame, rules).frame
    assert cleaned["hostname"].to_list() == ["web01", "db01", "app"]
    assert cleaned["fqdn"].to_list() == ["web01.corp.example", None, "x.corp.example"]
    assert json.loads(cleaned["attributes"][2]) == {"H": "app.corp.example"}


def test_a_name_without_a_domain_is_no_fqdn() -> None:
    cleaned = column("fqdn", "web01", "web01.corp.example.")
    assert cleaned.frame["fqdn"].to_list() == [None, "web01.corp.example"]
    assert cleaned.frame["hostname"].to_list() == ["web01", None]
    assert kept(cleaned) == ["web01", None]


def test_an_address_in_a_hostname_column_is_the_address() -> None:
    cleaned = column("hostname", "10.0.0.5", "web01").frame
    assert cleaned["hostname"].to_list() == [None, "web01"]
    assert cleaned["ip_address"].to_list() == ["10.0.0.5", None]


@pytest.mark.parametrize(
    ("target", "cell"),
    [
        ("serial_number", "To Be Filled By O.E.M."),
        ("external_id", "00000000-0000-0000-0000-000000000000"),
        ("asset_tag", "No Asset Tag"),
        ("hostname", "localhost"),
        ("fqdn", "localhost.localdomain"),
        ("ip_address", "127.0.0.1"),
        ("ip_address", "0.0.0.0"),
        ("ip_address", "169.254.10.1"),
        ("ip_address", "255.255.255.255"),
        ("ip_address", "::1"),
        ("mac_address", "00:00:00:00:00:00"),
    ],
)
def test_placeholders_identify_nothing_and_are_kept(target: str, cell: str) -> None:
    cleaned = column(target, cell)
    assert cleaned.frame[target].to_list() == [None]
    assert kept(cleaned) == [cell]
    assert cleaned.findings.is_empty()


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3/24", "10.1.2.3"),
        ("10.1.2.3:443", "10.1.2.3"),
        ("10.1.2.3/255.255.255.0", "10.1.2.3"),
        ("FD00:0:0::1/64", "fd00::1"),
        ("[fd00::1]:443", "fd00::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
    ],
)
def test_addresses(cell: str, address: str) -> None:
    assert values("ip_address", cell) == [address]


@pytest.mark.parametrize(
    "cell",
    [
        "10.0.0.1, 10.0.0.2",
        "[10.0.0.1;10.0.0.2];",
        "10.0.0.1\n10.0.0.2",
        "['10.0.0.1', '10.0.0.2']",
    ],
)
def test_a_second_address_goes_to_the_list(cell: str) -> None:
    cleaned = column("ip_address", cell).frame
    assert cleaned.select("ip_address", "ip_addresses").row(0) == ("10.0.0.1", ["10.0.0.2"])


def test_addresses_of_several_columns_are_one_and_the_others() -> None:
    frame = table(A=["10.0.0.1", None], B=["10.0.0.2", "10.0.0.3"], C=["10.0.0.1;10.0.0.4", None])
    targets = {"A": "ip_address", "B": "ip_address", "C": "ip_addresses"}
    cleaned = clean_table(frame, [ColumnRule(name, t, None) for name, t in targets.items()]).frame
    assert cleaned["ip_address"].to_list() == ["10.0.0.1", "10.0.0.3"]
    assert cleaned["ip_addresses"].to_list() == [["10.0.0.2", "10.0.0.4"], None]


def test_what_is_no_address_is_reported_and_the_others_are_used() -> None:
    cleaned = column("ip_address", "10.20.0.300", "DHCP", "10.0.0.1; DHCP", "010.0.0.1")
    assert cleaned.frame["ip_address"].to_list() == [None, None, "10.0.0.1", None]
    assert cleaned.findings["row"].to_list() == [2, 3, 4, 5]
    assert kept(cleaned) == ["10.20.0.300", "DHCP", "10.0.0.1; DHCP", "010.0.0.1"]


def test_hardware_addresses() -> None:
    cells = [
        "00-50-56-AA-BB-CC",
        "0050.56aa.bbcc",
        "005056AABBCC",
        "00:50:56:aa:bb:cc",
        "0050",
        None,
    ]
    plain = "00:50:56:aa:bb:cc"
    assert values("mac_address", *cells) == [plain] * 4 + [None, None]
    cleaned = column("mac_address", "00:50:56:aa:bb:cc,00:50:56:aa:bb:cd").frame
    assert cleaned["mac_addresses"].to_list() == [["00:50:56:aa:bb:cd"]]


@pytest.mark.parametrize(
    ("cell", "ports"),
    [
        ("443", [443]),
        ("80;443", [80, 443]),
        ("tcp/22, 8080/tcp", [22, 8080]),
        ("[80, 443]", [80, 443]),
        ("443.0", [443]),
        ("0", None),
    ],
)
def test_ports(cell: str, ports: list[int] | None) -> None:
    cleaned = column("port", cell)
    assert cleaned.frame["port"].to_list() == [ports]
    assert cleaned.findings.is_empty()


@pytest.mark.parametrize("cell", ["http", "80-90", "70000", "80;x"])
def test_what_are_no_ports(cell: str) -> None:
    cleaned = column("port", cell)
    assert cleaned.frame["port"].to_list() == [None]
    assert cleaned.findings.height == 1
