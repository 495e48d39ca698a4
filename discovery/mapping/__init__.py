"""Column mapping: which canonical field each column of a table is, how sure that is, and why.

The method, one module a step:

1. `header` takes a header apart into concepts of `vocabulary` and a unit (`units`); `values` looks
   at what stands in the column; `column` holds both.
2. `rows` and `grain` (by its `signs`) find out what one row of the table is.
3. `candidates` are the fields that a column may be: by its name (`aliases`), by its values, by its
   side of a connection (`edges`). `learned` is what people decided about such a column before.
4. `confidence` makes a probability of what was observed, with figures fitted on labelled columns.
5. `assignment` decides for the table as a whole; `explanation` says why.

Beside it, `formats` recognises whose export a table is. What tools call their columns stands in
the TOML files beside the code.
"""

from discovery.grains import Grain
from discovery.mapping.formats import known_format
from discovery.mapping.learned import Lesson, Lessons
from discovery.mapping.tables import (
    ColumnMapping,
    Suggestion,
    TableMapping,
    map_tables,
    tell_grain,
)

__all__ = [
    "ColumnMapping",
    "Grain",
    "Lesson",
    "Lessons",
    "Suggestion",
    "TableMapping",
    "known_format",
    "map_tables",
    "tell_grain",
]
