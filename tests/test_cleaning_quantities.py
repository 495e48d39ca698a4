"""Cleaning of quantities: numbers as people write them, and their units."""

import pytest

from assets.fields import BY_NAME
from discovery.cleaning.vocabulary import FACTORS
from tests.cells import column, kept, values


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
