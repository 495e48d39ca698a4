"""The column mapping on what real tools write, and on their labelled columns."""

from pathlib import Path

import pytest

from bench.mapping import judged, map_held_out
from bench.mapping_labels import load
from bench.mapping_scores import calibration_error, per_table, score
from discovery.mapping import Grain, TableMapping, map_tables
from discovery.readers import read_file

VM, SERVER, APPLICATION = "virtual_machine", "server", "application"


def mapped(file: Path, folder: Path) -> dict[str, TableMapping]:
    """The tables of a file by name, each mapped by its first rows."""
    copy = folder / file.name
    copy.write_bytes(file.read_bytes())
    tables = read_file(copy, file.name)
    samples = [(table.name, table.rows.head(2_000).collect()) for table in tables]
    return {mapping.table: mapping for mapping in map_tables(samples)}


def targets(mapping: TableMapping) -> dict[str, str | None]:
    return {column.source_field: column.target for column in mapping.columns}


def test_the_tabs_of_an_rvtools_workbook(inventory_data: Path, tmp_path: Path) -> None:
    folder = inventory_data / "exports" / "rvtools-ibm-workshop"
    found = mapped(folder / "rvtools-small-complete.xlsx", tmp_path)
    assert {name: (mapping.grain, mapping.asset_type) for name, mapping in found.items()} == {
        "vInfo": (Grain.ASSET, VM),
        "vCPU": (Grain.ASSET, VM),
        "vMemory": (Grain.ASSET, VM),
        "vHost": (Grain.ASSET, SERVER),
        "vCluster": (Grain.ASSET, "cluster"),
        "vDisk": (Grain.DISK, None),
        "vPartition": (Grain.PARTITION, None),
        "vNetwork": (Grain.NIC, None),
        "vSnapshot": (Grain.FINDING, None),
        "vTools": (Grain.FINDING, None),
        "vCD": (Grain.FINDING, None),
        "vUSB": (Grain.FINDING, None),
        "vHealth": (Grain.FINDING, None),
        "vSwitch": (Grain.REFERENCE, None),
        "dvSwitch": (Grain.REFERENCE, None),
        "vPort": (Grain.REFERENCE, None),
        "dvPort": (Grain.REFERENCE, None),
    }
    assert targets(found["vInfo"]) == {
        "VM": "name",
        "Powerstate": "status",
        "CPUs": "cpu_cores",
        "Memory": "memory_gb",
        "Host": "virtualization_host",
        "Cluster": "cluster",
        "Datacenter": "location",
        "Disks": None,
        "Provisioned MiB": "storage_gb",
        "CPU Usage %": "cpu_utilization_percent",
        "Network #1": "network_zone",
        "Primary IP Address": "ip_address",
        "OS according to the VMware Tools": "operating_system",
        "Firmware": None,
    }
    units = {c.source_field: c.unit for c in found["vInfo"].columns if c.unit}
    assert units == {"Memory": "MiB", "Provisioned MiB": "MiB"}


@pytest.mark.parametrize(
    ("file", "grain", "asset_type"),
    [
        ("rvtools-ibm-workshop/SizingWorkshop-RVTools.xlsx", Grain.ASSET, VM),
        ("servicenow-joined/cmdb.csv", Grain.ASSET, SERVER),
        ("azure-migrate-import/azure_migrate_docs_fields.csv", Grain.ASSET, SERVER),
        ("azure-migrate-dependencies/dependency-export-sample.csv", Grain.CONNECTION, None),
        ("konveyor/hub_template_application_import.csv", Grain.ASSET, APPLICATION),
        ("konveyor/fixture_invalid_column_schema.csv", Grain.ASSET, APPLICATION),
        ("aws-cmf/mgn-automation-server-list.csv", Grain.ASSET, SERVER),
        ("aws-cmf/cmf_default_schema_server.csv", Grain.ASSET, SERVER),
        ("aws-cmf/cmf_default_schema_app.csv", Grain.ASSET, APPLICATION),
        ("aws-cmf/cmf_default_schema_database.csv", Grain.ASSET, "database"),
        ("aws-cmf/cmf_default_schema_wave.csv", Grain.REFERENCE, None),
        ("aws-cmf/migration-tags.example.csv", Grain.ASSET, None),
        ("ralph/warehouses.csv", Grain.REFERENCE, None),
        ("ralph/regions.csv", Grain.REFERENCE, None),
        ("ralph/server_room.csv", Grain.REFERENCE, None),
        ("ralph/rack.csv", Grain.REFERENCE, None),
        ("ralph/management_ip_blank.csv", Grain.ASSET, None),
        ("gcp-migration-center/vmInfo.csv", Grain.ASSET, None),
        ("gcp-migration-center/diskInfo.csv", Grain.DISK, None),
        ("gcp-migration-center/tagInfo.csv", Grain.TAG, None),
        ("gcp-migration-center/perfInfo.csv", Grain.SAMPLE, None),
        ("netbox/device_import.csv", Grain.ASSET, None),
        ("netbox/virtualmachine_import.csv", Grain.ASSET, VM),
        ("netbox/service_import.csv", Grain.ASSET, "service"),
        ("netbox/site_import.csv", Grain.REFERENCE, None),
        ("netbox/rack_import.csv", Grain.REFERENCE, None),
        ("netbox/ipaddress_import.csv", Grain.REFERENCE, None),
        ("netbox/inventoryitem_import.csv", Grain.REFERENCE, None),
        ("vuln-scanners/tenable_tenable_many_vuln.csv", Grain.FINDING, None),
        ("vuln-scanners/tenable_nessus_nessus_many_vuln.csv", Grain.FINDING, None),
        ("misc-server-lists/mvt_serverlist.csv", Grain.ASSET, SERVER),
        ("deathstarbench/socialnetwork_trace_spans.csv", Grain.CONNECTION, None),
    ],
)
def test_what_a_row_of_an_export_is(
    inventory_data: Path, tmp_path: Path, file: str, grain: Grain, asset_type: str | None
) -> None:
    found = next(iter(mapped(inventory_data / "exports" / file, tmp_path).values()))
    assert (found.grain, found.asset_type) == (grain, asset_type)
    assert found.grain_evidence


def test_an_application_list_tells_its_dependencies(inventory_data: Path, tmp_path: Path) -> None:
    file = inventory_data / "exports/konveyor/hub_template_application_import.csv"
    found = targets(next(iter(mapped(file, tmp_path).values())))
    assert found["Application Name"] == "name"
    assert found["Dependency"] == "depends_on"
    assert found["Dependency Direction"] == "edge.direction"
    assert found["Tag 1"] == "tags"
    assert found["Tag 20"] is None


def test_the_sides_of_a_connection_file(inventory_data: Path, tmp_path: Path) -> None:
    file = inventory_data / "exports/azure-migrate-dependencies/dependency-export-sample.csv"
    assert targets(next(iter(mapped(file, tmp_path).values()))) == {
        "Timeslot": "edge.observed_at",
        "Source server name": "edge.source",
        "Source application": None,
        "Source process": "edge.source_process",
        "Destination server name": "edge.target",
        "Destination IP": "edge.target_ip",
        "Destination application": None,
        "Destination process": "edge.target_process",
        "Destination port": "edge.port",
    }


def test_the_goals_are_held_on_labelled_columns(inventory_data: Path) -> None:
    """Each family of tools with figures fitted on the others; the goals are those of design.md."""
    columns = judged(list(map_held_out(load(inventory_data))))
    pooled = score(columns)
    assert len(columns) == 1_389
    assert pooled.f1 >= 0.90
    assert pooled.precision >= 0.95
    assert per_table(columns).f1 >= 0.88
    assert calibration_error(columns) <= 0.05
