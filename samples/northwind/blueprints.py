"""What a virtual machine of Northwind Ferries can be: systems, sizes, networks, odd ones."""

from dataclasses import dataclass
from typing import Final

from northwind.estate import GIB

# Network name and the first three numbers of its addresses.
NETWORKS: Final = {
    "web": ("VLAN110-PROD-WEB", "10.20.110"),
    "app": ("VLAN120-PROD-APP", "10.20.120"),
    "db": ("VLAN130-PROD-DB", "10.20.130"),
    "infra": ("VLAN100-INFRA", "10.20.100"),
    "backup": ("VLAN190-BACKUP", "10.20.190"),
    "test": ("VLAN220-TEST", "10.20.220"),
    "dr": ("VLAN310-DR", "10.40.110"),
    "kiel": ("VLAN300-KIEL-INFRA", "10.40.100"),
}


@dataclass(frozen=True)
class System:
    """An operating system as VMware Tools names it, the year it came into use here, and its name
    in the machine's configuration where that differs."""

    name: str
    since: int
    configured_as: str = ""

    @property
    def config(self) -> str:
        return self.configured_as or self.name


RHEL8: Final = System("Red Hat Enterprise Linux 8 (64-bit)", 2020)
RHEL7: Final = System("Red Hat Enterprise Linux 7 (64-bit)", 2017)
CENTOS7: Final = System("CentOS 7 (64-bit)", 2018, "CentOS 4/5 or later (64-bit)")
UBUNTU: Final = System("Ubuntu Linux (64-bit)", 2021)
PHOTON: Final = System("VMware Photon OS (64-bit)", 2022, "Other 3.x or later Linux (64-bit)")
WIN12: Final = System("Microsoft Windows Server 2012 (64-bit)", 2015)
WIN16: Final = System("Microsoft Windows Server 2016 or later (64-bit)", 2017)
WIN19: Final = System("Microsoft Windows Server 2019 (64-bit)", 2019)
WIN22: Final = System("Microsoft Windows Server 2022 (64-bit)", 2022)
WIN10: Final = System("Microsoft Windows 10 (64-bit)", 2021)

SYSTEMS: Final[dict[str, tuple[System, ...]]] = {
    "linux": (RHEL8, RHEL8, RHEL8, RHEL7, UBUNTU, UBUNTU, CENTOS7),
    "windows": (WIN19, WIN19, WIN19, WIN22, WIN16, WIN16, WIN12),
}


@dataclass(frozen=True)
class Size:
    """What a machine is given: sockets, cores per socket, memory in MiB, data disks in GiB."""

    sockets: int
    cores: int
    memory: int
    data: tuple[int, ...] = ()


SIZES: Final[dict[str, tuple[Size, ...]]] = {
    "web": (Size(2, 1, 4 * GIB), Size(2, 1, 6 * GIB), Size(4, 1, 8 * GIB)),
    "app": (Size(2, 2, 8 * GIB), Size(4, 1, 16 * GIB, (60,)), Size(2, 4, 24 * GIB, (100,))),
    "db": (Size(2, 4, 32 * GIB, (200, 50)), Size(2, 4, 64 * GIB, (500, 100)),
           Size(2, 8, 96 * GIB, (800, 400, 120))),
    "test": (Size(2, 1, 4 * GIB, (40,)), Size(2, 2, 8 * GIB, (80,)), Size(1, 2, 3 * GIB)),
}  # fmt: skip

# Machines of no application: name, system, size, role (the network and folder it stands in).
INFRASTRUCTURE: Final = (
    ("BGO-DC01", WIN22, Size(2, 1, 8 * GIB), "infra"),
    ("BGO-DC02", WIN22, Size(2, 1, 8 * GIB), "infra"),
    ("KEL-DC01", WIN22, Size(2, 1, 8 * GIB), "kiel"),
    ("bgo-dns01", RHEL8, Size(1, 2, 2 * GIB), "infra"),
    ("bgo-dns02", RHEL8, Size(1, 2, 2 * GIB), "infra"),
    ("bgo-ntp01", RHEL8, Size(1, 1, GIB), "infra"),
    ("BGO-VCENTER01", PHOTON, Size(4, 1, 19 * GIB, (25, 50, 100)), "infra"),
    ("BGO-FILE01", WIN19, Size(2, 2, 16 * GIB, (2048, 1024)), "infra"),
    ("BGO-FILE02", WIN19, Size(2, 2, 16 * GIB, (1024,)), "infra"),
    ("BGO-PRINT01", WIN16, Size(2, 1, 6 * GIB), "infra"),
    ("BGO-WSUS01", WIN19, Size(2, 2, 8 * GIB, (300,)), "infra"),
    ("BGO-BKPPRX01", WIN19, Size(4, 2, 16 * GIB), "backup"),
    ("BGO-BKPPRX02", WIN19, Size(4, 2, 16 * GIB), "backup"),
    ("BGO-RDS01", WIN19, Size(4, 2, 32 * GIB), "infra"),
    ("BGO-RDS02", WIN19, Size(4, 2, 32 * GIB), "infra"),
    ("BGO-RDS03", WIN19, Size(4, 2, 32 * GIB), "infra"),
    ("BGO-JUMP01", WIN22, Size(2, 1, 8 * GIB), "infra"),
    ("bgo-git01", UBUNTU, Size(2, 2, 12 * GIB, (250,)), "infra"),
    ("bgo-ci01", UBUNTU, Size(2, 4, 16 * GIB, (200,)), "test"),
    ("bgo-ci02", UBUNTU, Size(2, 4, 16 * GIB, (200,)), "test"),
    ("bgo-log01", RHEL8, Size(2, 4, 32 * GIB, (1500,)), "infra"),
    ("bgo-mq01", RHEL8, Size(2, 2, 16 * GIB, (100,)), "app"),
    ("bgo-mq02", RHEL8, Size(2, 2, 16 * GIB, (100,)), "app"),
    ("bgo-proxy01", RHEL8, Size(2, 1, 4 * GIB), "web"),
    ("bgo-proxy02", RHEL8, Size(2, 1, 4 * GIB), "web"),
    ("bgo-ansible01", RHEL8, Size(1, 2, 4 * GIB), "infra"),
    ("BGO-SCCM01", WIN19, Size(2, 2, 16 * GIB, (400,)), "infra"),
    ("BGO-CA01", WIN19, Size(1, 2, 4 * GIB), "infra"),
    ("BGO-RADIUS01", WIN19, Size(1, 2, 4 * GIB), "infra"),
    ("kel-dns01", RHEL8, Size(1, 2, 2 * GIB), "kiel"),
    ("KEL-BKPPRX01", WIN19, Size(4, 2, 16 * GIB), "kiel"),
    # The site's own licence server, in both places under one name.
    ("LICSRV01", WIN16, Size(1, 2, 4 * GIB), "infra"),
    ("LICSRV01", WIN16, Size(1, 2, 4 * GIB), "kiel"),
    # What every vCenter collects over the years.
    ("old_fileserver_do_not_delete", WIN12, Size(2, 1, 4 * GIB, (900,)), "infra"),
    ("Copy of BGOT-HRMS-APP01", WIN19, Size(2, 2, 8 * GIB), "test"),
    ("win10-test-jm", WIN10, Size(2, 1, 8 * GIB), "test"),
    ("4711", CENTOS7, Size(1, 1, 1536), "test"),
    ("Backup Proxy 3 (Kiel)", WIN19, Size(4, 1, 8 * GIB), "kiel"),
)
OFF: Final = {"old_fileserver_do_not_delete", "Copy of BGOT-HRMS-APP01", "Backup Proxy 3 (Kiel)"}
TEMPLATES: Final = (
    ("tpl-rhel8-2026q3", RHEL8),
    ("tpl-rhel7-OLD", RHEL7),
    ("tpl-ubuntu2204", UBUNTU),
    ("tpl-win2019-std", WIN19),
    ("tpl-win2022-std", WIN22),
)
# Restored beside the original for the failover exercise of spring 2026 and never removed.
RESTORED: Final = ("BGOP-HRMS-DB01", "bgop-loya-web01")
NOTES: Final = (
    "DO NOT DELETE - ask Søren",
    "memory doubled, INC0042117 (jm)",
    "Snapshot before each patch day!",
    "vendor has VPN access, see wiki",
    "to be replaced Q1/2027",
    "please update select list of hosts in the monitoring\nwhen moving this VM",
)
