"""The tabs about what stands below the virtual machines, and two that are no inventory."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from northwind.estate import Datastore, Estate
from northwind.machine_tabs import VCENTER
from northwind.workbook import Column, Tab, settings


def host_tabs(estate: Estate) -> list[Tab]:
    return [
        Tab("vCluster", "cluster", estate.clusters, _CLUSTER),
        Tab("vHost", "host", estate.hosts, _HOST),
        Tab("vDatastore", "datastore", estate.datastores, _DATASTORE),
        Tab("vLicense", None, LICENCES, _LICENCE),
        Tab("vHealth", None, messages(estate), _HEALTH),
    ]


@dataclass(frozen=True)
class Licence:
    """A licence of the vCenter. The keys are none."""

    name: str
    key: str
    unit: str
    total: int
    used: int
    expires: str


@dataclass(frozen=True)
class Message:
    """What RVTools' health check found."""

    name: str
    text: str
    kind: str


LICENCES: Final = (
    Licence("vCenter Server 8 Standard", "00000-AAAAA-00000-0VC8S-00001", "server", 1, 1, "Never"),
    Licence("vSphere 8 Enterprise Plus", "00000-AAAAA-00000-0VS8E-00008", "cpuPackage", 8, 8,
            "2027/06/30"),
    Licence("vSphere 7 Enterprise Plus", "00000-AAAAA-00000-0VS7E-00008", "cpuPackage", 10, 8,
            "Never"),
    Licence("Evaluation Mode", "00000-00000-00000-00000-00000", "", 0, 0, ""),
)  # fmt: skip


def messages(estate: Estate) -> list[Message]:
    """Messages name virtual machines; they say nothing about any that vInfo does not."""
    found = [
        Message(
            f"{partition.vm.name} disk {partition.name}",
            f"On disk {partition.name} is {partition.free_percent}% disk space available!"
            " The threshold value is 20%",
            "Storage",
        )
        for vm in estate.vms
        for disk in vm.disks
        for partition in disk.partitions
        if partition.free_percent < 20
    ]
    return [
        *found,
        Message("BGO-PRINT01", "VMware Tools are out of date on this VM", "VM tools"),
        Message("old_fileserver_do_not_delete", "VM is powered off for 412 days", "VM"),
        Message(
            "[BGO-TEST-VMFS02] BGOT-HRMS-APP01_1/BGOT-HRMS-APP01_1.vmdk",
            "Possibly a Zombie vmdk file! Please check.",
            "Zombie",
        ),
    ]


def _free_percent(store: Datastore) -> int:
    return 100 * store.free // store.capacity


def _running(store: Datastore) -> int:
    return sum(vm.running for vm in store.vms)


_CLUSTER: Final = (
    Column("Name", lambda cluster: cluster.name, "name", also=("cluster",)),
    Column("Config status", "green", also=("status",)),
    # A colour is no state of operation, though the column speaks of one.
    Column("OverallStatus", "green", "status", also=(None,)),
    Column("NumHosts", lambda cluster: len(cluster.hosts)),
    Column("numEffectiveHosts", lambda cluster: len(cluster.hosts)),
    Column("TotalCpu", lambda cluster: cluster.cpu_mhz),
    Column("NumCpuCores", lambda cluster: cluster.cores, "cpu_cores"),
    Column("NumCpuThreads", lambda cluster: 2 * cluster.cores),
    Column("Effective Cpu", lambda cluster: cluster.cpu_mhz * 92 // 100),
    Column("TotalMemory", lambda cluster: cluster.memory, "memory_gb", "MiB"),
    Column("Effective Memory", lambda cluster: cluster.memory * 95 // 100),
    Column("Num VMotions", lambda cluster: 1907 * len(cluster.hosts) + cluster.number),
    Column("HA enabled", "True", also=("dr_strategy",)),
    *settings(
        {
            "Failover Level": 1,
            "AdmissionControlEnabled": "True",
            "Host monitoring": "enabled",
            "HB Datastore Candidate Policy": "allFeasibleDsWithUserPreference",
            "Isolation Response": "none",
            "Restart Priority": "medium",
            "Cluster Settings": "",
            "Max Failures": 3,
            "Max Failure Window": -1,
            "Failure Interval": 30,
            "Min Up Time": 120,
            "VM Monitoring": "vmMonitoringDisabled",
            "DRS enabled": "True",
            "DRS default VM behavior": "fullyAutomated",
            "DRS vmotion rate": 3,
            "DPM enabled": "False",
            "DPM default behavior": "automated",
            "DPM Host Power Action Rate": 3,
        }
    ),
    Column("Object ID", lambda cluster: cluster.moref, "external_id"),
    *VCENTER,
)

_HOST: Final = (
    Column("Host", lambda host: host.name, "name", also=("hostname", "fqdn")),
    Column("Datacenter", lambda host: host.cluster.datacenter, "location"),
    Column("Cluster", lambda host: host.cluster.name, "cluster"),
    Column("Config status", "green", also=("status",)),
    Column("Compliance Check State", "notCompliant"),
    Column("in Maintenance Mode", "False", also=("status",)),
    *settings({"in Quarantine Mode": "False", "vSAN Fault Domain Name": ""}),
    Column("CPU Model", lambda host: host.hardware.cpu_model, "cpu_model"),
    Column("Speed", lambda host: host.hardware.speed_mhz),
    *settings({"HT Available": "True", "HT Active": "True"}),
    Column("# CPU", 2, "cpu_sockets"),
    Column("Cores per CPU", lambda host: host.hardware.cores_per_socket),
    Column("# Cores", lambda host: host.cores, "cpu_cores"),
    Column("CPU usage %", lambda host: host.cpu_percent, "cpu_utilization_percent", "percent"),
    Column("# Memory", lambda host: host.hardware.memory, "memory_gb", "MiB"),
    Column("Memory Tiering Type", "noTiering"),
    Column(
        "Memory usage %", lambda host: host.memory_percent, "memory_utilization_percent", "percent"
    ),
    *settings({"Console": 0, "# NICs": 6, "# HBAs": 3}),
    Column("# VMs total", lambda host: len(host.vms)),
    Column("# VMs", lambda host: len(host.running)),
    Column("VMs per Core", lambda host: round(len(host.running) / host.cores, 4)),
    Column("# vCPUs", lambda host: host.vcpus),
    Column("vCPUs per Core", lambda host: round(host.vcpus / host.cores, 4)),
    Column("vRAM", lambda host: host.vram),
    Column("VM Used memory", lambda host: host.vram * 9 // 10),
    *settings({"VM Memory Swapped": 0, "VM Memory Ballooned": 0}),
    *settings({"VMotion support": "True", "Storage VMotion support": "True"}),
    Column("Current EVC", "intel-skylake"),
    Column("Max EVC", lambda host: host.hardware.evc),
    Column(
        "Assigned License(s)",
        lambda host: (
            "vSphere 8 Enterprise Plus"
            if "8.0" in host.hardware.esx
            else "vSphere 7 Enterprise Plus"
        ),
    ),
    *settings({"ATS Heartbeat": "True", "ATS Locking": "True"}),
    *settings(
        {
            "Current CPU power man. policy": "Balanced",
            "Supported CPU power man.": "ACPI P-states, ACPI C-states",
            "Host Power Policy": "Balanced",
        }
    ),
    Column("ESX Version", lambda host: host.hardware.esx, "operating_system", also=("os_version",)),
    Column("Boot time", lambda host: host.booted),
    *settings({"DNS Servers": "10.20.100.15, 10.20.100.17", "DHCP": "False"}),
    Column("Domain", lambda host: host.cluster.domain, also=("fqdn",)),
    *settings(
        {
            "Domain List": "nwf.local",
            "DNS Search Order": "nwf.local",
            "NTP Server(s)": "bgo-ntp01.nwf.local",
            "NTPD running": "True",
            "Time Zone": "UTC",
            "Time Zone Name": "UTC",
            "GMT Offset": 0,
        }
    ),
    Column("Vendor", lambda host: host.hardware.vendor, "manufacturer"),
    Column("Model", lambda host: host.hardware.model, "model"),
    Column("Serial number", lambda host: host.serial, "serial_number"),
    Column("Service tag", lambda host: host.serial, "serial_number", also=("asset_tag",)),
    Column("OEM specific string", ""),
    Column("BIOS Vendor", lambda host: host.hardware.vendor),
    Column("BIOS Version", lambda host: host.hardware.bios, also=("software_version",)),
    Column("BIOS Date", lambda host: datetime.fromisoformat(host.hardware.bios_date)),
    *settings(
        {
            "Certificate Issuer": "O=bgo-vcenter01.nwf.local,C=US,OU=VMware Engineering",
            "Certificate Start Date": datetime.fromisoformat("2024-03-02T09:11:40"),
            "Certificate Expiry Date": datetime.fromisoformat("2029-03-02T09:11:40"),
            "Certificate Status": "good",
        }
    ),
    Column("Certificate Subject", lambda host: f"CN={host.name},OU=VMware Engineering,C=US"),
    Column("Object ID", lambda host: host.moref, "external_id"),
    Column("AutoDeploy.MachineIdentity", ""),
    Column("UUID", lambda host: host.uuid, also=("external_id",)),
    *VCENTER,
)

_DATASTORE: Final = (
    Column("Name", lambda store: store.name, "name"),
    Column("Config status", "green", also=("status",)),
    Column("Address", lambda store: store.address),
    Column("Accessible", "True", also=("status",)),
    Column("Type", lambda store: store.kind, also=("asset_type", "technology")),
    Column("# VMs total", lambda store: len(store.vms)),
    Column("# VMs", _running),
    Column("Capacity MiB", lambda store: store.capacity, "storage_gb", "MiB"),
    Column("Provisioned MiB", lambda store: store.provisioned, also=("storage_gb",)),
    Column("In Use MiB", lambda store: store.used, "storage_used_gb", "MiB"),
    Column("Free MiB", lambda store: store.free),
    Column("Free %", _free_percent),
    *settings({"SIOC enabled": "False", "SIOC Threshold": 30}),
    Column("# Hosts", lambda store: len(store.cluster.hosts)),
    Column(
        "Hosts",
        lambda store: ", ".join(host.name for host in store.cluster.hosts),
        also=("depends_on", "virtualization_host"),
    ),
    Column("Cluster name", "", also=("cluster",)),
    *settings({"Cluster capacity MiB": "", "Cluster free space MiB": ""}),
    Column("Block size", lambda store: 1 if store.kind == "VMFS" else ""),
    Column("Max Blocks", lambda store: 63963136 if store.kind == "VMFS" else ""),
    Column("# Extents", lambda store: 1 if store.kind == "VMFS" else ""),
    Column("Major Version", lambda store: 6 if store.kind == "VMFS" else ""),
    Column("Version", lambda store: "6.82" if store.kind == "VMFS" else ""),
    *settings({"VMFS Upgradeable": "False", "MHA": "True"}),
    Column("URL", lambda store: f"ds:///vmfs/volumes/{store.uuid}/", also=("external_id",)),
    Column("Object ID", lambda store: f"datastore-{store.number}", "external_id"),
    *VCENTER,
)

_LICENCE: Final = (
    Column("Name", lambda licence: licence.name),
    Column("Key", lambda licence: licence.key),
    Column("Labels", ""),
    Column("Cost Unit", lambda licence: licence.unit),
    Column("Total", lambda licence: licence.total),
    Column("Used", lambda licence: licence.used),
    Column("Expiration Date", lambda licence: licence.expires),
    Column("Features", ""),
    *VCENTER,
)

_HEALTH: Final = (
    Column("Name", lambda message: message.name),
    Column("Message", lambda message: message.text),
    Column("Message type", lambda message: message.kind),
    *VCENTER,
)
