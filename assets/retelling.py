"""What becomes of assets when an import that described them is read in another way.

An asset is what its imports and people say of it. What an import said when it was read otherwise
goes; what people and the other imports say stays. The columns do not tell who said what, so the
other imports are asked again: an asset that one describes who cannot be asked only learns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db.backends.utils import CursorWrapper
from django.db.models import Q, QuerySet

from assets.models import Asset


@dataclass(frozen=True, slots=True)
class Other:
    """Another import: its rows, as a merge takes them, and whether it came earlier."""

    rows: Callable[[], pl.DataFrame]
    is_older: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """The import that describes the assets, and how it was read.

    `others` are the imports that can be asked again, the latest first.
    """

    import_id: str
    reading: str
    others: Mapping[str, Other] = field(default_factory=dict)

    def described(self) -> "QuerySet[Asset]":
        """The assets that the import describes already."""
        found: QuerySet[Asset] = Asset.objects.filter(sources__has_key=self.import_id)
        return found

    def outdated(self) -> "QuerySet[Asset]":
        """Those that it described when it was read in another way."""
        current = Q(**{f"sources__{self.import_id}__reading": self.reading})
        return self.described().exclude(current)

    @property
    def parameters(self) -> dict[str, Any]:
        tellable = [self.import_id, *self.others]
        return {"import": self.import_id, "reading": self.reading, "tellable": tellable}


# The assets of `incoming` that are told anew, because all who describe them can be asked.
_ANEW = """
    CREATE TEMPORARY TABLE anew ON COMMIT DROP AS
    SELECT a.id, %(import)s::text AS import_id
    FROM incoming i JOIN assets_asset a ON a.id = i.asset_id
    WHERE a.sources ? %(import)s
      AND a.sources #>> ARRAY[%(import)s, 'reading'] IS DISTINCT FROM %(reading)s
      AND a.sources - %(tellable)s::text[] = '{}'
"""


def find_anew(cursor: CursorWrapper, telling: Telling | None) -> None:
    if telling is None:
        cursor.execute("CREATE TEMPORARY TABLE anew (id uuid, import_id text) ON COMMIT DROP")
    else:
        cursor.execute(_ANEW, telling.parameters)


def describes_anew(cursor: CursorWrapper, import_id: str) -> bool:
    """Whether the import describes an asset that is told anew."""
    cursor.execute(
        "SELECT EXISTS (SELECT FROM anew n JOIN assets_asset a USING (id) WHERE a.sources ? %s)",
        [import_id],
    )
    found: bool = cursor.fetchone()[0]
    return found
