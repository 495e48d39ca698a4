"""Whose export a table is, by its columns and not by its name."""

from pathlib import Path

import pytest

from discovery.mapping import known_format
from discovery.mapping.header import compact
from discovery.mapping.knowledge import knowledge
from discovery.readers import read_file

SEEN = {
    "rvtools-ibm-workshop/SizingWorkshop-RVTools.xlsx": {"RVTools"},
    "aws-cmf/migration-intake-form.example.csv": {"AWS Cloud Migration Factory"},
    "azure-migrate-import/azure_migrate_docs_fields.csv": {"Azure Migrate"},
    "azure-migrate-dependencies/dependency-export-sample.csv": {"Azure Migrate"},
    "aws-export-for-vcenter/vcexport_tabvPerformance.csv": {"Export for vCenter"},
    "gcp-migration-center/vmInfo.csv": {"Google Migration Center"},
    "konveyor/sample-applications.csv": {"Konveyor"},
    "netbox/device_import.csv": {"NetBox"},
    "ralph/management_ip_blank.csv": {"Ralph"},
    "servicenow-tables/cmdb_ci_server.csv": {"ServiceNow"},
    "vuln-scanners/tenable_tenable_many_vuln.csv": {"Nessus"},
    "misc-server-lists/mvt_serverlist.csv": {None},
    "deathstarbench/socialnetwork_trace_spans.csv": {None},
}


@pytest.mark.parametrize("name", SEEN)
def test_real_exports_are_recognised(inventory_data: Path, tmp_path: Path, name: str):
    copy = tmp_path / "upload"
    copy.write_bytes((inventory_data / "exports" / name).read_bytes())

    assert {known_format(table.columns) for table in read_file(copy, "any name")} == SEEN[name]


@pytest.mark.parametrize(
    "columns",
    [
        [],
        ["name", "type", "environment", "owner"],
        ["Name", "IP Address", "OS", "CPU", "RAM", "Environment", "Application"],
        ["id", "name", "status", "location", "serial", "model", "manufacturer"],
        ["VM", "Host", "Memory"],
        ["hostname", "x" * 100_000],
    ],
)
def test_a_list_that_anybody_could_keep_is_of_no_product(columns: list[str]):
    assert known_format(columns) is None


def test_spelling_and_missing_columns_do_not_matter():
    columns = ["vm", "POWERSTATE ", "Template", "cpus", "Memory", "NICs", "Disks", "host", "More"]
    assert known_format(columns) == "RVTools"
    assert known_format(columns[:5]) is None


def test_every_format_is_recognised_by_its_own_columns():
    for product, tables in knowledge("formats").items():
        for table, columns in tables.items():
            assert len(set(map(compact, columns))) == len(columns) >= 4, (product, table)
            assert known_format(columns) == product, table
