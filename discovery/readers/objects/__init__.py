"""JSON of any shape as tables: lists of records, and what stands in their records.

The method, one module a step:

1. `document` reads the file: one value, or one on each line.
2. `graph` and `fixtures` put names where nodes and records refer to each other by internal keys.
3. `kinds` parts records of several types, `shape` finds the record in its wrapping.
4. `spreading` makes columns of a list of records, and further lists of what stands in them.
5. `tables` follows those lists down, and tells an envelope from a record.

What lists and keys are usually called stands in `structures.toml`.
"""

from .tables import read_json

__all__ = ["read_json"]
