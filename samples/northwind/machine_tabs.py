"""The tabs about virtual machines, under the names and in the order of RVTools 4.x."""

from collections.abc import Callable
from typing import Any, Final

from northwind.estate import Disk, Estate, Nic, Partition, Vm
from northwind.workbook import Column, Tab, flag, settings

VCENTER: Final = settings(
    {
        "VI SDK Server": "bgo-vcenter01.nwf.local",
        "VI SDK UUID": "6b1f0a52-90c4-4f3e-8f7d-2c85d1b7e9a4",
    }
)


def machine_tabs(estate: Estate) -> list[Tab]:
    vms = estate.vms
    disks = [disk for vm in vms for disk in vm.disks]
    partitions = [partition for disk in disks for partition in disk.partitions]
    nics = [nic for vm in vms for nic in vm.nics]
    return [
        Tab("vInfo", "vm", vms, _INFO),
        Tab("vCPU", "vm", vms, _CPU),
        Tab("vMemory", "vm", vms, _MEMORY),
        Tab("vDisk", "disk", disks, _DISK),
        Tab("vPartition", "disk", partitions, _PARTITION),
        Tab("vNetwork", "nic", nics, _NETWORK),
    ]


def _itself(vm: Vm) -> Vm:
    return vm


def _owner(part: Disk | Partition | Nic) -> Vm:
    return part.vm


def _lead(vm: Callable[[Any], Vm]) -> tuple[Column, ...]:
    """The first columns of every tab; `vm` finds the machine of a row."""
    return (
        Column("VM", lambda row: vm(row).name, "name", also=("hostname",)),
        Column("Powerstate", lambda row: vm(row).power, "status"),
        Column("Template", lambda row: flag(vm(row).template), also=("asset_type",)),
        Column("SRM Placeholder", "False"),
    )


def _place(vm: Callable[[Any], Vm]) -> tuple[Column, ...]:
    return (
        Column("Annotation", lambda row: vm(row).annotation, "description"),
        Column("Datacenter", lambda row: vm(row).cluster.datacenter, "location"),
        Column("Cluster", lambda row: vm(row).cluster.name, "cluster"),
        Column("Host", lambda row: vm(row).host.name, "virtualization_host"),
    )


def _folder(vm: Callable[[Any], Vm]) -> Column:
    return Column("Folder", lambda row: vm(row).folder, also=("location", "application_name"))


def _systems(vm: Callable[[Any], Vm]) -> tuple[Column, ...]:
    return (
        Column(
            "OS according to the configuration file",
            lambda row: vm(row).os_config,
            "operating_system",
            also=(None,),
        ),
        Column(
            "OS according to the VMware Tools", lambda row: vm(row).os_tools, "operating_system"
        ),
    )


def _tail(vm: Callable[[Any], Vm]) -> tuple[Column, ...]:
    """The last columns of every tab but vInfo, which puts others between them."""
    return (
        *_place(vm),
        _folder(vm),
        *_systems(vm),
        Column("VM ID", lambda row: vm(row).moref, "external_id"),
        Column("VM UUID", lambda row: vm(row).uuid, "external_id", also=(None,)),
        *VCENTER,
    )


def _percent_of(vm: Vm, whole: int, low: int, high: int) -> int:
    """A figure between `low` and `high` percent of `whole`, always the same for a machine."""
    return whole * (low + int(vm.uuid[2:8], 16) % (high - low)) // 100 if vm.running else 0


def _network(number: int) -> Column:
    def name(vm: Vm) -> str:
        return vm.nics[number - 1].network if len(vm.nics) >= number else ""

    return Column(f"Network #{number}", name, "network_zone", also=(None,))


def _folder_path(vm: Vm) -> str:
    return f"[{vm.datastore.name}] {vm.name}/"


def _guest_data(vm: Vm) -> str:
    if not vm.running:
        return ""
    family = "Windows" if "Windows" in vm.os_config else "Linux"
    return f"architecture='X86' bitness='64' familyName='{family}' prettyName='{vm.os_tools}'"


def _uefi(vm: Vm) -> bool:
    return "Server 2019" in vm.os_config or "Server 2022" in vm.os_config


_INFO: Final = (
    *_lead(_itself),
    Column("Config status", "green", also=("status",)),
    Column("DNS Name", lambda vm: vm.dns_name, "fqdn", also=("hostname",)),
    Column("Connection state", "connected", also=("status",)),
    Column("Guest state", lambda vm: "running" if vm.running else "notRunning", also=("status",)),
    Column("Heartbeat", lambda vm: "green" if vm.running else "gray"),
    Column("Consolidation Needed", "False"),
    Column("PowerOn", lambda vm: vm.powered_on),
    *settings({"Suspended To Memory": "False", "Suspend time": "", "Suspend Interval": 0}),
    Column("Creation date", lambda vm: vm.created, "install_date"),
    Column("Change Version", lambda vm: f"{vm.created:%Y-%m-%dT%H:%M:%S}.{vm.number:06}Z"),
    Column("CPUs", lambda vm: vm.cpus, "cpu_cores"),
    Column("Overall Cpu Readiness", lambda vm: _percent_of(vm, 300, 0, 90) / 100),
    Column("Memory", lambda vm: vm.memory, "memory_gb", "MiB"),
    Column("Active Memory", lambda vm: _percent_of(vm, vm.memory, 3, 45)),
    Column("NICs", lambda vm: len(vm.nics)),
    Column("Disks", lambda vm: len(vm.disks)),
    Column("Total disk capacity MiB", lambda vm: vm.capacity, "storage_gb", "MiB", also=(None,)),
    Column("Fixed Passthru HotPlug", "False"),
    Column("min Required EVC Mode Key", "intel-skylake"),
    Column("Latency Sensitivity", "normal"),
    Column("Op Notification Timeout", 0),
    Column("EnableUUID", lambda vm: flag(vm.tier == "db")),
    Column("CBT", lambda vm: flag(vm.running)),
    Column("Primary IP Address", lambda vm: vm.address, "ip_address"),
    *(_network(number) for number in range(1, 9)),
    *settings({"Num Monitors": 1, "Video Ram KiB": 4096}),
    Column(
        "Resource pool",
        lambda vm: f"/{vm.cluster.datacenter}/{vm.cluster.name}/Resources",
        also=("cluster",),
    ),
    Column("Folder ID", lambda vm: f"group-v{100 + sum(map(ord, vm.folder)) % 900}"),
    _folder(_itself),
    Column("vApp", "", also=("application_name",)),
    Column("DAS protection", lambda vm: flag(vm.running), also=("dr_strategy",)),
    Column("FT State", "notConfigured", also=("dr_strategy",)),
    *settings({"FT Role": "", "FT Latency": -1, "FT Bandwidth": -1, "FT Sec. Latency": -1}),
    Column("Vm Failover In Progress", "False"),
    Column("Provisioned MiB", lambda vm: vm.capacity, "storage_gb", "MiB", also=(None,)),
    Column("In Use MiB", lambda vm: vm.used, "storage_used_gb", "MiB"),
    Column("Unshared MiB", lambda vm: vm.used),
    Column("HA Restart Priority", lambda vm: "high" if vm.tier == "db" else "medium"),
    Column("HA Isolation Response", "none"),
    Column("HA VM Monitoring", "vmMonitoringDisabled"),
    Column("Cluster rule(s)", lambda vm: "vmAntiAffinity" if vm.tier == "db" else ""),
    Column("Cluster rule name(s)", lambda vm: f"{vm.code}-apart" if vm.tier == "db" else ""),
    *settings(
        {
            "Boot Required": "False",
            "Boot delay": 0,
            "Boot retry delay": 10000,
            "Boot retry enabled": "False",
            "Boot BIOS setup": "False",
            "Reboot PowerOff": "False",
        }
    ),
    Column("EFI Secure boot", lambda vm: flag(_uefi(vm))),
    Column("Firmware", lambda vm: "efi" if _uefi(vm) else "bios"),
    Column("HW version", lambda vm: 19 if vm.created.year >= 2022 else 14),
    *settings({"HW upgrade status": "none", "HW upgrade policy": "never", "HW target": ""}),
    Column("Path", lambda vm: vm.path),
    Column("Log directory", _folder_path),
    Column("Snapshot directory", _folder_path),
    Column("Suspend directory", _folder_path),
    *_place(_itself),
    *_systems(_itself),
    Column("Customization Info", lambda vm: "TOOLSDEPLOYPKG_IDLE" if vm.running else ""),
    Column("Guest Detailed Data", _guest_data),
    Column("VM ID", lambda vm: vm.moref, "external_id"),
    Column("SMBIOS UUID", lambda vm: vm.smbios_uuid, also=("external_id", "serial_number")),
    Column("VM UUID", lambda vm: vm.uuid, "external_id", also=(None,)),
    Column(
        "VI SDK Server type",
        "VMware vCenter Server 8.0.3 build-24322831",
        also=("virtualization_platform",),
    ),
    Column("VI SDK API Version", "8.0.3.0"),
    *VCENTER,
)

_CPU: Final = (
    *_lead(_itself),
    Column("CPUs", lambda vm: vm.cpus, "cpu_cores"),
    Column("Sockets", lambda vm: vm.sockets, "cpu_sockets"),
    Column("Cores p/s", lambda vm: vm.cores_per_socket),
    Column("Max", lambda vm: vm.cpus * vm.host.hardware.speed_mhz),
    Column("Overall", lambda vm: _percent_of(vm, vm.cpus * vm.host.hardware.speed_mhz, 1, 40)),
    Column("Level", "normal"),
    Column("Shares", lambda vm: 1000 * vm.cpus),
    Column("Reservation", 0),
    Column("Entitlement", lambda vm: _percent_of(vm, vm.cpus * vm.host.hardware.speed_mhz, 2, 42)),
    *settings({"DRS Entitlement": "", "Limit": -1}),
    Column("Hot Add", lambda vm: flag(vm.tier in {"web", "app"})),
    *settings({"Hot Remove": "False", "Numa Hotadd Exposed": "False"}),
    *_tail(_itself),
)

_MEMORY: Final = (
    *_lead(_itself),
    Column("Size MiB", lambda vm: vm.memory, "memory_gb", "MiB"),
    Column("Memory Reservation Locked To Max", "False"),
    Column("Overhead", lambda vm: 40 + vm.memory // 256 if vm.running else 0),
    Column("Max", lambda vm: vm.memory),
    Column("Consumed", lambda vm: _percent_of(vm, vm.memory, 70, 100)),
    Column("Consumed Overhead", lambda vm: 38 + vm.memory // 256 if vm.running else 0),
    Column("Private", lambda vm: _percent_of(vm, vm.memory, 70, 100)),
    *settings({"Shared": 0, "Swapped": 0, "Ballooned": 0}),
    Column("Active", lambda vm: _percent_of(vm, vm.memory, 3, 45)),
    Column("Entitlement", lambda vm: _percent_of(vm, vm.memory, 20, 90)),
    *settings({"DRS Entitlement": "", "Level": "normal"}),
    Column("Shares", lambda vm: 10 * vm.memory),
    *settings({"Reservation": 0, "Limit": -1}),
    Column("Hot Add", lambda vm: flag(vm.tier in {"web", "app"})),
    *_tail(_itself),
)

_DISK: Final = (
    *_lead(_owner),
    Column("Disk", lambda disk: f"Hard disk {disk.number}"),
    Column("Disk Key", lambda disk: disk.key),
    Column("Disk UUID", lambda disk: disk.uuid),
    Column("Disk Path", lambda disk: disk.path),
    Column("Capacity MiB", lambda disk: disk.capacity, "storage_gb", "MiB"),
    *settings({"Raw": "False", "Disk Mode": "persistent", "Sharing mode": "sharingNone"}),
    Column("Thin", lambda disk: flag(disk.thin)),
    *settings({"Eagerly Scrub": "False", "Split": "False", "Write Through": "False"}),
    *settings({"Level": "normal", "Shares": 1000, "Reservation": 0, "Limit": -1}),
    Column("Controller", "SCSI controller 0"),
    Column("Label", lambda disk: f"Hard disk {disk.number}"),
    Column("SCSI Unit #", lambda disk: disk.unit),
    Column("Unit #", lambda disk: disk.unit),
    Column("Shared Bus", "noSharing"),
    Column("Path", lambda disk: disk.path),
    *settings({"Raw LUN ID": "", "Raw Comp. Mode": ""}),
    Column("Internal Sort Column", lambda disk: f"{disk.vm.name}{disk.number:03}"),
    *_tail(_owner),
)

_PARTITION: Final = (
    *_lead(_owner),
    Column("Disk Key", lambda partition: partition.disk.key),
    Column("Disk", lambda partition: partition.name),
    Column("Capacity MiB", lambda partition: partition.capacity, "storage_gb", "MiB"),
    Column("Consumed MiB", lambda partition: partition.consumed, "storage_used_gb", "MiB"),
    Column("Free MiB", lambda partition: partition.free),
    Column("Free %", lambda partition: partition.free_percent),
    Column("Internal Sort Column", lambda partition: f"{partition.vm.name}{partition.name}"),
    *_tail(_owner),
)

_NETWORK: Final = (
    *_lead(_owner),
    Column("NIC label", lambda nic: f"Network adapter {nic.number}"),
    Column("Adapter", lambda nic: nic.adapter),
    Column("Network", lambda nic: nic.network, "network_zone"),
    Column("Switch", lambda nic: f"DSwitch-{nic.vm.cluster.datacenter}"),
    Column("Connected", lambda nic: flag(nic.vm.running)),
    Column("Starts Connected", "True"),
    Column("Mac Address", lambda nic: nic.mac, "mac_address"),
    Column("Type", "assigned"),
    Column("IPv4 Address", lambda nic: nic.ipv4, "ip_address"),
    Column("IPv6 Address", lambda nic: nic.ipv6, "ip_address", also=(None,)),
    Column("Direct Path IO", "False"),
    Column("Internal Sort Column", lambda nic: f"{nic.vm.name}{nic.number:03}"),
    *_tail(_owner),
)
