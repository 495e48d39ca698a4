"""Fills the racks with virtual machines, each with disks, adapters and a history."""

from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from northwind.blueprints import (
    INFRASTRUCTURE,
    NETWORKS,
    NOTES,
    OFF,
    PHOTON,
    RESTORED,
    SIZES,
    SYSTEMS,
    TEMPLATES,
    Size,
    System,
)
from northwind.company import APPLICATIONS, EXPORT_DAY, Application
from northwind.estate import GIB, Cluster, Datastore, Disk, Estate, Host, Nic, Partition, Vm

EXPORTED_AT: Final = datetime.fromisoformat(EXPORT_DAY) + timedelta(hours=7, minutes=42)
AGENT_NOTE: Final = (
    "vSphere Cluster Service VM is deployed from an OVA"
    " with a minimal installed profile of PhotonOS."
)


class Workshop:
    """Builds machines one after the other, giving out numbers, addresses and places."""

    def __init__(self, random: Random, estate: Estate) -> None:
        self.random = random
        self.estate = estate
        self.number = 1001
        self.adapters = 0
        self.last_octet = dict.fromkeys(NETWORKS, 10)

    def build(self) -> None:
        for application in APPLICATIONS:
            self._build_application(application)
        for name, system, size, role in INFRASTRUCTURE:
            self._add(name, system, size, role)
        for name in RESTORED:
            self._add_restored(name)
        for name, system in TEMPLATES:
            self._add_template(name, system)
        for cluster in self.estate.clusters:
            self._add_cluster_services(cluster)
        self.estate.vms.sort(key=lambda vm: (vm.name.casefold(), vm.number))

    def _build_application(self, application: Application) -> None:
        tiers = {"web": application.web, "app": application.app, "db": application.db}
        for tier, count in tiers.items():
            system = self.random.choice(SYSTEMS[application.system])
            for position in range(1, count + 1):
                self._add_tier("bgop", application, tier, position, system)
            if application.has_test and count and tier != "web":
                self._add_tier("bgot", application, tier, 1, system)
            if application.has_failover and count:
                self._add_tier("keld", application, tier, 1, system)

    def _add_tier(
        self, prefix: str, application: Application, tier: str, position: int, system: System
    ) -> None:
        name = f"{prefix}-{application.code.lower()}-{tier}{position:02}"
        place = {"bgop": tier, "bgot": "test", "keld": "dr"}[prefix]
        size = self.random.choice(SIZES["test" if prefix == "bgot" else tier])
        vm = self._add(name if application.system == "linux" else name.upper(), system, size, place)
        vm.code, vm.tier = application.code, tier
        vm.folder = f"{_root(vm)}/{application.name}" if prefix == "bgop" else vm.folder
        if tier == "web" and position == 1:
            vm.annotation = f"{application.name}, web tier. Owner: {application.owner}"
        if prefix == "bgop" and tier == "db":
            self._add_nic(vm, "backup")

    def _add(self, name: str, system: System, size: Size, role: str) -> Vm:
        cluster = self._cluster(role)
        hostname = name if len(name) <= 15 and " " not in name else f"srv-{self.number}"
        vm = self._frame(name, hostname.lower(), system, size, cluster)
        vm.power = self._power(name, role)
        vm.folder = f"{_root(vm)}/{'Infrastructure' if role in {'infra', 'kiel'} else role.title()}"
        self._report(vm)
        self._add_nic(vm, role)
        self._add_disks(vm, size)
        vm.annotation = self.random.choice(NOTES) if self.random.random() < 0.2 else ""
        return vm

    def _frame(self, name: str, hostname: str, system: System, size: Size, cluster: Cluster) -> Vm:
        """A machine with a place and an age, still without disks and adapters."""
        self.number += self.random.choice((1, 1, 2, 3, 5))
        host, store = self._host(cluster), self._store(cluster)
        vm = Vm(
            name=name,
            hostname=hostname,
            dns_name="",
            host=host,
            datastore=store,
            number=self.number,
            uuid=self._uuid("50"),
            smbios_uuid=self._uuid("42"),
            os_config=system.config,
            os_tools=system.name,
            sockets=size.sockets,
            cores_per_socket=size.cores,
            memory=size.memory,
            folder=f"/{cluster.datacenter}",
            created=self._moment(_day(f"{system.since}-02-01"), _day("2026-08-01")),
            powered_on=None,
            power="poweredOff",
        )
        host.vms.append(vm)
        store.vms.append(vm)
        self.estate.vms.append(vm)
        return vm

    def _report(self, vm: Vm) -> None:
        """What the running guest tells: its name, and since when it runs."""
        if vm.power == "poweredOff":
            vm.os_tools = "" if self.random.random() < 0.5 else vm.os_tools
            return
        vm.powered_on = self._moment(max(vm.created, _day("2026-01-05")), EXPORTED_AT)
        short = "Linux" in vm.os_config and self.random.random() < 0.12
        vm.dns_name = vm.hostname if short else f"{vm.hostname}.{vm.cluster.domain}"

    def _add_nic(self, vm: Vm, role: str) -> None:
        network, prefix = NETWORKS[role]
        mac = self._mac()
        nic = Nic(vm, len(vm.nics) + 1, "Vmxnet3", network, mac)
        if vm.hostname == "4711" or vm.os_tools.endswith("2012 (64-bit)"):
            nic.adapter = "E1000"
        if vm.running:
            self.last_octet[role] += self.random.choice((1, 1, 1, 2))
            nic.ipv4 = f"{prefix}.{self.last_octet[role]}"
            nic.ipv6 = _link_local(mac) if "Windows" in vm.os_config else ""
        vm.nics.append(nic)

    def _add_disks(self, vm: Vm, size: Size) -> None:
        windows = "Windows" in vm.os_config
        system = self.random.choice((80, 100, 120) if windows else (20, 40, 60))
        for position, gib in enumerate((system, *size.data), start=1):
            self._add_disk(vm, position, gib * GIB)

    def _add_disk(self, vm: Vm, number: int, capacity: int) -> None:
        thin = self.random.random() < 0.75
        guest = int(capacity * self.random.uniform(0.18, 0.82))
        # A thin file holds what the guest ever wrote, which is more than the guest still uses.
        used = min(capacity, int(guest * self.random.uniform(1.02, 1.2))) if thin else capacity
        suffix = "" if number == 1 else f"_{number - 1}"
        path = f"[{vm.datastore.name}] {vm.name}/{vm.name}{suffix}.vmdk"
        uuid = f"6000C29{self.random.getrandbits(4):x}-{self._uuid('')[9:]}"
        disk = Disk(vm, number, capacity, used, thin, uuid, path)
        if vm.running:
            disk.partitions = _partitions(disk, guest)
        vm.disks.append(disk)

    def _add_restored(self, name: str) -> None:
        original = next(vm for vm in self.estate.vms if vm.name == name)
        cluster = self.estate.clusters[-1]
        system = System(original.os_config, 2026)
        size = Size(original.sockets, original.cores_per_socket, original.memory)
        vm = self._frame(name, original.hostname, system, size, cluster)
        vm.folder, vm.os_tools = f"{_root(vm)}/Restore", ""
        vm.annotation = "restored for the failover exercise 04/2026"
        self._add_nic(vm, "dr")
        for disk in original.disks:
            self._add_disk(vm, disk.number, disk.capacity)

    def _add_template(self, name: str, system: System) -> None:
        cluster = self.estate.clusters[1]
        vm = self._frame(name, name, system, Size(2, 1, 4 * GIB), cluster)
        vm.datastore.vms.remove(vm)
        vm.datastore = cluster.datastores[-1]
        vm.datastore.vms.append(vm)
        vm.template, vm.os_tools, vm.folder = True, "", f"{_root(vm)}/Templates"
        self._add_nic(vm, "test")
        self._add_disks(vm, Size(2, 1, 4 * GIB))

    def _add_cluster_services(self, cluster: Cluster) -> None:
        """vSphere's own agents: up to three for a cluster, one for a host."""
        for _ in cluster.hosts[:3]:
            uuid = self._uuid("")
            vm = self._frame(f"vCLS-{uuid}", "", PHOTON, Size(1, 1, 128), cluster)
            vm.power, vm.folder = "poweredOn", f"{_root(vm)}/vCLS"
            vm.powered_on = self._moment(vm.created, EXPORTED_AT)
            vm.annotation = AGENT_NOTE
            self._add_disk(vm, 1, 2 * GIB)
            vm.disks[0].partitions = []

    def _power(self, name: str, role: str) -> str:
        if name == "win10-test-jm":
            return "suspended"
        odds = {"dr": 0.45, "test": 0.15}.get(role, 0.0)
        return "poweredOff" if name in OFF or self.random.random() < odds else "poweredOn"

    def _cluster(self, role: str) -> Cluster:
        production, testing, failover = self.estate.clusters
        return {"test": testing, "dr": failover, "kiel": failover}.get(role, production)

    def _host(self, cluster: Cluster) -> Host:
        return min(cluster.hosts, key=lambda host: sum(vm.memory for vm in host.vms))

    def _store(self, cluster: Cluster) -> Datastore:
        volumes = [store for store in cluster.datastores if store.kind == "VMFS"]
        return min(volumes, key=lambda store: store.provisioned)

    def _mac(self) -> str:
        """An address of vCenter's range, 00:50:56:80 to :bf, given out once."""
        self.adapters += 1
        octets = (0x800000 + self.adapters * 7919 % 0x400000).to_bytes(3, "big")
        return f"00:50:56:{octets.hex(':')}"

    def _uuid(self, start: str) -> str:
        text = str(UUID(int=self.random.getrandbits(128), version=4))
        return start + text[len(start) :]

    def _moment(self, first: datetime, last: datetime) -> datetime:
        seconds = int((last - first).total_seconds())
        return first + timedelta(seconds=self.random.randint(0, seconds))


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _root(vm: Vm) -> str:
    return f"/{vm.cluster.datacenter}"


def _link_local(mac: str) -> str:
    """The IPv6 address that a guest makes of its hardware address (RFC 4291, appendix A)."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    a, b, c, d, e, f = octets
    return f"fe80::{a:x}{b:02x}:{c:x}ff:fe{d:02x}:{e:x}{f:02x}"


def _partitions(disk: Disk, guest: int) -> list[Partition]:
    """What the guest made of a disk, of which its files take `guest` MiB."""
    if "Windows" in disk.vm.os_config:
        # Recovery and EFI partitions, which have no letter, take 604 MiB of the first disk.
        usable = disk.capacity - (604 if disk.number == 1 else 2)
        return [Partition(disk, f"{'CDEFG'[disk.number - 1]}:\\", usable, min(guest, usable))]
    if disk.number == 1:
        usable = disk.capacity - 1024 - 4096  # less /boot and swap
        boot = Partition(disk, "/boot", 1014, 287)
        # A full root stops the machine; somebody tidies it before.
        root = Partition(disk, "/", usable, min(guest - boot.consumed, usable * 94 // 100))
        return [root, boot]
    mount = ("/var/lib/data", "/var/log", "/backup", "/opt")[disk.number - 2]
    return [Partition(disk, mount, disk.capacity - 16, min(guest, disk.capacity - 16))]
