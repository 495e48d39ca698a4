"""The sample inventories are reproducible, and `expected.json` tells the truth about them.

The files are read here with calamine and csv, and judged by rules written anew: nothing of the
generator is imported.
"""

import csv
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from assets.fields import BY_NAME, DEPENDENCY_TYPES

SAMPLES = Path(__file__).parents[1] / "samples"
GENERATED = ("vsphere-export.xlsx", "cmdb.csv", "expected.json")
NULLS = {"", "-", "?", "n/a", "none", "tbd", "unknown"}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def expected() -> Row:
    return json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tabs() -> dict[str, list[Row]]:
    book = CalamineWorkbook.from_path(SAMPLES / "vsphere-export.xlsx")
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return {
        name: [dict(zip(header, row, strict=True)) for row in rows]
        for name, (header, *rows) in sheets.items()
    }


@pytest.fixture(scope="module")
def listed() -> dict[int, Row]:
    """The rows of the list that hold anything, by their number in the file."""
    with (SAMPLES / "cmdb.csv").open(encoding="cp1252", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    header = rows[4]
    return {
        number: dict(zip(header, row, strict=True))
        for number, row in enumerate(rows, start=1)
        if number > 5 and any(row)
    }


def generate(folder: Path) -> Path:
    folder.mkdir()
    subprocess.run([sys.executable, SAMPLES / "generate.py", "--out", folder], check=True)
    return folder


def members(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def test_every_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = generate(tmp_path / "first"), generate(tmp_path / "second")
    for name in GENERATED:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_the_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    written = generate(tmp_path / "again")
    for name in ("cmdb.csv", "expected.json"):
        assert (written / name).read_bytes() == (SAMPLES / name).read_bytes(), name
    # Members and not bytes: another zlib compresses the same content to other bytes.
    assert members(written / "vsphere-export.xlsx") == members(SAMPLES / "vsphere-export.xlsx")


def test_labels_name_the_catalogue(expected: Row) -> None:
    tables = [*expected["vsphere-export.xlsx"]["tables"], expected["cmdb.csv"]["table"]]
    columns = [column for table in tables for column in table["columns"]]
    targets = {target for c in columns for target in (c["target"], *c.get("also", ()))}
    assert len(columns) == 413
    assert targets - {None} <= set(BY_NAME)
    kinds = {edge["type"] for edge in expected["cmdb.csv"]["dependencies"]["edges"]}
    assert kinds <= set(DEPENDENCY_TYPES)


def test_tabs_have_the_labelled_headers(expected: Row, tabs: dict[str, list[Row]]) -> None:
    tables = expected["vsphere-export.xlsx"]["tables"]
    assert [table["sheet"] for table in tables] == list(tabs)
    for table in tables:
        rows = tabs[table["sheet"]]
        assert [column["header"] for column in table["columns"]] == list(rows[0])
        assert len(rows) == table["rows"]


def test_the_workbook_counts(expected: Row, tabs: dict[str, list[Row]]) -> None:
    ids = [row["VM ID"] for row in tabs["vInfo"]]
    assert len(set(ids)) == len({row["VM UUID"] for row in tabs["vInfo"]}) == 200
    assert expected["vsphere-export.xlsx"]["assets"]["by_type"] == {
        "virtual_machine": len(ids),
        "server": len({row["Object ID"] for row in tabs["vHost"]}),
        "cluster": len({row["Object ID"] for row in tabs["vCluster"]}),
        "storage": len({row["Object ID"] for row in tabs["vDatastore"]}),
    }


def test_placement_is_what_the_rows_state(expected: Row, tabs: dict[str, list[Row]]) -> None:
    hosts = {row["Host"]: row["Cluster"] for row in tabs["vHost"]}
    clusters = {row["Name"] for row in tabs["vCluster"]}
    read = {
        (row["VM ID"], row["VM"], row["Host"], "runs_on", "vInfo", number)
        for number, row in enumerate(tabs["vInfo"], start=2)
    } | {
        (row["Object ID"], row["Host"], row["Cluster"], "part_of", "vHost", number)
        for number, row in enumerate(tabs["vHost"], start=2)
    }
    edges = expected["vsphere-export.xlsx"]["dependencies"]["edges"]
    fields = ("external_id", "source", "target", "type", "sheet", "row")
    assert {tuple(edge[field] for field in fields) for edge in edges} == read
    assert len(edges) == len(read) == 208
    assert set(hosts.values()) <= clusters
    assert all(row["Cluster"] == hosts[row["Host"]] for row in tabs["vInfo"])


def total(rows: list[Row], column: str) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        sums[row["VM ID"]] += row[column] if isinstance(row[column], float) else 1
    return sums


def test_tabs_about_a_machine_agree(tabs: dict[str, list[Row]]) -> None:
    disks = total(tabs["vDisk"], "Capacity MiB")
    partitions = total(tabs["vPartition"], "Capacity MiB")
    used = total(tabs["vPartition"], "Consumed MiB")
    adapters = total(tabs["vNetwork"], "NIC label")
    memory = {row["VM ID"]: row["Size MiB"] for row in tabs["vMemory"]}
    cpus = {row["VM ID"]: row["Sockets"] * row["Cores p/s"] for row in tabs["vCPU"]}
    for vm in tabs["vInfo"]:
        key = vm["VM ID"]
        assert vm["Provisioned MiB"] == vm["Total disk capacity MiB"] == disks[key], vm["VM"]
        assert partitions.get(key, 0) <= disks[key]
        assert used.get(key, 0) <= vm["In Use MiB"] <= disks[key], vm["VM"]
        assert (vm["Memory"], vm["CPUs"]) == (memory[key], cpus[key])
        assert vm["NICs"] == adapters.get(key, 0)
        assert bool(vm["PowerOn"]) == (vm["Powerstate"] != "poweredOff")


def test_addresses_are_given_once(tabs: dict[str, list[Row]]) -> None:
    macs = [row["Mac Address"] for row in tabs["vNetwork"]]
    addresses = [row["IPv4 Address"] for row in tabs["vNetwork"] if row["IPv4 Address"]]
    assert len(set(macs)) == len(macs)
    assert len(set(addresses)) == len(addresses) > 150
    servers = {address for row in tabs["vHost"] for address in row["DNS Servers"].split(", ")}
    named = {row["Primary IP Address"]: row["VM"] for row in tabs["vInfo"]}
    assert {named[address] for address in servers} == {"bgo-dns01", "bgo-dns02"}


def test_totals_of_hosts_and_volumes_are_sums(tabs: dict[str, list[Row]]) -> None:
    running = [vm for vm in tabs["vInfo"] if vm["Powerstate"] == "poweredOn"]
    for host in tabs["vHost"]:
        guests = [vm for vm in running if vm["Host"] == host["Host"]]
        assert host["# VMs"] == len(guests)
        assert host["# vCPUs"] == sum(vm["CPUs"] for vm in guests)
        assert host["vRAM"] == sum(vm["Memory"] for vm in guests) < host["# Memory"]
    stores = Counter(re.match(r"\[(.+?)]", vm["Path"])[1] for vm in tabs["vInfo"])
    assert {row["Name"]: row["# VMs total"] for row in tabs["vDatastore"]} == stores
    assert all(row["In Use MiB"] < row["Capacity MiB"] for row in tabs["vDatastore"])


def machine(row: Row, cpu: Row) -> Row:
    """A row of vInfo read by hand, for the fields that need no judgement."""
    return {
        "name": row["VM"],
        "status": {"poweredOn": "active", "poweredOff": "inactive"}[row["Powerstate"]],
        "fqdn": row["DNS Name"] or None,
        "ip_address": row["Primary IP Address"] or None,
        "cpu_cores": row["CPUs"],
        "cpu_sockets": cpu["Sockets"],
        "memory_gb": row["Memory"] / 1024,
        "storage_gb": row["Provisioned MiB"] / 1024,
        "storage_used_gb": pytest.approx(row["In Use MiB"] / 1024, abs=1e-6),
        "install_date": row["Creation date"].date().isoformat(),
        "description": row["Annotation"] or None,
        "location": row["Datacenter"],
        "cluster": row["Cluster"],
        "virtualization_host": row["Host"],
    }


def test_recorded_machines_are_their_rows(expected: Row, tabs: dict[str, list[Row]]) -> None:
    rows = {row["VM ID"]: row for row in tabs["vInfo"]}
    cpus = {row["VM ID"]: row for row in tabs["vCPU"]}
    macs = {row["VM ID"]: row["Mac Address"] for row in reversed(tabs["vNetwork"])}
    records = [
        record
        for record in expected["vsphere-export.xlsx"]["records"]
        if record["asset_type"] == "virtual_machine"
    ]
    assert len(records) == 7
    for record in records:
        key = record["external_id"]
        read = machine(rows[key], cpus[key])
        assert {field: record[field] for field in read} == read
        assert record["mac_address"] == macs[key]


def test_the_list_is_laid_out_as_told(expected: Row, listed: dict[int, Row]) -> None:
    truth = expected["cmdb.csv"]
    assert list(listed) == list(range(6, 136))
    assert truth["table"]["rows"] == len(listed)
    assert [c["header"] for c in truth["table"]["columns"]] == list(listed[6])
    assert [n for n, row in listed.items() if not row["Asset Name"].strip()] == truth[
        "nameless_rows"
    ]
    for pair in truth["duplicate_rows"]:
        first, second = pair["rows"]
        assert listed[first] == listed[second]
        assert listed[first]["Asset Name"].strip() == pair["name"]


def named_rows(listed: dict[int, Row]) -> dict[int, Row]:
    """The rows that are assets: each name once."""
    seen: dict[str, int] = {}
    for number, row in listed.items():
        if name := row["Asset Name"].strip().casefold():
            seen.setdefault(name, number)
    return {number: listed[number] for number in seen.values()}


def test_the_list_counts(expected: Row, listed: dict[int, Row]) -> None:
    classes = {
        "application": "application", "app": "application", "database": "database",
        "db": "database", "virtual server": "virtual_machine", "vm": "virtual_machine",
        "server": "server", "physical server": "server", "switch": "network",
        "router": "network", "firewall": "firewall", "load balancer": "load_balancer",
        "san": "storage", "nas": "storage", "middleware": "middleware",
    }  # fmt: skip
    assets = named_rows(listed)
    kinds = Counter(
        classes.get(row["Class"].strip().lower(), "doubtful") for row in assets.values()
    )
    truth = expected["cmdb.csv"]["assets"]
    assert truth["total"] == len(assets) == 128
    assert truth["by_type"] == kinds
    environments = {
        "production": "prod", "prod": "prod", "prd": "prod", "test": "test", "uat": "qa",
        "pre-prod": "staging", "development": "dev", "dr": "dr", "disaster recovery": "dr",
        "prod + dr": "doubtful",
    }  # fmt: skip
    assert truth["by_environment"] == Counter(
        environments.get(row["Environment"].strip().lower(), "none") for row in assets.values()
    )


def test_told_cells_stand_where_they_are_told(expected: Row, listed: dict[int, Row]) -> None:
    truth = expected["cmdb.csv"]
    cells = truth["unreadable"] + truth["judgement"]["values"]
    assert len(truth["unreadable"]) == 18
    for cell in cells:
        assert listed[cell["row"]][cell["column"]] == cell["raw"]
    places = [(cell["row"], cell["column"]) for cell in cells]
    assert len(set(places)) == len(places)


def short(name: str) -> str:
    return name.strip().casefold().removesuffix(".nwf.local").removesuffix(".kiel")


def test_declared_dependencies_are_what_the_cells_name(
    expected: Row, listed: dict[int, Row]
) -> None:
    assets = named_rows(listed)
    names = {short(row["Asset Name"]): row["Asset Name"].strip() for row in assets.values()}
    found, lost = set(), set()
    for number, row in assets.items():
        for written in re.split(r"[;,]\s*", row["Depends On"].strip()):
            if written.casefold() in NULLS or short(written) == short(row["Asset Name"]):
                continue
            if target := names.get(short(written)):
                found.add((number, row["Asset Name"].strip(), target))
            else:
                lost.add((number, written))
    truth = expected["cmdb.csv"]
    edges = [e for e in truth["dependencies"]["edges"] if e["column"] == "Depends On"]
    assert {(edge["row"], edge["source"], edge["target"]) for edge in edges} == found
    assert len(edges) == len(found) == truth["dependencies"]["by_type"]["depends_on"] == 117
    assert {(name["row"], name["name"]) for name in truth["dangling"]} == lost
    assert len(lost) == 6


def test_applications_run_on_the_servers_that_name_them(
    expected: Row, listed: dict[int, Row]
) -> None:
    assets = named_rows(listed)
    applications = {
        row["Asset Name"].strip().casefold(): row["Asset Name"].strip()
        for row in assets.values()
        if row["Class"].strip().lower() in {"application", "app"}
    }
    read = {
        (number, applications[name], row["Asset Name"].strip())
        for number, row in assets.items()
        if row["Class"].strip().lower() in {"server", "physical server", "virtual server", "vm"}
        and (name := row["Application"].strip().casefold()) in applications
    }
    edges = expected["cmdb.csv"]["dependencies"]["edges"]
    told = {(e["row"], e["source"], e["target"]) for e in edges if e["type"] == "runs_on"}
    assert told == read
    assert len(read) == 36


def gib(text: str) -> float:
    figure, unit = re.fullmatch(r"([\d,]+) ?(GB|MB)?", text.strip()).groups()
    return float(figure.replace(",", "")) / (1024 if unit == "MB" else 1)


def hours(text: str) -> float:
    figure, unit = re.fullmatch(r"([\d.]+) ?(h|min|days?)?", text.strip()).groups()
    return float(figure) * {None: 1, "h": 1, "min": 1 / 60, "day": 24, "days": 24}[unit]


def day(text: str) -> str:
    style = "%m/%d/%Y" if "/" in text else "%d.%m.%Y" if text[2] == "." else "%Y-%m-%d"
    return datetime.strptime(text.strip(), style).date().isoformat()  # noqa: DTZ007


READINGS = {
    "memory_gb": gib,
    "rto_hours": hours,
    "cpu_cores": lambda text: int(text.split()[0]),
    "monthly_cost": lambda text: float(text.strip().lstrip("$").replace(",", "")),
    "warranty_end_date": day,
    "last_seen_date": day,
    "criticality": lambda text: text.strip().lower(),
    "depends_on": lambda text: re.split(r"[;,]\s*", text),
    "ip_address": lambda text: text.split(", ")[0],
}


def test_recorded_rows_are_their_cells(expected: Row, listed: dict[int, Row]) -> None:
    truth = expected["cmdb.csv"]
    no_value = {(cell["row"], cell["column"]) for cell in truth["unreadable"]}
    enumerations = {"asset_type", "environment", "status"}
    assert len(truth["records"]) == 10
    for record in truth["records"]:
        for column in truth["table"]["columns"]:
            target, header = column["target"], column["header"]
            if target not in record or target in enumerations:
                continue
            raw = listed[record["row"]][header]
            unread = (record["row"], header) in no_value or raw.strip().casefold() in NULLS
            value = None if unread else READINGS.get(target, str.strip)(raw)
            assert record[target] == value, (record["row"], header)


def test_rows_of_the_list_are_machines_of_the_workbook(
    expected: Row, listed: dict[int, Row], tabs: dict[str, list[Row]]
) -> None:
    machines = defaultdict(set)
    for row in tabs["vInfo"]:
        machines[short(row["VM"])].add((row["VM"], row["VM ID"], row["Memory"]))
    serials = {row["Serial number"]: row for row in tabs["vHost"]}
    read = {}
    for number, row in named_rows(listed).items():
        if found := machines.get(short(row["Asset Name"])):
            ((name, key, memory),) = found
            read[number] = (name, key, memory)
        elif host := serials.get(row["Serial No"]):
            assert short(host["Host"]) == short(row["Asset Name"])
            read[number] = (host["Host"], host["Object ID"], host["# Memory"])
    told = expected["together"]["same_asset"]
    assert {p["row"]: (p["is"], p["external_id"]) for p in told} == {
        number: pair[:2] for number, pair in read.items()
    }
    assert expected["together"]["assets"] == 221 + 128 - len(read)
    for pair in told:
        cell = listed[pair["row"]]["RAM (GB)"]
        exported = read[pair["row"]][2] / 1024
        if "memory_gb" in pair:
            assert pair["memory_gb"] == [gib(cell), pytest.approx(exported, abs=1e-6)]
        elif cell != "see vCenter":
            assert gib(cell) == exported


def test_hostile_cells_are_there(listed: dict[int, Row]) -> None:
    comments = [row["Comment"] for row in listed.values()]
    assert max(map(len, comments)) == 5000
    assert any(comment.startswith("=HYPERLINK(") for comment in comments)
    assert any("\n" in comment for comment in comments)
    assert sum(row["IP"] == "10.10.10.10" for row in listed.values()) == 7
    assert any("€" in row["Monthly cost"] for row in listed.values())
