"""The truth about the workbook: one asset for each machine, host, cluster and datastore."""

from collections.abc import Iterable
from typing import Final

from northwind.estate import Cluster, Datastore, Estate, Host, Vm
from northwind.truth import Json, count_types, gib, label
from northwind.workbook import Tab

RECORDED: Final = (
    "bgop-book-db01", "BGOP-FINA-DB01", "bgo-ntp01", "4711", "LICSRV01",
    "old_fileserver_do_not_delete",
)  # fmt: skip


def workbook_truth(estate: Estate, tabs: Iterable[Tab]) -> Json:
    edges = [_placement(vm, row) for row, vm in enumerate(estate.vms, start=2)]
    edges += [_membership(host, row) for row, host in enumerate(estate.hosts, start=2)]
    return {
        "tables": [_table(tab) for tab in tabs],
        "assets": _count(estate),
        "dependencies": {"total": len(edges), "by_type": count_types(edges), "edges": edges},
        "dangling": [],
        "unreadable": [],
        "records": _records(estate),
        "judgement": _judgement(estate),
    }


def _count(estate: Estate) -> Json:
    by_type = {
        "virtual_machine": len(estate.vms),
        "server": len(estate.hosts),
        "cluster": len(estate.clusters),
        "storage": len(estate.datastores),
    }
    return {"total": estate.size, "by_type": by_type}


def _records(estate: Estate) -> list[Json]:
    return [
        *(_machine(vm) for vm in estate.vms if vm.name in RECORDED),
        _host(estate.hosts[0]),
        _cluster(estate.clusters[0]),
        _datastore(estate.datastores[0]),
    ]


def _judgement(estate: Estate) -> Json:
    names = [vm.name for vm in estate.vms]
    short = [vm.moref for vm in estate.vms if vm.dns_name and "." not in vm.dns_name]
    return {
        "templates": [vm.moref for vm in estate.vms if vm.template],
        "suspended": [vm.moref for vm in estate.vms if vm.power == "suspended"],
        "short_dns_names": short,
        "same_name": [
            {"name": vm.name, "external_id": vm.moref, "vm_uuid": vm.uuid}
            for vm in estate.vms
            if names.count(vm.name) > 1
        ],
        "values": [
            {
                "sheet": "vCluster",
                "row": row,
                "column": "OverallStatus",
                "raw": "green",
                "acceptable": [None, "active"],
            }
            for row in range(2, 2 + len(estate.clusters))
        ],
    }


def _table(tab: Tab) -> Json:
    return {
        "sheet": tab.name,
        "grain": tab.grain,
        "header_row": 1,
        "rows": len(tab.rows),
        "columns": [label(column) for column in tab.columns],
    }


def _placement(vm: Vm, row: int) -> Json:
    return {
        "source": vm.name,
        "external_id": vm.moref,
        "target": vm.host.name,
        "type": "runs_on",
        "sheet": "vInfo",
        "row": row,
        "column": "Host",
    }


def _membership(host: Host, row: int) -> Json:
    return {
        "source": host.name,
        "external_id": host.moref,
        "target": host.cluster.name,
        "type": "part_of",
        "sheet": "vHost",
        "row": row,
        "column": "Cluster",
    }


def _machine(vm: Vm) -> Json:
    """A virtual machine, without the fields that are a matter of judgement for it."""
    known: Json = {
        "name": vm.name,
        "external_id": vm.moref,
        "asset_type": "virtual_machine",
        "status": "active" if vm.running else "inactive",
        "fqdn": vm.dns_name or None,
        "ip_address": vm.address or None,
        "mac_address": vm.nics[0].mac,
        "cpu_cores": vm.cpus,
        "cpu_sockets": vm.sockets,
        "memory_gb": gib(vm.memory),
        "storage_gb": gib(vm.capacity),
        "storage_used_gb": gib(vm.used),
        "install_date": vm.created.date().isoformat(),
        "description": vm.annotation or None,
        "location": vm.cluster.datacenter,
        "cluster": vm.cluster.name,
        "virtualization_host": vm.host.name,
    }
    if vm.os_tools == vm.os_config:
        known["operating_system"] = vm.os_tools
    if len(vm.nics) == 1:
        known["network_zone"] = vm.nics[0].network
    return known


def _host(host: Host) -> Json:
    return {
        "name": host.name,
        "external_id": host.moref,
        "asset_type": "server",
        "serial_number": host.serial,
        "location": host.cluster.datacenter,
        "cluster": host.cluster.name,
        "cpu_model": host.hardware.cpu_model,
        "cpu_sockets": 2,
        "cpu_cores": host.cores,
        "cpu_utilization_percent": host.cpu_percent,
        "memory_gb": gib(host.hardware.memory),
        "memory_utilization_percent": host.memory_percent,
        "operating_system": host.hardware.esx,
        "manufacturer": host.hardware.vendor,
        "model": host.hardware.model,
    }


def _cluster(cluster: Cluster) -> Json:
    return {
        "name": cluster.name,
        "external_id": cluster.moref,
        "asset_type": "cluster",
        "cpu_cores": cluster.cores,
        "memory_gb": gib(cluster.memory),
    }


def _datastore(store: Datastore) -> Json:
    return {
        "name": store.name,
        "external_id": f"datastore-{store.number}",
        "asset_type": "storage",
        "storage_gb": gib(store.capacity),
        "storage_used_gb": gib(store.used),
    }
