"""Records of several types in one list, parted: by a key that tells the type, or by their keys."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, islice
from typing import Final

from .fixtures import is_fixture
from .records import Record, Records
from .structures import compact, structures

_MOST_KINDS: Final = 300
_MOST_KEY_SETS: Final = 300
_MOST_PAIRS: Final = 2_000
_DIFFERENT: Final = 0.5
_FEWEST_KEYS: Final = 2
_MOST_INNER_KEYS: Final = 200  # of more, the keys are data, which tell no type

Keys = frozenset[str]


def parted(records: Records) -> list[Records]:
    """A list for each type of record; the list as it is where there is one."""
    if len(records.items) < _FEWEST_KEYS:
        return [records]
    same: dict[Keys, Keys] = {}  # records by the million have few sets of keys
    signatures = [same.setdefault(keys, keys) for keys in map(_signature, records.items)]
    if len(same) == 1:
        return [records]
    for key in _discriminators(records.items):
        groups = _by_value(records.items, key)
        if groups and (is_fixture(records.items) or _differ(groups, signatures)):
            return [_picked(records, places, kind, key) for kind, places in groups.items()]
    return _by_keys(records, signatures)


def _signature(record: Record) -> Keys:
    """The keys of a record and of the objects in it."""
    inner = (
        f"{key}.{name}"
        for key, value in record.items()
        if isinstance(value, dict) and len(value) <= _MOST_INNER_KEYS
        for name in value
    )
    return frozenset((*record, *inner))


def _discriminators(items: Sequence[Record]) -> Iterable[str]:
    """Keys of every record that are called as types are, the surest first."""
    common = set(items[0]).intersection(*items)
    ranks = {name: rank for rank, name in enumerate(structures()["discriminators"])}
    fitting = [key for key in common if compact(key) in ranks]
    return sorted(fitting, key=lambda key: ranks[compact(key)])


def _by_value(items: Sequence[Record], key: str) -> dict[str, list[int]] | None:
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        if not isinstance(item[key], str):
            return None
        groups[item[key]].append(place)
        if len(groups) > _MOST_KINDS:
            return None
    return groups if len(groups) > 1 else None


def _differ(groups: Mapping[str, list[int]], signatures: Sequence[Keys]) -> bool:
    """Whether records of different types have, on the whole, different keys."""
    keys = [frozenset().union(*(signatures[place] for place in g)) for g in groups.values()]
    shares = [len(a & b) / len(a | b) for a, b in islice(combinations(keys, 2), _MOST_PAIRS)]
    return sum(shares) / len(shares) < _DIFFERENT


def _picked(records: Records, places: Sequence[int], kind: str, key: str) -> Records:
    """The records of one type. Its name says the type, so that they need not.

    A model ("dcim.device") is a name by itself.
    """
    name = kind if "." in kind else f"{records.name} ({kind})"
    items = [
        {name: value for name, value in records.items[place].items() if name != key}
        for place in places
    ]
    return _at(replace(records, name=name), places, items)


def _at(records: Records, places: Sequence[int], items: Sequence[Record]) -> Records:
    inherited = [(name, column.picked(places)) for name, column in records.inherited]
    numbers = [records.numbers[place] for place in places]
    return replace(records, items=items, numbers=numbers, inherited=inherited)


def _by_keys(records: Records, signatures: Sequence[Keys]) -> list[Records]:
    """A list for each set of keys that has nothing in common with the others."""
    distinct = {signature for signature in signatures if signature}
    if len(distinct) > _MOST_KEY_SETS:
        return [records]
    families = _families(distinct)
    if len(families) == 1 or any(len(family) < _FEWEST_KEYS for family in families):
        return [records]
    groups: list[list[int]] = [[] for _ in families]
    for place, signature in enumerate(signatures):
        home = next((n for n, family in enumerate(families) if signature <= family), 0)
        groups[home].append(place)
    numbered = enumerate(sorted(groups), start=1)
    return [
        _at(
            replace(records, name=records.name if number == 1 else f"{records.name} ({number})"),
            places,
            [records.items[place] for place in places],
        )
        for number, places in numbered
    ]


def _families(signatures: Iterable[Keys]) -> list[Keys]:
    """The keys of signatures that share one, united."""
    families: list[Keys] = []
    for signature in signatures:
        kin = [family for family in families if not family.isdisjoint(signature)]
        families = [family for family in families if family not in kin]
        families.append(signature.union(*kin))
    return families
