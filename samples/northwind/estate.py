"""The virtual estate: clusters, hosts, datastores and what a virtual machine consists of.

Sizes are MiB throughout, as vSphere reports them. Every total (a host's vCPUs, a datastore's use)
is a property summed from the parts, so that the tabs of the workbook cannot disagree.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from northwind.company import DOMAIN

GIB: Final = 1024  # in MiB


@dataclass
class Partition:
    """A file system inside a guest, as VMware Tools sees it."""

    disk: "Disk"
    name: str
    capacity: int
    consumed: int

    @property
    def vm(self) -> "Vm":
        return self.disk.vm

    @property
    def free(self) -> int:
        return self.capacity - self.consumed

    @property
    def free_percent(self) -> int:
        return 100 * self.free // self.capacity


@dataclass
class Disk:
    """A virtual disk; `used` is what its file takes on the datastore."""

    vm: "Vm"
    number: int
    capacity: int
    used: int
    thin: bool
    uuid: str
    path: str
    partitions: list[Partition] = field(default_factory=list)

    @property
    def key(self) -> int:
        return 2000 + self.unit

    @property
    def unit(self) -> int:
        """SCSI unit: 7 is the controller's own."""
        return self.number - 1 if self.number <= 7 else self.number


@dataclass
class Nic:
    """A network adapter. Addresses are empty where no guest runs to report them."""

    vm: "Vm"
    number: int
    adapter: str
    network: str
    mac: str
    ipv4: str = ""
    ipv6: str = ""


@dataclass
class Vm:
    """A virtual machine: `hostname` is the guest's own name, `dns_name` what Tools reported."""

    name: str
    hostname: str
    dns_name: str
    host: "Host"
    datastore: "Datastore"
    number: int
    uuid: str
    smbios_uuid: str
    os_config: str
    os_tools: str
    sockets: int
    cores_per_socket: int
    memory: int
    folder: str
    created: datetime
    powered_on: datetime | None
    power: str
    annotation: str = ""
    template: bool = False
    disks: list[Disk] = field(default_factory=list)
    nics: list[Nic] = field(default_factory=list)
    code: str = ""
    tier: str = ""

    @property
    def moref(self) -> str:
        return f"vm-{self.number}"

    @property
    def cluster(self) -> "Cluster":
        return self.host.cluster

    @property
    def running(self) -> bool:
        return self.power == "poweredOn"

    @property
    def cpus(self) -> int:
        return self.sockets * self.cores_per_socket

    @property
    def capacity(self) -> int:
        return sum(disk.capacity for disk in self.disks)

    @property
    def used(self) -> int:
        return sum(disk.used for disk in self.disks)

    @property
    def address(self) -> str:
        return self.nics[0].ipv4 if self.nics else ""

    @property
    def path(self) -> str:
        return f"[{self.datastore.name}] {self.name}/{self.name}.vmx"


@dataclass
class Hardware:
    """A server model, bought for one cluster at a time."""

    vendor: str
    model: str
    cpu_model: str
    cores_per_socket: int
    speed_mhz: int
    memory: int
    esx: str
    bios: str
    bios_date: str
    evc: str


@dataclass
class Host:
    """An ESXi host with two CPU packages."""

    name: str
    cluster: "Cluster"
    number: int
    serial: str
    uuid: str
    cpu_percent: int
    booted: datetime
    vms: list[Vm] = field(default_factory=list)

    @property
    def hardware(self) -> Hardware:
        return self.cluster.hardware

    @property
    def moref(self) -> str:
        return f"host-{self.number}"

    @property
    def cores(self) -> int:
        return 2 * self.hardware.cores_per_socket

    @property
    def running(self) -> list[Vm]:
        return [vm for vm in self.vms if vm.running]

    @property
    def vcpus(self) -> int:
        return sum(vm.cpus for vm in self.running)

    @property
    def vram(self) -> int:
        return sum(vm.memory for vm in self.running)

    @property
    def consumed_memory(self) -> int:
        """Guests leave a tenth of their memory untouched; ESXi itself takes about 9 GiB."""
        return self.vram * 9 // 10 + 9 * GIB

    @property
    def memory_percent(self) -> int:
        return 100 * self.consumed_memory // self.hardware.memory


@dataclass
class Datastore:
    """A volume of a cluster."""

    name: str
    kind: str
    address: str
    capacity: int
    number: int
    uuid: str
    cluster: "Cluster"
    vms: list[Vm] = field(default_factory=list)
    other_files: int = 0

    @property
    def provisioned(self) -> int:
        return sum(vm.capacity for vm in self.vms) + self.other_files

    @property
    def used(self) -> int:
        return sum(vm.used for vm in self.vms) + self.other_files

    @property
    def free(self) -> int:
        return self.capacity - self.used


@dataclass
class Cluster:
    """A vSphere cluster."""

    name: str
    datacenter: str
    number: int
    hardware: Hardware
    hosts: list[Host] = field(default_factory=list)
    datastores: list[Datastore] = field(default_factory=list)

    @property
    def domain(self) -> str:
        return f"kiel.{DOMAIN}" if self.datacenter == "DC-Kiel" else DOMAIN

    @property
    def moref(self) -> str:
        return f"domain-c{self.number}"

    @property
    def cores(self) -> int:
        return sum(host.cores for host in self.hosts)

    @property
    def cpu_mhz(self) -> int:
        return self.cores * self.hardware.speed_mhz

    @property
    def memory(self) -> int:
        return sum(host.hardware.memory for host in self.hosts)


@dataclass
class Estate:
    """Everything one vCenter knows."""

    clusters: list[Cluster]
    vms: list[Vm] = field(default_factory=list)

    @property
    def hosts(self) -> list[Host]:
        return [host for cluster in self.clusters for host in cluster.hosts]

    @property
    def datastores(self) -> list[Datastore]:
        return [store for cluster in self.clusters for store in cluster.datastores]

    @property
    def size(self) -> int:
        """How many machines, hosts, clusters and datastores there are."""
        return len(self.vms) + len(self.hosts) + len(self.clusters) + len(self.datastores)
