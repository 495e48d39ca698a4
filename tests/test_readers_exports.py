"""Every real export of a table, with exact figures and against a second way to read it."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from discovery.readers import ROW, Table, Unreadable, read_file

TEXTS = {
    "aws-cmf/cmf_default_schema_app.csv": (0, 4),
    "aws-cmf/cmf_default_schema_database.csv": (0, 4),
    "aws-cmf/cmf_default_schema_server.csv": (0, 28),
    "aws-cmf/cmf_default_schema_wave.csv": (0, 8),
    "aws-cmf/mgn-automation-server-list.csv": (8, 18),
    "aws-cmf/migration-intake-form.empty.csv": (0, 17),
    "aws-cmf/migration-intake-form.example.csv": (8, 17),
    "aws-cmf/migration-tags.example.csv": (1, 2),
    "aws-export-for-vcenter/RVTools_tabvCPU.csv": (0, 4),
    "aws-export-for-vcenter/RVTools_tabvDisk.csv": (0, 5),
    "aws-export-for-vcenter/RVTools_tabvHost.csv": (0, 10),
    "aws-export-for-vcenter/RVTools_tabvInfo.csv": (0, 19),
    "aws-export-for-vcenter/RVTools_tabvMemory.csv": (0, 3),
    "aws-export-for-vcenter/RVTools_tabvNIC.csv": (0, 4),
    "aws-export-for-vcenter/RVTools_tabvNetwork.csv": (0, 6),
    "aws-export-for-vcenter/RVTools_tabvPartition.csv": (0, 5),
    "aws-export-for-vcenter/vcexport_tabvPerformance.csv": (2, 9),
    "azure-migrate-dependencies/dependency-export-sample.csv": (5, 9),
    "azure-migrate-import/azure_migrate_docs_fields.csv": (0, 23),
    "deathstarbench/socialnetwork_trace_spans.csv": (640, 14),
    "gcp-migration-center/diskInfo.csv": (0, 5),
    "gcp-migration-center/perfInfo.csv": (0, 8),
    "gcp-migration-center/tagInfo.csv": (0, 3),
    "gcp-migration-center/vmInfo.csv": (0, 20),
    "konveyor/fixture_app_name_with_spaces.csv": (2, 15),
    "konveyor/fixture_app_name_with_spaces_21.csv": (2, 25),
    "konveyor/fixture_desc_comments_char_limit_rows.csv": (2, 15),
    "konveyor/fixture_invalid_column_schema.csv": (2, 3),
    "konveyor/fixture_invalid_record_type_21.csv": (2, 25),
    "konveyor/fixture_invalid_schema_21.csv": (2, 54),
    "konveyor/fixture_lantik_bug.csv": (1, 25),
    "konveyor/fixture_mandatory_and_empty_row_21.csv": (2, 25),
    "konveyor/fixture_mandatory_and_empty_rows.csv": (2, 25),
    "konveyor/fixture_missing_application_name.csv": (1, 25),
    "konveyor/fixture_missing_business_21.csv": (1, 25),
    "konveyor/fixture_missing_tags_and_bs.csv": (2, 25),
    "konveyor/fixture_non_existing_tags_business_service_rows.csv": (2, 45),
    "konveyor/fixture_template_application_import.csv": (5, 25),
    "konveyor/fixture_valid_application_rows.csv": (2, 45),
    "konveyor/hub_template_application_import.csv": (5, 57),
    "konveyor/sample-applications.csv": (5, 55),
    "konveyor/ui_template_application_import.csv": (3, 57),
    "misc-server-lists/mvt_serverlist.csv": (7, 1),
    "netbox/device_import.csv": (3, 13),
    "netbox/inventoryitem_import.csv": (3, 4),
    "netbox/ipaddress_import.csv": (3, 4),
    "netbox/rack_import.csv": (3, 10),
    "netbox/service_import.csv": (4, 7),
    "netbox/site_import.csv": (3, 3),
    "netbox/virtualmachine_import.csv": (3, 6),
    "ralph/management_ip_blank.csv": (1, 46),
    "ralph/rack.csv": (1, 3),
    "ralph/regions.csv": (2, 3),
    "ralph/server_room.csv": (1, 3),
    "ralph/warehouses.csv": (3, 2),
    "ralph/warehouses_semicolon.csv": (3, 2),
    "ralph/warehouses_tab.csv": (3, 2),
    "servicenow-joined/cmdb.csv": (109, 17),
    "servicenow-tables/cmdb_ci_server.csv": (0, 111),
    "servicenow-tables/cmdb_ci_service.csv": (0, 112),
    "vuln-scanners/tenable_nessus_nessus_many_vuln.csv": (4, 40),
    "vuln-scanners/tenable_tenable_many_vuln.csv": (20, 63),
}
WORKBOOKS = {
    "rvtools-ibm-workshop/SizingWorkshop-RVTools.xlsx": {
        "vInfo": (805, 14),
        "vNetwork": (805, 17),
        "vPartition": (1618, 13),
        "vHost": (34, 28),
    },
    "rvtools-ibm-workshop/rvtools-small-complete.xlsx": {
        "vInfo": (3, 14),
        "vDisk": (5, 5),
        "vPartition": (5, 7),
        "vCPU": (3, 5),
        "vMemory": (3, 9),
        "vHost": (2, 3),
        "vCluster": (1, 2),
        "vNetwork": (4, 8),
        "vSnapshot": (1, 3),
        "vTools": (3, 7),
        "vCD": (1, 5),
        "vUSB": (1, 4),
        "vHealth": (1, 3),
        "vSwitch": (2, 6),
        "dvSwitch": (1, 5),
        "vPort": (2, 6),
        "dvPort": (1, 6),
    },
}
OBJECTS = {
    "glpi-inventory/computer_1.json": {
        "computer_1": (1, 77),
        "drives": (6, 11),
        "networks": (8, 22),
        "storages": (1, 9),
    },
    "glpi-inventory/computer_2.json": {
        "computer_2": (1, 25),
        "virtualmachines": (6, 9),
    },
    "glpi-inventory/computer_2_partial_dbs.json": {
        "computer_2_partial_dbs": (1, 26),
        "databases_services": (2, 9),
        "databases": (3, 4),
    },
    "glpi-inventory/computer_2_partial_vms.json": {
        "computer_2_partial_vms": (1, 26),
        "virtualmachines": (6, 9),
    },
    "glpi-inventory/networkequipment_1.json": {
        "networkequipment_1": (1, 19),
        "network_ports": (183, 23),
    },
    "kiali/test_ambient_graph.json": {
        "nodes": (4, 15),
        "edges": (5, 22),
    },
    "kiali/test_app_graph.json": {
        "nodes": (11, 17),
        "edges": (14, 6),
    },
    "kiali/test_complex_graph.json": {
        "nodes": (10, 17),
        "edges": (9, 6),
    },
    "kiali/test_service_graph.json": {
        "nodes": (10, 18),
        "edges": (13, 6),
    },
    "kiali/test_versioned_app_graph.json": {
        "nodes": (14, 19),
        "edges": (18, 6),
    },
    "kiali/test_workload_graph.json": {
        "nodes": (13, 17),
        "edges": (18, 6),
    },
    "netstat/centos-7.7_lsof.json": {
        "centos-7.7_lsof": (638, 10),
    },
    "netstat/centos-7.7_netstat-p.json": {
        "centos-7.7_netstat-p (network)": (1, 12),
        "centos-7.7_netstat-p (socket)": (116, 8),
    },
    "netstat/centos-7.7_netstat-sudo-lnp.json": {
        "centos-7.7_netstat-sudo-lnp (network)": (8, 13),
        "centos-7.7_netstat-sudo-lnp (socket)": (33, 9),
    },
    "netstat/centos-7.7_netstat.json": {
        "centos-7.7_netstat (network)": (3, 12),
        "centos-7.7_netstat (socket)": (116, 7),
    },
    "netstat/centos-7.7_ss-sudo-a.json": {
        "centos-7.7_ss-sudo-a": (203, 15),
    },
    "netstat/fedora32_netstat.json": {
        "fedora32_netstat (network)": (2, 11),
        "fedora32_netstat (socket)": (129, 7),
    },
    "netstat/freebsd12_netstat-an.json": {
        "freebsd12_netstat-an (network)": (6, 12),
        "freebsd12_netstat-an (socket)": (14, 9),
    },
    "netstat/generic_ss-wide.json": {
        "generic_ss-wide": (155, 16),
    },
    "netstat/osx-10.14.6_netstat-An.json": {
        "osx-10.14.6_netstat-An (network)": (138, 14),
        "osx-10.14.6_netstat-An (socket)": (400, 9),
        "osx-10.14.6_netstat-An (Registered kernel control module)": (17, 8),
        "osx-10.14.6_netstat-An (Active kernel event socket)": (27, 7),
        "osx-10.14.6_netstat-An (Active kernel control socket)": (97, 7),
    },
    "netstat/windows_windows-10_netstat-an.json": {
        "windows_windows-10_netstat-an": (260, 8),
    },
    "netstat/windows_windows-10_netstat-aon.json": {
        "windows_windows-10_netstat-aon": (208, 9),
    },
    "netstat/windows_windows-10_netstat-aonb.json": {
        "windows_windows-10_netstat-aonb": (318, 10),
    },
    "netstat/windows_windows-10_netstat.json": {
        "windows_windows-10_netstat": (32, 8),
    },
    "netstat/windows_windows-10_systeminfo-hyperv-utc.json": {
        "windows_windows-10_systeminfo-hyperv-utc": (1, 39),
        "network_cards": (6, 7),
    },
    "netstat/windows_windows-10_systeminfo-hyperv.json": {
        "windows_windows-10_systeminfo-hyperv": (1, 39),
        "network_cards": (6, 7),
    },
    "netstat/windows_windows-10_systeminfo.json": {
        "windows_windows-10_systeminfo": (1, 36),
        "network_cards": (1, 7),
    },
    "netstat/windows_windows-2012r2_systeminfo.json": {
        "windows_windows-2012r2_systeminfo": (1, 36),
        "network_cards": (1, 7),
    },
    "netstat/windows_windows-7_systeminfo.json": {
        "windows_windows-7_systeminfo": (1, 35),
        "network_cards": (5, 7),
    },
}
# Some of the 73 models.
NETBOX = {
    "dcim.interface": (1586, 39),
    "virtualization.vminterface": (720, 17),
    "virtualization.virtualmachine": (180, 21),
    "ipam.ipaddress": (180, 15),
    "dcim.device": (72, 28),
    "virtualization.cluster": (32, 12),
    "dcim.site": (24, 20),
}


Upload = Callable[[str], Path]


@pytest.fixture
def upload(inventory_data: Path, tmp_path: Path) -> Upload:
    """Copies an export into a folder of its own, as readers ask for."""

    def copied(name: str) -> Path:
        return Path(shutil.copy(inventory_data / "exports" / name, tmp_path / "upload"))

    return copied


def cells(found: Table) -> list[tuple[str | None, ...]]:
    return found.rows.select(found.columns).collect().rows()


def cut_by_hand(path: Path, delimiter: str) -> list[tuple[str | None, ...]]:
    """The filled rows of a clean text export, by Python's own parser."""
    text = io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
    header, *body = [[cell.strip() or None for cell in row] for row in reader]
    padded = [row + [None] * (len(header) - len(row)) for row in body if any(row)]
    used = [column[1:] for column in zip(header, *padded, strict=True) if any(column)]
    return list(zip(*used, strict=True))


@pytest.mark.parametrize(("name", "size"), TEXTS.items())
def test_a_text_has_the_rows_that_pythons_parser_finds(
    name: str, size: tuple[int, int], upload: Upload
) -> None:
    path = upload(name)
    (found,) = read_file(path, name)
    assert (found.row_count, len(found.columns), found.header_row) == (*size, 1)
    assert cells(found) == cut_by_hand(path, found.delimiter or ",")


@pytest.mark.parametrize(("name", "sizes"), WORKBOOKS.items())
def test_a_workbook_has_the_cells_that_calamine_finds(
    name: str, sizes: dict[str, tuple[int, int]], upload: Upload
) -> None:
    path = upload(name)
    found = read_file(path, name)
    assert {sheet.name: (sheet.row_count, len(sheet.columns)) for sheet in found} == sizes
    with CalamineWorkbook.from_path(path) as book:
        for sheet in found:
            header, *body = book.get_sheet_by_name(sheet.name).to_python()
            filled = sum(1 for row in body for cell in row if str(cell).strip())
            assert sheet.columns == tuple(" ".join(str(cell).split()) for cell in header)
            assert sum(cell is not None for row in cells(sheet) for cell in row) == filled


def sizes(found: list[Table]) -> dict[str, tuple[int, int]]:
    return {table.name: (table.row_count, len(table.columns)) for table in found}


def leaves(value: Any) -> Iterator[str]:
    """Every text and number of a document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif value not in (None, ""):
        yield value.strip() if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize(("name", "expected"), OBJECTS.items())
def test_objects_become_tables(
    name: str, expected: dict[str, tuple[int, int]], upload: Upload
) -> None:
    path = upload(name)
    assert sizes(read_file(path, name)) == expected


@pytest.mark.parametrize("name", [name for name in OBJECTS if not name.startswith("kiali/")])
def test_no_value_of_a_document_is_lost(name: str, upload: Upload) -> None:
    path = upload(name)
    found = read_file(path, name)
    told = {cell for table in found for row in cells(table) for cell in row if cell}
    text = "\n".join([*(table.name for table in found), *told])
    lost = [leaf for leaf in leaves(json.loads(path.read_text())) if leaf not in told]
    assert [leaf for leaf in lost if leaf not in text and json.dumps(leaf)[1:-1] not in text] == []


def test_a_fixture_has_a_table_for_each_model(upload: Upload) -> None:
    path = upload("netbox/netbox-demo-v3.6.json")
    found = read_file(path, path.name)
    rows = sizes(found)
    assert (len(found), sum(table.row_count for table in found)) == (73, 6915)
    assert {name: rows[name] for name in NETBOX} == NETBOX
    machine = next(t for t in found if t.name == "virtualization.virtualmachine").rows.collect()
    assert machine.select(ROW, "name", "cluster", "platform").row(0) == (
        *(5516, "vm1", "DO-AMS3", "Ubuntu Linux 20.04"),
    )


@pytest.mark.parametrize("name", [name for name in OBJECTS if name.startswith("kiali/")])
def test_the_edges_of_a_graph_are_those_that_are_known(
    name: str, upload: Upload, inventory_data: Path
) -> None:
    nodes, edges = read_file(upload(name), name)
    protocol = next(column for column in edges.columns if column.endswith("protocol"))
    found = edges.rows.select("source", "target", protocol).collect().rows()
    named = set(nodes.rows.select("name").collect().to_series())
    known = inventory_data / "edges" / f"kiali-{Path(name).stem}.csv"
    stated = csv.DictReader(known.read_text().splitlines())
    assert {end for edge in found for end in edge[:2]} <= named
    assert len(named) == nodes.row_count
    # Two nodes of one name, in two clusters, bear the cluster before it here.
    assert [tuple(re.sub("^cluster-[a-z]+:", "", text) for text in edge) for edge in found] == [
        (edge["source"], edge["target"], edge["protocol"]) for edge in stated
    ]


def test_an_encrypted_workbook_is_refused(upload: Upload) -> None:
    path = upload("azure-migrate-encrypted/AzureMigrate_Discovery_Report_IRM.xlsx")
    with pytest.raises(Unreadable) as caught:
        read_file(path, path.name)
    assert caught.value.code == "encrypted"
    assert "without protection" in caught.value.message
