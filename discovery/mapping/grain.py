"""What one row of a table is: an asset, a part of one, an edge, or something to look up."""

from collections import defaultdict
from collections.abc import Sequence

from discovery.grains import Grain
from discovery.mapping.column import Column
from discovery.mapping.rows import Rows
from discovery.mapping.signs import signs

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
