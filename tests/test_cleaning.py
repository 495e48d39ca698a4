"""Cleaning: what each style of cell means, and that nothing unread is lost or silent."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fields import BY_NAME, EDGE_FIELDS
from discovery.cleaning import FINDING_SCHEMA, Cleaned, ColumnRule, clean_table
from discovery.cleaning.vocabulary import FACTORS, PLACEHOLDERS, SYNONYMS
from discovery.readers import read_file

SAMPLES = Path(__file__).parents[1] / "samples"
FIRST_ROW = 2


def table(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    rows = pl.int_range(FIRST_ROW, FIRST_ROW + height, eager=True, dtype=pl.Int64)
    texts = [pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items()]
    return pl.DataFrame([rows.alias("__row__"), *texts])


def column(target: str | None, *cells: str | None, unit: str | None = None) -> Cleaned:
    """The cells as a column called `Cell`, beside one that keeps every row alive."""
    frame = table(Cell=list(cells), Beside=["x"] * len(cells))
    return clean_table(frame, [ColumnRule("Cell", target, unit)])


def values(target: str, *cells: str | None, unit: str | None = None) -> list[Any]:
    return column(target, *cells, unit=unit).frame[target].to_list()


def kept(cleaned: Cleaned) -> list[str | None]:
    return [json.loads(text).get("Cell") for text in cleaned.frame["attributes"]]


# The table as a whole


def test_a_table_becomes_typed_columns_attributes_and_findings() -> None:
    frame = table(
        Name=["web01", "db01", None],
        RAM=["4096", "lots", None],
        Notes=['says "hi"\n\\o/', None, "-"],
    )
    rules = [ColumnRule("Name", "name", None), ColumnRule("RAM", "memory_gb", "MiB")]
    cleaned = clean_table(frame, rules)
    assert cleaned.frame.schema == {
        "__row__": pl.Int64,
        "name": pl.String,
        "memory_gb": pl.Float64,
        "attributes": pl.String,
    }
    assert cleaned.frame.drop("attributes").rows() == [(2, "web01", 4.0), (3, "db01", None)]
    assert [json.loads(text) for text in cleaned.frame["attributes"]] == [
        {"Notes": 'says "hi"\n\\o/'},
        {"RAM": "lots"},
    ]
    assert cleaned.findings.schema == FINDING_SCHEMA
    assert cleaned.findings.drop("reason").rows() == [(3, "RAM", "memory_gb", "lots")]
    assert "write one number" in cleaned.findings["reason"][0]


@pytest.mark.parametrize("target", [*BY_NAME, *(edge.name for edge in EDGE_FIELDS)])
def test_every_target_reads_a_column_and_an_empty_one(target: str) -> None:
    full, empty = column(target, "1", "x", None), column(target, None, None)
    assert full.frame.schema[target] == empty.frame.schema[target]
    assert full.frame.height == 3
    assert empty.frame[target].null_count() == 2
    assert clean_table(table(Cell=[]), [ColumnRule("Cell", target, None)]).frame.is_empty()


def test_kinds_decide_the_types() -> None:
    expected = {
        "name": pl.String,
        "environment": pl.String,
        "ip_address": pl.String,
        "cpu_cores": pl.Int64,
        "monthly_cost": pl.Float64,
        "install_date": pl.Date,
        "last_seen_date": pl.Datetime("us", "UTC"),
        "tags": pl.List(pl.String),
        "port": pl.List(pl.Int64),
        "edge.port": pl.Int64,
        "edge.count": pl.Int64,
        "edge.observed_at": pl.Datetime("us", "UTC"),
    }
    assert {name: column(name, None).frame.schema[name] for name in expected} == expected


def test_a_rule_for_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match='"Nmae", which the table does not have'):
        clean_table(table(Name=["a"]), [ColumnRule("Nmae", "name", None)])


def test_a_rule_for_a_target_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match='"nmae", which is no field'):
        clean_table(table(Name=["a"]), [ColumnRule("Name", "nmae", None)])


def test_two_rules_for_a_column_are_refused() -> None:
    rules = [ColumnRule("Name", "name", None), ColumnRule("Name", "hostname", None)]
    with pytest.raises(ValueError, match="twice"):
        clean_table(table(Name=["a"]), rules)


def test_several_columns_of_a_list_are_united_in_order() -> None:
    frame = table(A=["RHEL", None], B=["Java; RHEL", "N/A"], C=["Tomcat", None], D=["x", "x"])
    rules = [ColumnRule(name, "tags", None) for name in "ABC"]
    assert clean_table(frame, rules).frame["tags"].to_list() == [["RHEL", "Java", "Tomcat"], None]


def test_the_first_of_several_columns_wins_and_the_other_text_is_kept() -> None:
    frame = table(A=["web01", None, "c"], B=["other", "db01", "c"])
    cleaned = clean_table(frame, [ColumnRule("A", "name", None), ColumnRule("B", "name", None)])
    assert cleaned.frame["name"].to_list() == ["web01", "db01", "c"]
    assert cleaned.frame["attributes"].to_list() == ['{"B":"other"}', "{}", "{}"]


# Texts


def test_null_tokens_are_null_for_every_field() -> None:
    tokens = [
        "",
        "-",
        "N/A",
        "#N/A",
        "#REF!",
        "<null>",
        "None",
        "nan",
        "[];",
        "TBD",
        "unbekannt",
        "不明",
    ]
    for target in ("name", "cpu_cores", "install_date", "status", "tags", "ip_address", "port"):
        cleaned = column(target, *tokens)
        assert cleaned.frame[target].null_count() == len(tokens)
        assert cleaned.findings.is_empty()
        assert kept(cleaned) == [None] * len(tokens)


def test_names_lose_what_cannot_be_seen() -> None:
    cells = [
        '"web01"',
        "web\u00a001",
        "\ufeffweb\u200b01\x00",
        " web01 ",
        "'0012",
        '="0012"',
        "a\r\nb",
    ]
    assert values("name", *cells) == ["web01", "web 01", "web01", "web01", "0012", "0012", "a b"]


def test_an_address_in_a_name_column_stays_a_name() -> None:
    assert values("name", "10.0.0.5", "web01.corp.example", "59") == [
        "10.0.0.5",
        "web01.corp.example",
        "59",
    ]


def test_long_texts_are_cut_reported_and_kept() -> None:
    cleaned = column("operating_system", "x" * 12_000, "short")
    assert [len(text) for text in cleaned.frame["operating_system"]] == [1_000, 5]
    assert len(kept(cleaned)[0] or "") == 10_000
    assert "longer than 1,000 characters" in cleaned.findings["reason"][0]
    assert len(cleaned.findings["value"][0]) == 200


def test_a_description_keeps_its_lines_and_ten_thousand_characters() -> None:
    assert values("description", "one\r\ntwo", "x" * 9_999) == ["one\ntwo", "x" * 9_999]


@pytest.mark.parametrize(
    ("cell", "elements"),
    [
        ("a;b", ["a", "b"]),
        ("[a;b];", ["a", "b"]),
        ('"a, b"', ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        ("k:v, k2:v2", ["k:v", "k2:v2"]),
        ("Billing, old; CRM", ["Billing, old", "CRM"]),
        ("a\nb", ["a", "b"]),
        ("a;N/A;a; ", ["a"]),
        ("Office (old)", ["Office (old)"]),
    ],
)
def test_lists(cell: str, elements: list[str]) -> None:
    assert values("depends_on", cell) == [elements]


# Identity


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


# Quantities


@pytest.mark.parametrize(
    ("target", "unit", "cell", "value"),
    [
        ("memory_gb", "MiB", "4096", 4.0),
        ("memory_gb", "MB", "4,096", 4.0),
        ("memory_gb", "MiB", "16 384", 16.0),
        ("memory_gb", "MiB", "16 GB", 16.0),
        ("memory_gb", "bytes", "1073741824", 1.0),
        ("memory_gb", "KiB", "1048576", 1.0),
        ("memory_gb", None, "1.5 TiB", 1536.0),
        ("memory_gb", None, "1e3", 1000.0),
        ("memory_gb", "MiB", "15889", 15.5166),
        ("storage_gb", None, "61.2 GiB / 127 GiB", 127.0),
        ("storage_used_gb", None, "61.2 GiB / 127 GiB", 61.2),
        ("storage_used_gb", None, "61.2 / 127 TiB", 62_668.8),
        ("cpu_cores", None, "8 cores", 8),
        ("cpu_cores", None, "8.0", 8),
        ("user_count", None, "1,024", 1_024),
        ("monthly_cost", None, "$12.58", 12.58),
        ("monthly_cost", None, "2.890,00 €", 2_890.0),
        ("monthly_cost", "USD", "1,250", 1_250.0),
        ("monthly_cost", "USD/year", "120", 10.0),
        ("monthly_cost", "USD/year", "10 per month", 10.0),
        ("monthly_cost", None, "$0.10/hr", 73.0),
        ("purchase_cost", "EUR", "EUR 1 200,50", 1_200.5),
        ("cpu_utilization_percent", "fraction", "0.45", 45.0),
        ("cpu_utilization_percent", "fraction", "45%", 45.0),
        ("cpu_utilization_percent", None, "100.4", 100.0),
        ("disk_throughput_mbps", "KB/s", "1500", 1.5),
        ("disk_throughput_mbps", "bytes", "1500000", 1.5),
        ("network_mbps", "bytes/s", "1000000", 8.0),
        ("network_mbps", "MB/s", "2", 16.0),
        ("network_mbps", None, "10 Gbps", 10_000.0),
        ("network_mbps", None, "10 MBps", 80.0),
        ("rto_hours", None, "30 min", 0.5),
        ("rto_hours", "days", "2", 48.0),
        ("edge.count", None, "1.024.000", 1_024_000),
    ],
)
def test_quantities(target: str, unit: str | None, cell: str, value: float) -> None:
    cleaned = column(target, cell, unit=unit)
    assert cleaned.frame[target].to_list() == [value]
    assert cleaned.findings.is_empty()


@pytest.mark.parametrize(
    ("target", "cell"),
    [
        ("cpu_cores", "0"),
        ("cpu_cores", "3.5"),
        ("cpu_cores", "2 x 6"),
        ("cpu_cores", "8 apples"),
        ("cpu_cores", "200000"),
        ("memory_gb", "-5"),
        ("memory_gb", "inf"),
        ("memory_gb", "1e400"),
        ("memory_gb", "$5"),
        ("memory_gb", "12 parsecs"),
        ("memory_gb", "see vCenter"),
        ("cpu_utilization_percent", "120"),
        ("monthly_cost", "(12.50)"),
        ("monthly_cost", "12 widgets"),
        ("edge.count", "99999999999999999999"),
    ],
)
def test_what_is_no_such_quantity(target: str, cell: str) -> None:
    cleaned = column(target, cell)
    assert cleaned.frame[target].to_list() == [None]
    assert kept(cleaned) == [cell]
    assert cleaned.findings["value"].to_list() == [cell]


def test_minus_one_means_not_set() -> None:
    cleaned = column("memory_gb", "-1", "-1.0", unit="MiB")
    assert cleaned.frame["memory_gb"].to_list() == [None, None]
    assert cleaned.findings.is_empty()


def test_the_column_decides_what_a_comma_means() -> None:
    assert values("storage_gb", "12,5", "1.024", "0,5") == [12.5, 1024.0, 0.5]
    assert values("storage_gb", "1,024", "1.024", "1,024.5") == [1024.0, 1.024, 1024.5]


def test_a_column_in_a_unit_of_something_else_is_not_read() -> None:
    cleaned = column("memory_gb", "3", unit="MHz")
    assert cleaned.frame["memory_gb"].to_list() == [None]
    assert "correct the mapping" in cleaned.findings["reason"][0]


def test_every_unit_of_the_catalogue_has_its_factors() -> None:
    quantities = {field.unit for field in BY_NAME.values() if field.unit}
    assert quantities <= set(FACTORS)


# Dates


@pytest.mark.parametrize(
    "cell",
    [
        "2024-01-31",
        "2024-01-31 10:11:12",
        "2024-01-31T10:11:12.123Z",
        "2024-01-31T23:11:12-05:00",
        "2024/01/31 10:11:12",
        "31.01.2024",
        "31.1.24",
        "31.01.2024 10:11",
        "01/31/2024",
        "31/01/2024",
        "1/31/2024 1:05:06 PM",
        "Jan 31, 2024",
        "January 31st, 2024",
        "Wed, 31 Jan 2024 10:11:12 +0000",
        "Wed Jan 31 10:11:12 UTC 2024",
        "31-Jan-24",
        "2024-Jan-31",
        "31. Januar 2024",
        "31 janvier 2024",
        "31 de enero de 2024",
        "2024年1月31日",
        "20240131",
        "20240131101112",
        "1706695872",
        "1706695872000",
        "45322",
        "45322.5",
    ],
)
def test_styles_of_a_date(cell: str) -> None:
    cleaned = column("install_date", cell)
    assert cleaned.frame["install_date"].to_list() == [date(2024, 1, 31)]
    assert cleaned.findings.is_empty()


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2025-06-14 00:00", datetime(2025, 6, 14, tzinfo=UTC)),
        ("2023-06-08T01:58:56.166Z", datetime(2023, 6, 8, 1, 58, 56, 166_000, tzinfo=UTC)),
        ("2024-01-31T10:11:12+02:00", datetime(2024, 1, 31, 8, 11, 12, tzinfo=UTC)),
        ("2024-01-31 10:11 GMT-0330", datetime(2024, 1, 31, 13, 41, tzinfo=UTC)),
        ("Jan 5, 2021 10:24:08 MST", datetime(2021, 1, 5, 17, 24, 8, tzinfo=UTC)),
        ("1/31/2024 12:05 AM", datetime(2024, 1, 31, 0, 5, tzinfo=UTC)),
        ("1695943858155643", datetime(2023, 9, 28, 23, 30, 58, 155_643, tzinfo=UTC)),
        ("45322.4326388889", datetime(2024, 1, 31, 10, 23, tzinfo=UTC)),
    ],
)
def test_moments(cell: str, moment: datetime) -> None:
    assert values("last_seen_date", cell) == [moment]


@pytest.mark.parametrize(
    "cell",
    [
        *("0", "1970-01-01", "1/1/1970", "12/31/69 19:00", "0001-01-01T00:00:00Z", "9999-12-31"),
        *("1900-01-01", "0000-00-00", "1601-01-01 00:00:00", "never"),
    ],
)
def test_dates_that_mean_never(cell: str) -> None:
    cleaned = column("last_seen_date", cell)
    assert cleaned.frame["last_seen_date"].to_list() == [None]
    assert cleaned.findings.is_empty()


@pytest.mark.parametrize(
    "cell",
    [
        "31.02.2027",
        "2024-13-45",
        "last spring",
        "2024",
        "2024-01",
        "2204-01-01",
        "45",
        "2024-01-31 x",
    ],
)
def test_what_is_no_date(cell: str) -> None:
    cleaned = column("warranty_end_date", cell)
    assert cleaned.frame["warranty_end_date"].to_list() == [None]
    assert kept(cleaned) == [cell]
    assert cleaned.findings.height == 1


def test_a_zone_that_nobody_knows_makes_a_moment_unreadable_but_not_a_day() -> None:
    assert values("last_seen_date", "2024-01-31 10:11:12 XYZ") == [None]
    assert values("install_date", "2024-01-31 10:11:12 XYZ") == [date(2024, 1, 31)]


def test_the_column_decides_whether_the_day_stands_first() -> None:
    assert values("install_date", "01/02/2024", "13/02/2024")[0] == date(2024, 2, 1)
    assert values("install_date", "01/02/2024", "02/13/2024")[0] == date(2024, 1, 2)


def test_an_undecided_column_is_read_month_first_and_says_so_once() -> None:
    cleaned = column("install_date", "2024-05-05", "01/02/2024", "03/04/2024")
    assert cleaned.frame["install_date"].to_list()[1:] == [date(2024, 1, 2), date(2024, 3, 4)]
    assert cleaned.findings["row"].to_list() == [3]
    assert "one of 2 dates" in cleaned.findings["reason"][0]
    assert kept(cleaned) == [None, None, None]


def test_a_column_in_both_orders_follows_the_commoner_and_says_so() -> None:
    cleaned = column("install_date", "13/04/2024", "14/04/2024", "04/15/2024", "01/02/2024")
    assert cleaned.frame["install_date"][3] == date(2024, 2, 1)
    assert cleaned.findings["row"].to_list() == [5]


# Enumerations


@pytest.mark.parametrize(
    ("target", "cell", "value"),
    [
        ("asset_type", "VM", "virtual_machine"),
        ("asset_type", "virtual-machine", "virtual_machine"),
        ("asset_type", "Linux Server", "server"),
        ("asset_type", "cmdb_ci_linux_server", "server"),
        ("asset_type", "Router", "network"),
        ("asset_type", "SAN", "storage"),
        ("asset_type", "Oracle Instance", "database"),
        ("asset_type", "サーバー", "server"),
        ("status", "poweredOn", "active"),
        ("status", "Powered Off", "inactive"),
        ("status", "Installed", "active"),
        ("status", "in Betrieb", "active"),
        ("status", "decommissioned", "retired"),
        ("criticality", "1 - Critical", "critical"),
        ("criticality", "Tier 4", "low"),
        ("criticality", "High (P2)", "high"),
        ("criticality", "Silver", "medium"),
        ("environment", "PRD", "prod"),
        ("environment", "Pre-Production", "staging"),
        ("environment", "UAT", "qa"),
        ("environment", "d", "dev"),
        ("environment", "standby", "dr"),
        ("environment", "\uff30\uff32\uff2f\uff24", "prod"),
        ("six_r_strategy", "Lift & Shift", "rehost"),
        ("six_r_strategy", "Re-Platform", "replatform"),
    ],
)
def test_enumerations(target: str, cell: str, value: str) -> None:
    assert values(target, cell) == [value]


def test_a_value_outside_the_enumeration_is_kept_and_never_guessed() -> None:
    cleaned = column("status", "Actve", "active")
    assert cleaned.frame["status"].to_list() == [None, "active"]
    assert kept(cleaned) == ["Actve", None]
    reason = cleaned.findings["reason"][0]
    assert '"Actve" is not one of active, inactive, planned, retired' in reason


def test_synonyms_and_placeholders_speak_of_the_catalogue() -> None:
    enumerations = {name: set(field.values) for name, field in BY_NAME.items() if field.values}
    assert {name: set(table.values()) for name, table in SYNONYMS.items()} == enumerations
    assert set(PLACEHOLDERS) <= set(BY_NAME)


# The sample inventory


@pytest.fixture(scope="module")
def listed() -> tuple[dict[str, Any], Cleaned]:
    """The truth about the sample list, and the list cleaned by its labelled columns."""
    truth = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))["cmdb.csv"]
    (source,) = read_file(SAMPLES / "cmdb.csv", "cmdb.csv")
    columns = truth["table"]["columns"]
    rules = [ColumnRule(c["header"], c["target"], c.get("unit")) for c in columns]
    return truth, clean_table(source.rows.collect(), rules)


def test_records_of_the_sample_list(listed: tuple[dict[str, Any], Cleaned]) -> None:
    truth, cleaned = listed
    rows = {row["__row__"]: row for row in cleaned.frame.to_dicts()}
    for record in truth["records"]:
        found = rows[record.pop("row")]
        seen = found["last_seen_date"]
        found |= {"warranty_end_date": str(found["warranty_end_date"] or "") or None}
        found |= {"last_seen_date": str(seen.date()) if seen else None}
        record["depends_on"] = list(dict.fromkeys(record["depends_on"] or [])) or None
        assert {name: found.get(name) for name in record} == record


def test_unreadable_cells_of_the_sample_list(listed: tuple[dict[str, Any], Cleaned]) -> None:
    truth, cleaned = listed
    found = {(row, column): value for row, column, _, value, _ in cleaned.findings.iter_rows()}
    unreadable = {(cell["row"], cell["column"]): cell["raw"] for cell in truth["unreadable"]}
    judged = {(cell["row"], cell["column"]) for cell in truth["judgement"]["values"]}
    assert unreadable.items() <= found.items()
    assert found.keys() - unreadable.keys() <= judged


def test_doubtful_cells_of_the_sample_list(listed: tuple[dict[str, Any], Cleaned]) -> None:
    truth, cleaned = listed
    targets = {column["header"]: column["target"] for column in truth["table"]["columns"]}
    rows = {row["__row__"]: row for row in cleaned.frame.to_dicts()}
    for cell in truth["judgement"]["values"]:
        value = rows[cell["row"]][targets[cell["column"]]]
        value = value.isoformat() if isinstance(value, date) else value
        assert value in cell["acceptable"], cell
