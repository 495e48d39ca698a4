"""Tables of tools that nobody listed: what the mapping makes of their headers and values."""

import polars as pl
import pytest

from discovery.mapping import Grain
from discovery.mapping.header import parse
from discovery.mapping.values import profile
from tests.test_mapping import column, headers, table, targets


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("latest(memoryTotalBytes)", ("memory", "total", "byte")),
        ("LoB", ("businessunit",)),
        ("EoS", ("eos",)),
        ("LastHWScan", ("last", "hardware", "scan")),
        ("서버명", ("server", "name")),
        ("Quellsystem", ("source", "system")),
    ],
)
def test_acronyms_queries_and_compounds_are_taken_apart(
    header: str, words: tuple[str, ...]
) -> None:
    assert parse(header).words == words


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("jss_id", "jss_model", "jss_serial_number"),
            ("external_id", "model", "serial_number"),
        ),
        (
            ("inventory.tag", "inventory.location", "inventory.model"),
            ("tags", "location", "model"),
        ),
        (("OS-EXT-AZ:availability_zone", "Name"), ("location", "name")),
        (("cpu.cores", "cpu.model", "cpu.sockets"), ("cpu_cores", "cpu_model", "cpu_sockets")),
    ],
)
def test_a_beginning_without_meaning_is_passed_over(
    names: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert tuple(column.target for column in headers(*names).columns) == expected


def test_an_unknown_first_word_is_the_name_of_a_product() -> None:
    assert headers("Acme vCPUs").columns[0].target == "cpu_cores"
    assert headers("vCPUs acme").columns[0].target is None


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        (["{'prod-net': ['10.20.4.11', '185.12.8.40']}"], "named_address"),
        (["prod-net=10.20.4.11"], "named_address"),
        (["10.1.2.3 (eth0)"], "named_address"),
        (["8CB87E89C28E"], "bare_mac"),
        (["['00:50:56:b6:cf:f3']"], "mac"),
        (["0.0.0.0:31407->8080/tcp", "443/TCP"], "ports"),
        (["64987120Ki", "512Mi"], "size"),
        (["12.705,00", "99,5"], "number"),
        (["2017", "1999"], "year"),
        (["Q3 2017", "20250803T04:52:14Z", "03/2024"], "datetime"),
        (["1/1", "0/2"], "part"),
    ],
)
def test_values_of_further_tools_are_recognised(values: list[str], pattern: str) -> None:
    assert profile(pl.Series(values)).share(pattern) == 1


def test_numbers_with_a_decimal_comma_are_read() -> None:
    assert profile(pl.Series(["12.705,00", "99,5"])).numbers == (12705.0, 99.5)


def test_what_never_repeats_is_no_host_of_machines() -> None:
    names = [f"web{number}" for number in range(12)]
    systems = ["Windows Server 2019"] * 12
    hosts = (["esx1", "esx2"] * 6, [f"esx{number}" for number in range(12)])
    shared, own = (column(table(VM=names, OS=systems, Host=each), "Host") for each in hosts)
    assert shared.target == "virtualization_host"
    assert shared.confidence > own.confidence


def test_the_same_name_in_all_rows_names_no_asset() -> None:
    systems = ["Windows Server 2019"] * 12
    same = column(table(Name=["Network Adapter"] * 12, OS=systems), "Name")
    own = column(table(Name=[f"web{number}" for number in range(12)], OS=systems), "Name")
    assert same.confidence < own.confidence


def test_the_parts_of_machines_are_no_machines() -> None:
    mapping = headers("Name", "VMName", "MacAddress", "SwitchName", table="Get-VMNetworkAdapter")
    assert mapping.grain is Grain.NIC


def test_an_application_depends_on_its_servers() -> None:
    mapping = headers("Name", "Application type", "Servers", table="Applications")
    assert targets(mapping)["Servers"] == "depends_on"
