"""People in a text: e-mail addresses, names by how they are told and written, names of users."""

import re
from collections.abc import Iterator
from typing import Final

from discovery.agents.labels import Announced, announced
from discovery.mapping import vocabulary

PERSON: Final = "<person>"
USER: Final = "<user>"
EMAIL: Final = "<email>"

_EMAIL: Final = re.compile(
    r"[^\W_][\w.+'-]{0,63}(?:@|\s?[\[({]at[\])}]\s?)(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])"
)
_AT: Final = re.compile(r"(?<![\w@/.-])[a-z_][\w.-]{1,31}@(?=[A-Za-z])")
_HOME: Final = re.compile(
    r"([\\/](?:Users|home|Documents and Settings|Profiles|Benutzer|Utilisateurs|Usuarios)[\\/]{1,2})"
    r"[^\\/\s\"':;,‹›|]{1,64}(?: [^\\/\s\"':;,‹›|]{1,64}(?=[\\/]))?",
    re.IGNORECASE,
)
_DOMAIN_USER: Final = re.compile(
    r"(?<![\w\\/:.$-])([A-Za-z][\w.-]{0,30})\\{1,2}([A-Za-z_][\w.-]{1,40}\$?)(?![\w\\])"
)
_NO_DOMAIN: Final = re.compile(r"(?i)authority|service|builtin|hk(?:lm|cu|cr|u|cc|ey_\w+)|.*\d.*")
_INSTANCE: Final = re.compile(r"(?i)(?:(?:ms)?sql|inst|default|prod|test|dev|qa|uat)\w*")
_DISTINGUISHED: Final = re.compile(
    r"(?i)(?<![^\W_])((?:cn|uid|samaccountname)=)([^,;\n=]{2,60})(?=,)"
)
_LABEL: Final = re.compile(
    r"(?<![^\W_])([^\W\d_][^\n:=;,|(){}\[\]\"'‹›/\\]{0,60})[\"']?\s{0,3}(?:=›|:=|[:=])\s{0,3}(?![/\\])"
)
_QUOTED: Final = re.compile(r"\"[^\"\n]{0,300}\"?|'[^'\n]{0,300}'?")
# A value ends where the next label begins, so that a connection string keeps its server.
_SECRET_VALUE: Final = re.compile(r"(?:[^\s;,&|]|[;,&|](?!\s|$|[\w .-]{1,30}[=:]))+")
_PERSON_VALUE: Final = re.compile(r"[^\n;|(\[<‹]{1,80}")
_TITLE: Final = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Hr|Mme|Mlle|Monsieur|Madame|Sra?|Srta|Señora?|Sig|Dott"
    r"|Pan[ií])\.?"
)
_TOLD: Final = (
    r"(?i:contacts?|ask|call|attn|c/o|poc|spoc|(?:owned|managed|created|requested|approved|installed"
    r"|maintained|administered|built|written|reported|changed|modified|updated|supported|signed)"
    r"(?: off)? by|assigned to|(?:speak|talk|talked|spoke) (?:to|with)|kontakt|ansprechpartner(?:in)?"
    r"|(?:betreut|erstellt|genehmigt) von|propriétaire|responsable|contact[ae]r(?: a)?|referente"
    r"|eigenaar|właściciel)"
)
_LEAD: Final = re.compile(rf"(?<![^\W_])(?:{_TITLE}|{_TOLD})\s{{1,3}}(?=[^\W\d_])")
_WORD: Final = re.compile(r"[^\W\d_](?:['’-]?[^\W\d_]){0,24}\.?")
_PARTICLES: Final = frozenset(
    ("van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "al")
)
_MOST_NAMES: Final = 4


def without_persons(text: str) -> str:
    text = _EMAIL.sub(EMAIL, text)
    text = _DISTINGUISHED.sub(_undistinguished, text)
    text = _HOME.sub(rf"\1{USER}", text)
    text = _DOMAIN_USER.sub(_without_user, text)
    text = _AT.sub(f"{USER}@", text)
    return _without_named(text)


def _undistinguished(found: re.Match[str]) -> str:
    """`CN=` names machines and groups too: those have no blank, or a word that is known."""
    names = found[2].split()
    return found[1] + (PERSON if len(names) > 1 and not any(map(is_word, names)) else found[2])


def _without_user(found: re.Match[str]) -> str:
    """`CORP\\ada`, but not `SQL01\\PROD`: an instance stands behind a machine."""
    if _NO_DOMAIN.fullmatch(found[1]) or _INSTANCE.fullmatch(found[2]):
        return found[0]
    return f"{found[1]}\\{USER}"


def without_labelled(text: str) -> str:
    """Values that a label before them announces: `password: …`, `Owner = …`."""
    parts: list[str] = []
    at = 0
    for found in _LABEL.finditer(text):
        kind = announced(" ".join(found[1].split()[-4:])) if found.start() >= at else None
        end = _end_of_value(text, found.end(), kind) if kind else found.end()
        if kind and end > found.end():
            parts += [text[at : found.end()], kind.value]
            at = end
    return "".join([*parts, text[at:]])


def _end_of_value(text: str, start: int, kind: Announced) -> int:
    shape = _SECRET_VALUE if kind is Announced.SECRET else _PERSON_VALUE
    found = _QUOTED.match(text, start) or shape.match(text, start)
    return found.end() if found else start


def _without_named(text: str) -> str:
    """Names that a title or a turn of phrase leads to: `Mr Byron`, `ask Ada Byron`."""
    parts: list[str] = []
    at = 0
    for found in _LEAD.finditer(text):
        end = max(_names(text, found.end()), default=0)
        if found.start() >= at and end:
            parts += [text[at : found.end()], PERSON]
            at = end
    return "".join([*parts, text[at:]])


def _names(text: str, at: int) -> Iterator[int]:
    """The ends of the names that follow one another from here."""
    for _ in range(_MOST_NAMES):
        found = _WORD.match(text, at)
        if found is None or not (_is_name(found[0]) or found[0] in _PARTICLES):
            return
        if found[0] not in _PARTICLES:
            yield found.end()
        at = found.end() + len(text[found.end() : found.end() + 1].strip("\n,.;:()"))


def _is_name(word: str) -> bool:
    return word[0].isupper() and not word.isupper() and not is_word(word)


def is_word(word: str) -> bool:
    """Whether it is a word of inventories, and so no name."""
    return vocabulary.is_known(vocabulary.fold(word.strip(".,")))
