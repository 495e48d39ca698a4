"""Cleaning: from columns of text to typed columns of canonical fields, with nothing lost.

`clean_table` reads one table; `folding.fold` then makes one row per asset out of all tables of an
import. Neither knows the database. The words they go by are data: `synonyms.toml` (enumerations),
`units.toml` (what a unit is worth), `vocabulary.toml` (null tokens, placeholders, months, zones).
"""

from discovery.cleaning.findings import FINDING_SCHEMA
from discovery.cleaning.reading import ColumnRule
from discovery.cleaning.table import Cleaned, clean_table

__all__ = ["FINDING_SCHEMA", "Cleaned", "ColumnRule", "clean_table"]
