"""What the keeper of the asset list knows: applications, databases, servers, devices.

An item holds the truth, typed as the canonical catalogue types it; `spelling.py` turns it into what
stands in the file. A value that the keeper never entered is missing from `known`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from northwind.company import APPLICATIONS, EXPORT_DAY, Application
from northwind.estate import GIB, Estate, Host, Vm


@dataclass
class Item:
    """A row of the list. `word` is the class as this keeper calls it, `asset_type` what it means.

    `needs` are the items of Depends On, `runs` the applications of the column Application, and
    `twin` the same machine in the vSphere export.
    """

    name: str
    asset_type: str | None
    word: str
    known: dict[str, Any] = field(default_factory=dict)
    needs: list["Item"] = field(default_factory=list)
    runs: list["Item"] = field(default_factory=list)
    twin: Vm | Host | None = None


CLASSES: Final = {
    "application": ("Application", "Application", "Application", "App", "application"),
    "database": ("Database", "Database", "DB"),
    "virtual_machine": ("Virtual Server", "Virtual Server", "VM"),
}

# Machines of no application that the list names beside those of applications.
LISTED: Final = (
    "BGO-DC01", "BGO-FILE01", "bgo-ntp01", "bgo-mq01", "bgo-mq02", "bgo-proxy01", "BGO-VCENTER01",
)  # fmt: skip
# Whose test and failover machines the list names, with the environment it gives them.
COPIES: Final = {
    "bgot-book-app01": "test",
    "bgot-book-db01": "test",
    "BGOT-CARG-APP01": "qa",
    "BGOT-FINA-APP01": "staging",
    "bgot-paym-app01": "dev",
    "keld-book-db01": "dr",
    "KELD-FINA-DB01": "dr",
}
# Servers that several applications share.
SHARED: Final = {"bgo-proxy01": ("LOYA", "WWWS")}
# Databases on servers that the list does not name: only the vSphere export knows them.
SERVER_NOT_LISTED: Final = {"EDIX", "PRIC"}

DEVICES: Final = (
    ("bgo-core-sw01", "network", "Switch", "Cisco IOS-XE 17.9", "10.20.0.2", 310, ()),
    ("bgo-core-sw02", "network", "Switch", "Cisco IOS-XE 17.9", "10.20.0.3", 310, ()),
    ("kel-core-sw01", "network", "Switch", "Cisco IOS-XE 17.6", "10.40.0.2", 280, ()),
    ("bgo-acc-sw11", "network", "Switch", "ArubaOS-CX 10.10", "10.20.0.11", 85, ("bgo-core-sw01",)),
    ("bgo-acc-sw12", "network", "Switch", "ArubaOS-CX 10.10", "10.20.0.12", 85, ("bgo-core-sw01",)),
    ("bgo-acc-sw13", "network", "Switch", "ArubaOS-CX 10.08", "10.20.0.13", 85, ("bgo-core-sw02",)),
    ("kel-acc-sw11", "network", "Switch", "ArubaOS-CX 10.08", "10.40.0.11", 85, ("kel-core-sw01",)),
    ("bgo-rtr01", "network", "Router", "Cisco IOS-XE 17.6", "10.20.0.1", 640, ()),
    ("kel-rtr01", "network", "Router", "Cisco IOS-XE 17.6", "10.40.0.1", 420, ()),
    ("bgo-fw01", "firewall", "Firewall", "FortiOS 7.2", "10.20.0.5", 1480, ("bgo-rtr01",)),
    ("bgo-fw02", "firewall", "Firewall", "FortiOS 7.2", "10.20.0.6", 1480, ("bgo-rtr01",)),
    ("kel-fw01", "firewall", "Firewall", "FortiOS 7.0", "10.40.0.5", 790, ("kel-rtr01",)),
    ("bgo-lb01", "load_balancer", "Load Balancer", None, "10.20.0.20", 950, ("bgo-core-sw01",)),
    ("bgo-lb02", "load_balancer", "Load Balancer", None, "10.20.0.21", 950, ("bgo-core-sw02",)),
    ("BGO-SAN01", "storage", "SAN", None, "10.20.0.40", 2890, ()),
    ("BGO-SAN02", "storage", "SAN", None, "10.20.0.41", 2890, ()),
    ("KEL-SAN01", "storage", "SAN", None, "10.40.0.40", 1720, ()),
    ("bgo-nas01", "storage", "NAS", "ONTAP 9.11", "10.20.0.45", 610, ()),
)
SERIALS: Final = {
    "network": "FOC2", "firewall": "FG6H0", "load_balancer": "LBX", "storage": "APM00",
}  # fmt: skip
# Name, system, memory in GiB, cores, whether it sails.
PHYSICAL: Final = (
    ("BGO-BACKUP01", "Windows Server 2019 Std", 128, 32, False),
    ("NWF-AS400", "IBM i 7.4", 256, 12, False),
    ("heron-srv01", "Windows Server 2016 Std", 64, 16, True),
    ("heron-srv02", "Windows Server 2016 Std", 64, 16, True),
    ("tern-srv01", "Windows Server 2016 Std", 64, 16, True),
    ("tern-srv02", "Windows Server 2019 Std", 64, 16, True),
    ("gannet-srv01", "Windows Server 2012 R2", 32, 8, True),
)
SYSTEM_WORDS: Final = {
    "Red Hat Enterprise Linux 8 (64-bit)": ("RHEL 8.6", "RHEL 8", "Red Hat 8.8"),
    "Red Hat Enterprise Linux 7 (64-bit)": ("RHEL 7.9",),
    "CentOS 7 (64-bit)": ("CentOS 7.9",),
    "Ubuntu Linux (64-bit)": ("Ubuntu 20.04 LTS", "Ubuntu 22.04 LTS"),
    "VMware Photon OS (64-bit)": ("VCSA 8.0",),
    "Microsoft Windows Server 2012 (64-bit)": ("Windows Server 2012 R2", "Win2012R2"),
    "Microsoft Windows Server 2016 or later (64-bit)": ("Windows Server 2016 Std", "Win2016"),
    "Microsoft Windows Server 2019 (64-bit)": ("Windows Server 2019 Std", "Win2019"),
    "Microsoft Windows Server 2022 (64-bit)": ("Windows Server 2022 Std",),
}


class Keeper:
    """Builds the items in the order in which the list grew."""

    def __init__(self, random: Random, estate: Estate) -> None:
        self.random = random
        self.estate = estate
        self.items: list[Item] = []
        self.applications: dict[str, Item] = {}
        self.by_name: dict[str, Item] = {}

    def collect(self) -> list[Item]:
        self._add_applications()
        self._add_machines()
        self._add_middleware()
        self._add_databases()
        self._add_physical()
        self._add_devices()
        self._add_odds()
        self._connect()
        self._order()
        return self.items

    def _add(self, item: Item) -> Item:
        item.known.setdefault("asset_tag", f"NWF-{10_040 + 7 * len(self.items)}")
        item.known["last_seen_date"] = self._day(20, 900, before=True)
        self.items.append(item)
        self.by_name[item.name.casefold()] = item
        return item

    def _add_applications(self) -> None:
        for application in APPLICATIONS:
            self.applications[application.code] = self._add(self._application(application))
        for application in APPLICATIONS:
            self.applications[application.code].needs = [
                self.applications[code] for code in application.needs
            ]

    def _application(self, application: Application) -> Item:
        known = {
            "environment": "prod",
            "status": "active",
            "business_owner": application.owner,
            "technical_owner": application.contact,
            "business_service": application.service,
            "criticality": application.criticality,
            "rto_hours": application.rto_hours,
            "monthly_cost": float(self.random.randrange(200, 9_000, 50)),
        }
        return Item(
            application.name, "application", self.random.choice(CLASSES["application"]), known
        )

    def _add_machines(self) -> None:
        codes = {a.code: a for a in APPLICATIONS if a.criticality in {"critical", "high"}}
        for vm in self.estate.vms:
            first = vm.name.lower().startswith("bgop-") and vm.name.endswith("01")
            of_application = first and vm.tier != "web" and vm.code in codes
            unlisted = vm.tier == "db" and vm.code in SERVER_NOT_LISTED
            listed = vm.name in LISTED or vm.name in COPIES
            # The restored copies stand in Kiel under the name of the original.
            restored = vm.folder.endswith("/Restore")
            if ((of_application and not unlisted) or listed) and not restored:
                self._add(self._machine(vm))

    def _machine(self, vm: Vm) -> Item:
        item = Item(
            self._written(vm), "virtual_machine", self.random.choice(CLASSES["virtual_machine"])
        )
        item.twin = vm
        item.runs = [self.applications[code] for code in SHARED.get(vm.name, (vm.code,)) if code]
        item.known = {
            "environment": COPIES.get(vm.name, "prod"),
            "status": "active" if vm.running else "inactive",
            "technical_owner": "Infrastructure",
            "ip_address": vm.address or None,
            "operating_system": self.random.choice(SYSTEM_WORDS[vm.os_tools or vm.os_config]),
            "memory_gb": vm.memory / GIB,
            "cpu_cores": vm.cpus,
            "location": "Kiel" if vm.cluster.datacenter == "DC-Kiel" else "Bergen DC",
            "monthly_cost": float(30 * vm.cpus + 6 * vm.memory // GIB),
        }
        if item.runs and self.random.random() < 0.6:
            item.known |= {
                field: item.runs[0].known[field] for field in ("business_owner", "business_service")
            }
        return item

    def _written(self, vm: Vm) -> str:
        """A machine under the name that whoever entered it liked best."""
        forms = [vm.name, vm.hostname.upper(), vm.hostname.lower()]
        if "." in vm.dns_name:
            forms += [vm.dns_name, vm.dns_name]
        return self.random.choice(forms)

    def _add_middleware(self) -> None:
        for name, server, users in (
            ("IBM MQ (EDI)", "bgo-mq01", ("EDIX", "CARG", "CUST")),
            ("RabbitMQ Booking", "bgo-mq02", ("BOOK", "TICK")),
        ):
            known = {"environment": "prod", "status": "active", "technical_owner": "Tomasz Wrona"}
            item = self._add(Item(name, "middleware", "Middleware", known))
            item.needs = [self._on(server)]
            for code in users:
                self.applications[code].needs.append(item)

    def _add_databases(self) -> None:
        for application in APPLICATIONS:
            if application.engine:
                self._add_database(application)

    def _add_database(self, application: Application) -> None:
        owner = self.applications[application.code]
        known = {
            "environment": "prod",
            "status": "active",
            "technical_owner": "DBA Team",
            "criticality": application.criticality,
            "description": application.engine,
        }
        word = self.random.choice(CLASSES["database"])
        item = self._add(Item(f"{application.code}_PRD", "database", word, known))
        item.runs = [owner]
        owner.needs.append(item)
        if application.criticality in {"critical", "high"}:
            item.needs = [self._on(f"bgop-{application.code.lower()}-db01")]

    def _on(self, hostname: str) -> Item:
        """The item of a machine; one that the list lacks stands outside of it."""
        vm = next(vm for vm in self.estate.vms if vm.hostname == hostname)
        for item in self.items:
            if item.twin is vm:
                return item
        return Item(vm.name, None, "", twin=vm)

    def _add_physical(self) -> None:
        for host in self.estate.clusters[0].hosts:
            self._add(self._hypervisor(host))
        for name, system, memory, cores, sails in PHYSICAL:
            known = {
                "status": "active",
                "operating_system": system,
                "memory_gb": float(memory),
                "cpu_cores": cores,
                "location": "Onboard" if sails else "Bergen DC",
                "serial_number": f"SGH{self.random.randint(100, 999)}{name[:2].upper()}X1",
                "warranty_end_date": self._day(60, 1_100),
                "monthly_cost": float(self.random.randrange(150, 700, 10)),
            }
            item = self._add(Item(name, "server", "Physical Server", known))
            known["environment"] = "prod"
            item.runs = [self.applications["ONBD"]] if sails and name.endswith("01") else []

    def _hypervisor(self, host: Host) -> Item:
        known = {
            "environment": "prod",
            "status": "active",
            "technical_owner": "Infrastructure",
            "operating_system": "ESXi 8.0",
            "memory_gb": 1024.0,
            "cpu_cores": host.cores,
            "location": "Bergen DC",
            "serial_number": host.serial,
            "warranty_end_date": self._day(300, 900),
            "monthly_cost": 890.0,
        }
        return Item(host.name.split(".")[0].upper(), "server", "Server", known, twin=host)

    def _add_devices(self) -> None:
        for name, kind, word, system, address, cost, needs in DEVICES:
            known = {
                "environment": "prod",
                "status": "active",
                "technical_owner": "netops@northwindferries.example",
                "ip_address": address,
                "operating_system": system,
                "location": "Kiel" if name.lower().startswith("kel") else "Bergen DC",
                "serial_number": f"{SERIALS[kind]}{self.random.randint(10_000, 99_999)}{name[-2:]}",
                "warranty_end_date": self._day(-500, 1_400),
                "monthly_cost": float(cost),
            }
            item = self._add(Item(name, kind, word, known))
            item.needs = [self.by_name[need] for need in needs]

    def _add_odds(self) -> None:
        known = {"environment": "prod", "status": "active", "location": "Bergen terminal"}
        self._add(Item("Check-in kiosk gate 3", None, "Kiosk", dict(known)))
        self._add(Item("Check-in kiosk gate 4", None, "Kiosk", dict(known)))
        self._add(Item("Bridge PC Heron", None, "", {"status": "active", "location": "Onboard"}))
        retired = {
            "environment": "prod",
            "status": "retired",
            "business_owner": "Ingrid Haugland",
            "business_service": "Passenger Sales",
        }
        old = self._add(Item("Legacy Reservations", "application", "Application", retired))
        old.needs = [self.by_name["nwf-as400"]]

    def _connect(self) -> None:
        """What the keeper of the hardware wrote down, long after the rows were made."""
        for host in self.estate.clusters[0].hosts:
            name = host.name.split(".")[0]
            self.by_name[name].needs = [self.by_name["bgo-san01"], self.by_name["bgo-san02"]]
        self.by_name["bgo-backup01"].needs = [self.by_name["bgo-nas01"]]
        self.by_name["nwf-as400"].needs = [self.by_name["bgo-core-sw01"]]

    def _order(self) -> None:
        """Tidy at the top, and what came later at the bottom as it came."""
        late = self.random.sample(self.items[30:], 14)
        self.items = [item for item in self.items if item not in late] + late

    def _day(self, first: int, last: int, *, before: bool = False) -> date:
        days = self.random.randint(first, last)
        return date.fromisoformat(EXPORT_DAY) + timedelta(days=-days if before else days)


def listed(items: Iterable[Item], item: Item) -> bool:
    """Whether an item is a row of the list and not only a machine outside of it."""
    return any(other is item for other in items)
