"""What leaves the house of a text: everything but who it speaks of and what opens a door.

Shapes, not understanding: docs/agents.md tells what this finds and what it cannot. Every value is
replaced by a token that says what stood there. All patterns are bounded, so that time is linear.
"""

import re
import string
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

import orjson

from discovery.agents.inert import inert, visible
from discovery.agents.redaction.credentials import without_chance, without_secrets
from discovery.agents.redaction.labels import Announced, announced, without_labelled
from discovery.agents.redaction.personal_numbers import without_personal_numbers
from discovery.agents.redaction.persons import are_people, without_persons

_MOST: Final = 80  # characters that are shown
# Redaction looks further than it shows, so that a secret is not cut before it is seen.
_AHEAD: Final = 4_000
_CUT: Final = "…"
_UNBROKEN: Final = string.ascii_letters + string.digits + "+/=_-.~%@:\\"
_BROKEN_TOKEN: Final = re.compile(r"<[a-z]{0,8}\Z")
# Beneath a personal header these tell nothing of a person, and say what the column holds.
_IMPERSONAL: Final = re.compile(
    r"(?i)|\d{1,3}|yes|no|true|false|y|n|x|none|null|n/?a|-+|\?+|unknown|tbd|nan"
    r"|\d{4}-\d\d-\d\d(?:[ T][\d:.,+Z-]{1,20})?|\d{1,2}[./]\d{1,2}[./]\d{2,4}(?: [\d:]{4,8})?"
    r"|\d{1,3}(?:\.\d{1,3}){3}"
)
_MOST_VALUES: Final = 1_000
_TELLING: Final = 24  # more do not change the verdict


def redacted(text: str, most: int = _MOST) -> str:
    """`text` on one line of `most` characters, without secrets and without people."""
    seen = inert(visible(_beginning(text, most)))
    seen = without_labelled(without_secrets(seen))
    seen = without_personal_numbers(without_persons(seen))
    return _cut(" ".join(without_chance(seen).split()), most)


def samples(header: str, values: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` different values of a column, redacted. Where its header, or the values
    together, tell that they are people or secrets, none is shown for what it is.
    """
    looked_at = list(islice(values, _MOST_VALUES))
    told = announced(header)
    if told is None and are_people(header, map(redacted, looked_at[:_TELLING])):
        told = Announced.PERSON
    shown = (_of(value, told, _MOST) for value in looked_at)
    return list(islice(dict.fromkeys(filter(None, shown)), count))


def cell(header: str, value: str, most: int = _MOST) -> str:
    """One value of a column that is called `header`, redacted as that demands."""
    return _of(value, announced(header), most)


def _of(value: str, told: Announced | None, most: int) -> str:
    if told is Announced.SECRET:
        return told.value if value.strip() else ""
    text = redacted(value, most)
    if told is None or text in set(Announced) or _IMPERSONAL.fullmatch(text):
        return text
    return (Announced.PHONE if told is Announced.PHONE else Announced.PERSON).value


def redacted_json(text: str, most: int) -> str:
    """JSON string by string, so that it can be read as before; what is none as any text."""
    try:
        kept = orjson.dumps(_each(orjson.loads(text), most)).decode()
    except (orjson.JSONDecodeError, RecursionError):
        return redacted(text, most)
    return kept if len(kept) <= most else redacted(text, most)


def _each(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return redacted(value, most)
    if isinstance(value, list):
        return [_each(each, most) for each in value]
    if isinstance(value, dict):
        return {redacted(key, most): _each(each, most) for key, each in value.items()}
    return value


def _beginning(text: str, most: int) -> str:
    """As much as is looked at; what the end of that tore apart is left out, for nobody could
    recognise it.
    """
    start = text.lstrip() if text[:1].isspace() else text
    if len(start) <= most + _AHEAD:
        return start
    return start[: most + _AHEAD].rstrip(_UNBROKEN) or "<secret>"


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return _BROKEN_TOKEN.sub("", text[: most - 1]) + _CUT
