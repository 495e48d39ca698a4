"""What one row of a table is: an asset, a part of one, an edge, or something to look up."""

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

from discovery.mapping.column import Column
from discovery.mapping.rows import Rows
from discovery.mapping.signs import signs


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


# A sign so many times weaker than the strongest adds nothing for a reader.
_WORTH_SAYING = 6


def grain_of(name: str, columns: Sequence[Column], rows: Rows) -> tuple[Grain, tuple[str, ...]]:
    """The grain that most signs speak for, and what they say."""
    found = sorted(signs(name, columns, rows), key=lambda sign: -sign.points)
    points: defaultdict[str, float] = defaultdict(float)
    for sign in found:
        points[sign.grain] += sign.points
    best = max(points, key=points.__getitem__)
    said = [sign for sign in found if sign.grain == best]
    return Grain(best), tuple(
        sign.words for sign in said if sign.points * _WORTH_SAYING >= said[0].points
    )
