"""What agents judge of assets, in SQL: it stands where nobody states the field, and only there.

The value stands in the field's own column, and `judged_fields` says whose judgement it is. So a
judged value counts as unknown wherever imports are matched and merged: what is stated wins over it,
before or after, and no judgement decides which asset a row describes.

In `incoming` (i) stands a row of an import, in `assets_asset` (a) the asset that it describes, and
in `anew` (n) the import whose words of before go.
"""

from collections.abc import Callable, Sequence
from typing import Final

JUDGEABLE: Final = ("asset_type", "application_name")
# The condition under which an earlier judgement of a field stays, if nobody states the field.
Kept = Callable[[str], str]


def stated(table: str, name: str) -> str:
    """The value of a field, unless an agent judged it."""
    if name not in JUDGEABLE:
        return f"{table}.{name}"
    return f"CASE WHEN {table}.judged_fields ? '{name}' THEN NULL ELSE {table}.{name} END"


def stays(name: str) -> str:
    """An earlier judgement stays, so that two imports do not take turns, nor its confidence change
    from run to run; but not where its own import is read anew or judged otherwise.
    """
    by = f"a.judged_fields #>> '{{{name},import}}'"
    again = f"i.judged_fields #>> '{{{name},import}}'"
    revised = f"(({by}) = ({again}) AND a.{name} IS DISTINCT FROM i.{name}) IS TRUE"
    gone = f"(({by}) = n.import_id) IS TRUE"
    return f"({stands(name)} AND NOT {gone} AND NOT {revised})"


def stands(name: str) -> str:
    return f"coalesce(a.judged_fields ? '{name}', false)"


def or_judged(name: str, value: str, kept: Kept) -> str:
    """`value` if anybody states one, else what an agent says."""
    if name not in JUDGEABLE:
        return value
    return f"coalesce({value}, CASE WHEN {kept(name)} THEN a.{name} ELSE i.{name} END)"


def left(values: dict[str, str], kept: Kept) -> str:
    """The judgements beside fields that are to be stated so: those of which nobody states one."""
    names = [name for name in JUDGEABLE if name in values]
    others = " - ".join(("coalesce(a.judged_fields, '{}')", *(f"'{name}'" for name in names)))
    entries = (_entry(name, values[name], kept) for name in names)
    return f"nullif({' || '.join((f'({others})', *entries))}, '{{}}')"


def _entry(name: str, value: str, kept: Kept) -> str:
    return f"""CASE
        WHEN '{name}' = ANY (a.edited_fields) OR ({value}) IS NOT NULL THEN '{{}}'
        WHEN {kept(name)} THEN jsonb_build_object('{name}', a.judged_fields -> '{name}')
        WHEN i.judged_fields ? '{name}'
        THEN jsonb_build_object('{name}', i.judged_fields -> '{name}')
        ELSE '{{}}' END"""


def judgeable(fields: Sequence[str]) -> bool:
    return any(name in JUDGEABLE for name in fields)
