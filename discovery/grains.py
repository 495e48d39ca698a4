"""What one row of a table can be. Names alone, which the API knows without loading the mapping."""

from enum import StrEnum


class Grain(StrEnum):
    """What one row is.

    ASSET: one asset. DISK, NIC, SAMPLE, TAG, FINDING: a part or an observation of an asset, folded
    into it and never an asset itself (a partition is a DISK). CONNECTION: an edge. REFERENCE:
    none of these (sites, racks, licences, regions).
    """

    ASSET = "asset"
    DISK = "disk"
    NIC = "nic"
    SAMPLE = "sample"
    TAG = "tag"
    FINDING = "finding"
    CONNECTION = "connection"
    REFERENCE = "reference"
