"""The cells of the asset list that are wrong, odd or hostile on purpose, each with its truth.

Keys are the item (a machine by its host name, anything else by its name, in lower case) and the
header of the column.
"""

from datetime import date
from typing import Final

from northwind.spelling import Cell, clear, doubtful, unreadable

PLACEHOLDER_ADDRESS: Final = "10.10.10.10"
PLACED: Final = (
    "ticketing & vouchers", "payment gateway", "cargo manifest", "edi hub", "crew planner",
    "document archive", "heron-srv02",
)  # fmt: skip
RUNBOOK: Final = '=HYPERLINK("http://wiki.nwf.local/booking";"Runbook")'

# What some rows depend on that is no row, in this list or any other.
DANGLING: Final = {
    "data warehouse": ("SAP-TEST-99",),
    "customs declarations": ("Customs authority gateway",),
    "legacy reservations": ("Legacy Mainframe",),
    "public website": ("CDN contract 2019",),
}
# A row that names itself.
SELFISH: Final = "weather feed"
# A row that names one of its needs twice.
TWICE: Final = "booking engine"


def _log(length: int) -> str:
    """A change log that somebody kept in a cell, cut where the tool of that time cut it."""
    entries = (
        "{}.{:02}: patched application server, restarted, checked the job list with SK.",
        "{}.{:02}: new work order form for dry dock, select the hull before the ship or it fails.",
        "{}.{:02}: certificate renewed; update of the supplier list still open.",
        "{}.{:02}: moved attachments to the archive share, 412 files could not be moved.",
        "{}.{:02}: interface to Finance ERP stopped twice at night, see INC0038812.",
        "{}.{:02}: licence count raised to 85 after audit, invoice goes to Fleet.",
    )
    lines = [
        entries[(month * 5 + year) % len(entries)].format(year, month)
        for year in range(2019, 2027)
        for month in range(1, 13)
    ]
    return " ".join(lines)[:length]


MESS: Final[dict[tuple[str, str], Cell]] = {
    ("booking engine", "Application"): clear("Booking Engine", "Booking Engine"),
    ("booking engine", "Comment"): clear(RUNBOOK, RUNBOOK),
    ("ship maintenance", "Comment"): clear(_log(5_000), _log(5_000)),
    ("bgo-acc-sw12", "Comment"): clear("- moved to rack 12", "- moved to rack 12"),
    ("fleet tracker", "Monthly cost"): unreadable("included"),
    ("weather feed", "Monthly cost"): unreadable("TBC"),
    ("data warehouse", "Monthly cost"): clear("N/A", None),
    ("bgo-san02", "Monthly cost"): doubtful("2.890,00 €", 2890.0, None),
    ("bgo-fw01", "Monthly cost"): clear("$1,480.00 ", 1480.0),
    ("booking engine", "Monthly cost"): clear("$1,250.00", 1250.0),
    ("crew planner", "RTO (h)"): unreadable("next business day"),
    ("finance erp", "RTO (h)"): clear("tbd", None),
    ("onboard retail", "Criticality"): unreadable("ask Ingrid"),
    ("trailer yard", "Status"): doubtful("Actve", "active", None),
    ("legacy reservations", "Status"): doubtful("Retierd", "retired", None),
    ("bgo-acc-sw13", "Status"): doubtful("Decomissioned", "retired", None),
    ("kel-rtr01", "Status"): doubtful("Opertional", "active", None),
    ("management reporting", "Status"): unreadable("in Ablösung"),
    ("legacy reservations", "Environment"): unreadable("legacy"),
    ("identity service", "Environment"): doubtful("Prod + DR", "prod", None),
    ("heron-srv01", "Environment"): unreadable("Vessel"),
    ("heron-srv02", "Environment"): unreadable("Vessel"),
    ("tern-srv01", "Environment"): unreadable("Vessel"),
    ("tern-srv02", "Environment"): unreadable("vessel"),
    ("gannet-srv01", "Environment"): unreadable("Vessel"),
    ("bgo-fw02", "IP"): unreadable("10.20.0.300"),
    ("heron-srv01", "IP"): unreadable("DHCP"),
    ("bgo-backup01", "IP"): clear("10.20.100.60, 10.20.190.60", ["10.20.100.60", "10.20.190.60"]),
    ("bgo-ntp01", "RAM (GB)"): clear("1,024 MB", 1.0),
    ("bgo-dc01", "RAM (GB)"): clear("4", 4.0),
    ("bgo-backup01", "RAM (GB)"): clear("128 GB", 128.0),
    ("bgo-vcenter01", "RAM (GB)"): unreadable("see vCenter"),
    ("bgo-vcenter01", "CPU"): unreadable("see vCenter"),
    ("nwf-as400", "CPU"): doubtful("2 x 6", 12, None),
    ("nwf-as400", "Warranty end"): unreadable("lifetime"),
    ("bgo-backup01", "Warranty end"): unreadable("31.02.2027"),
    ("bgo-san01", "Warranty end"): doubtful("03/04/2027", date(2027, 3, 4), date(2027, 4, 3), None),
    ("kel-acc-sw11", "Warranty end"): doubtful("1900-01-01", None, date(1900, 1, 1)),
    ("bgo-nas01", "Last update"): unreadable("last spring"),
    ("check-in kiosk gate 3", "Class"): doubtful("Kiosk", None, "other", "workstation"),
    ("check-in kiosk gate 4", "Class"): doubtful("Kiosk", None, "other", "workstation"),
    ("bgop-flee-app01", "Application"): doubtful("Fleet Traker", "Fleet Traker"),
    ("bgo-proxy01", "Application"): doubtful(
        "Loyalty Club; Public Website", "Loyalty Club; Public Website", "Loyalty Club"
    ),
    # An application that is no row: text, but neither an asset nor a dependency.
    ("bgo-file01", "Application"): clear("Home drives & shares", "Home drives & shares"),
    **{(item, "IP"): doubtful(PLACEHOLDER_ADDRESS, PLACEHOLDER_ADDRESS, None) for item in PLACED},
}
