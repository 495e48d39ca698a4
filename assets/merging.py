"""What a field of an asset becomes when a row of an import describes it, in SQL.

The row stands in `incoming` (i), the asset in `assets_asset` (a); `anew` (n) holds the assets of
which the import's words of before go.
"""

from collections.abc import Sequence
from typing import Final

from assets.fields import FIELDS
from assets.judgements import Kept, judgeable, left, or_judged, stands, stated, stays

LISTS: Final = tuple(field.name for field in FIELDS if field.kind.is_list)

# Lists grow: what both know stands once, in the order of the asset's own.
_UNION: Final = """
    CASE WHEN coalesce(i.{0}, '{{}}') <@ a.{0} THEN a.{0} ELSE a.{0} || ARRAY(
        SELECT x FROM unnest(i.{0}) WITH ORDINALITY AS u(x, n)
        WHERE x <> ALL (a.{0}) GROUP BY x ORDER BY min(n)
    ) END
"""


def new_values(fields: Sequence[str]) -> dict[str, str]:
    """What the columns become that a row knows something about."""
    told = {name: _new_value(name) for name in fields}
    return _with_judgements(told, stays) | {"attributes": _new_object("attributes")}


def filled_values(fields: Sequence[str]) -> dict[str, str]:
    """The same, where a row tells only what the asset does not know yet."""
    told = {name: _filled(name) for name in fields}
    joined = unless_edited("attributes", "i.attributes || a.attributes")
    return _with_judgements(told, stands) | {"attributes": joined}


def _with_judgements(told: dict[str, str], kept: Kept) -> dict[str, str]:
    judgements = {"judged_fields": left(told, kept)} if judgeable([*told]) else {}
    said = {name: or_judged(name, value, kept) for name, value in told.items()}
    return {name: unless_edited(name, value) for name, value in said.items()} | judgements


def _new_value(name: str) -> str:
    if name == "name":
        # The first source's name stays, or two sources would take turns.
        return "CASE WHEN n.id IS NULL THEN a.name ELSE coalesce(i.name, a.name) END"
    ours, known = stated("i", name), stated("a", name)
    value, anew = f"coalesce({ours}, {known})", ours
    if name in LISTS:
        value, anew = _UNION.format(name), f"coalesce(i.{name}, '{{}}')"
    elif name == "asset_type":
        value = _class(value)
    return f"CASE WHEN n.id IS NULL THEN {value} ELSE {anew} END"


def _filled(name: str) -> str:
    value = f"coalesce({stated('a', name)}, {stated('i', name)})"
    if name in LISTS:
        value = _UNION.format(name)
    elif name == "asset_type":
        value = _class(value)
    return value


def _class(value: str) -> str:
    """Server is the wider word: who says virtual machine knows more."""
    ours, known = stated("i", "asset_type"), stated("a", "asset_type")
    narrower = f"({known}) = 'virtual_machine' AND ({ours}) = 'server'"
    return f"CASE WHEN {narrower} THEN a.asset_type ELSE {value} END"


def unless_edited(name: str, value: str) -> str:
    return f"CASE WHEN '{name}' = ANY (a.edited_fields) THEN a.{name} ELSE {value} END"


def _new_object(name: str) -> str:
    """Objects grow key by key; where a person edited one, the person's keys win."""
    said = f"coalesce(i.{name}, '{{}}')"
    edited = f"'{name}' = ANY (a.edited_fields)"
    return (
        f"CASE WHEN {edited} THEN {said} || a.{name} WHEN n.id IS NOT NULL THEN {said} "
        f"ELSE a.{name} || {said} END"
    )
