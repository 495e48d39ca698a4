"""Every real export of a table, with exact figures and against a second way to read it."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from discovery.readers import Table, Unreadable, read_file

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


def test_an_encrypted_workbook_is_refused(upload: Upload) -> None:
    path = upload("azure-migrate-encrypted/AzureMigrate_Discovery_Report_IRM.xlsx")
    with pytest.raises(Unreadable) as caught:
        read_file(path, path.name)
    assert caught.value.code == "encrypted"
    assert "without protection" in caught.value.message
