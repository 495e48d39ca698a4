"""What one row of a table can be. Names alone, which the API knows without loading the mapping."""

from enum import StrEnum
from typing import Final


class Grain(StrEnum):
    """What one row is.

    ASSET: one asset. DISK, PARTITION, NIC, SAMPLE, TAG, FINDING: a part or an observation of an
    asset, folded into it and never an asset itself. Partitions lie on disks, so they tell how much
    is used, and what there is in all only where no disk does. CONNECTION, RELATION: an edge; a
    connection goes over a network, a relation is what somebody recorded (parent, type, child).
    REFERENCE: none of these (sites, racks, licences, regions).
    """

    ASSET = "asset"
    DISK = "disk"
    PARTITION = "partition"
    NIC = "nic"
    SAMPLE = "sample"
    TAG = "tag"
    FINDING = "finding"
    CONNECTION = "connection"
    RELATION = "relation"
    REFERENCE = "reference"


# Of such tables neither assets nor dependencies are made.
NOT_IN_USE: Final = (Grain.REFERENCE, Grain.FINDING)
