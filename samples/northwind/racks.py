"""Builds the hardware under the virtual machines: three clusters, eight hosts, ten datastores."""

from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from northwind.company import DOMAIN, EXPORT_DAY
from northwind.estate import GIB, Cluster, Datastore, Estate, Hardware, Host

# Memory is a little under the round figure: the firmware keeps some for itself.
R750: Final = Hardware(
    vendor="Dell Inc.",
    model="PowerEdge R750",
    cpu_model="Intel(R) Xeon(R) Gold 6342 CPU @ 2.80GHz",
    cores_per_socket=24,
    speed_mhz=2793,
    memory=1047967,
    esx="VMware ESXi 8.0.3 build-24280767",
    bios="1.14.1",
    bios_date="2024-05-14",
    evc="intel-icelake",
)
R640: Final = Hardware(
    vendor="Dell Inc.",
    model="PowerEdge R640",
    cpu_model="Intel(R) Xeon(R) Gold 6140 CPU @ 2.30GHz",
    cores_per_socket=18,
    speed_mhz=2294,
    memory=392875,
    esx="VMware ESXi 7.0.3 build-23794027",
    bios="2.19.1",
    bios_date="2023-06-04",
    evc="intel-skylake",
)
DL380: Final = Hardware(
    vendor="HPE",
    model="ProLiant DL380 Gen10",
    cpu_model="Intel(R) Xeon(R) Silver 4216 CPU @ 2.10GHz",
    cores_per_socket=16,
    speed_mhz=2095,
    memory=523962,
    esx="VMware ESXi 7.0.3 build-23794027",
    bios="U30",
    bios_date="2022-10-27",
    evc="intel-cascadelake",
)


def build_racks(random: Random) -> Estate:
    """Three clusters without virtual machines."""
    production = Cluster("BGO-PROD-CL01", "DC-Bergen", 8, R750)
    testing = Cluster("BGO-TEST-CL02", "DC-Bergen", 41, R640)
    failover = Cluster("KEL-DR-CL01", "DC-Kiel", 1007, DL380)
    _mount_hosts(random, production, "bgo-esx", [(1, 21), (2, 24), (3, 27), (4, 30)], "7Q{}M3")
    _mount_hosts(random, testing, "bgo-esx", [(11, 45), (12, 48)], "C4{}P2")
    _mount_hosts(random, failover, "kel-esx", [(1, 1010), (2, 1013)], "CZJ946{}0")
    _add_volumes(random, production, "BGO-PROD-VMFS", 5, 16 * 1024 * GIB)
    _add_volumes(random, testing, "BGO-TEST-VMFS", 2, 8 * 1024 * GIB)
    _add_volumes(random, failover, "KEL-DR-VMFS", 2, 12 * 1024 * GIB)
    _add_image_share(random, testing)
    return Estate([production, testing, failover])


def _mount_hosts(
    random: Random, cluster: Cluster, prefix: str, places: list[tuple[int, int]], serial: str
) -> None:
    site = "kiel." + DOMAIN if prefix.startswith("kel") else DOMAIN
    for position, number in places:
        cluster.hosts.append(
            Host(
                name=f"{prefix}{position:02}.{site}",
                cluster=cluster,
                number=number,
                serial=serial.format(random.choice("BDFGHJKLT") + str(random.randint(10, 99))),
                uuid=str(UUID(int=random.getrandbits(128), version=4)),
                cpu_percent=random.randint(18, 61),
                booted=datetime.fromisoformat(EXPORT_DAY)
                - timedelta(minutes=random.randint(40_000, 300_000)),
            )
        )


def _add_volumes(random: Random, cluster: Cluster, prefix: str, count: int, capacity: int) -> None:
    for position in range(1, count + 1):
        # VMFS keeps 256 MiB of a volume for itself.
        _add_store(random, cluster, f"{prefix}{position:02}", "VMFS", "", capacity - 256)


def _add_image_share(random: Random, cluster: Cluster) -> None:
    address = f"bgo-nas01.{DOMAIN}:/export/iso"
    store = _add_store(random, cluster, "NFS-ISO-TEMPLATES", "NFS", address, 2 * 1024 * GIB)
    store.other_files = 318_455


def _add_store(
    random: Random, cluster: Cluster, name: str, kind: str, address: str, capacity: int
) -> Datastore:
    store = Datastore(
        name=name,
        kind=kind,
        address=address or f"naa.600601{random.getrandbits(104):026x}",
        capacity=capacity,
        number=50 + 3 * cluster.number + len(cluster.datastores),
        uuid=f"{random.getrandbits(32):08x}-{random.getrandbits(32):08x}-"
        f"{random.getrandbits(16):04x}-{random.getrandbits(48):012x}",
        cluster=cluster,
        other_files=random.randint(900, 6_000),
    )
    cluster.datastores.append(store)
    return store
