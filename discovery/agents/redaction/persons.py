"""People in a text: e-mail addresses, names of users, and names by how they are written."""

import re
from collections.abc import Iterable
from typing import Final

from discovery.agents.redaction.labels import says_little
from discovery.mapping import vocabulary

PERSON: Final = "<person>"
USER: Final = "<user>"
EMAIL: Final = "<email>"

# What systemd calls its units is written like an address: getty@tty1.service.
_NO_HOST: Final = r"(?!(?:[\w-]{1,60}\.)?(?:service|socket|target|mount|timer|slice)\b|sha\d)"
_EMAIL: Final = re.compile(
    rf"[^\W_][\w.+'-]{{0,63}}(?:@{_NO_HOST}|\s?[\[({{]at[\])}}]\s?)"
    r"(?:[^\W_][\w-]{0,62}\.){1,8}[^\W\d_]{2,24}(?![\w@])"
)
_AT: Final = re.compile(rf"(?<![\w@/.-])[^\W\d][\w.-]{{1,31}}@(?=[A-Za-z]){_NO_HOST}")
_HOME: Final = re.compile(
    r"([\\/](?:Users|home|Documents and Settings|Profiles|Benutzer|Utilisateurs|Usuarios)"
    r"[\\/]{1,2})"
    r"[^\\/\s\"':;,\u2039\u203a|]{1,64}(?: [^\\/\s\"':;,\u2039\u203a|]{1,64}(?=[\\/]))?",
    re.IGNORECASE,
)
_DOMAIN_USER: Final = re.compile(
    r"(?<![\w\\/:.$-])([A-Za-z][\w.-]{0,30})\\{1,2}([A-Za-z_][\w.-]{1,40}\$?)(?=$|[\s,;)\]'\"|\u203a])"
)
_NO_DOMAIN: Final = re.compile(r"(?i)authority|service|builtin|hk(?:lm|cu|cr|u|cc|ey_\w+)|.*\d.*")
_INSTANCE: Final = re.compile(r"(?i)(?:(?:ms)?sql|inst|default|prod|test|dev|qa|uat)\w*")
_SID: Final = re.compile(r"S-1-5-21(?:-\d{1,10}){4}")
_DISTINGUISHED: Final = re.compile(r"(?i)(?<![^\W_])(cn=)([^,;\n=]{2,60})(?=,)")

_WORD: Final = re.compile(r"[^\W\d_](?:['\u2019-]?[^\W\d_]){0,24}\.?(?!\w)")
_NAMES: Final = r"[^\W\d_][^\W\d_'\u2019.-]{0,24}(?:,? [^\W\d_][^\W\d_'\u2019.-]{0,24}){1,3}"
_NEAR_EMAIL: Final = re.compile(
    rf"(?<!\w)({_NAMES})(?=[\"']? ?[\u2039(\[]?<email>)|(?<=<email>)( ?\({_NAMES}\))"
)
_TITLE: Final = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Hr|Mme|Mlle|Monsieur|Madame|Sra?|Srta|Señora?|Sig|Dott"
    r"|Pan[ií])\.?"
)
_TOLD: Final = (
    r"(?i:contacts?|ask|call|attn|c/o|poc|spoc|(?:owned|managed|created|requested|approved"
    r"|installed|maintained|administered|built|written|reported|changed|modified|updated|supported"
    r"|signed)(?: off)? by|assigned to|(?:speak|talk|talked|spoke) (?:to|with)|kontakt"
    r"|ansprechpartner(?:in)?|(?:betreut|erstellt|genehmigt) von|propriétaire|responsable"
    r"|contact[ae]r(?: a)?|referente|eigenaar|właściciel)"
)
_LEAD: Final = re.compile(rf"(?<![^\W_])(?:{_TITLE}|{_TOLD}) {{1,3}}(?=[^\W\d_])")
_PARTICLES: Final = frozenset(
    ("van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "al")
)
_OF_COMPANIES: Final = frozenset(
    ("inc", "ltd", "llc", "corp", "co", "gmbh", "ag", "plc", "bv", "sa")
)
_MOST_NAMES: Final = 4
_FEWEST_NAMES: Final = 2
_MOSTLY: Final = 0.5


def without_persons(text: str) -> str:
    text = _NEAR_EMAIL.sub(_without_neighbour, _EMAIL.sub(EMAIL, text))
    text = _DISTINGUISHED.sub(_undistinguished, text)
    text = _DOMAIN_USER.sub(_without_user, _HOME.sub(rf"\1{USER}", text))
    text = _AT.sub(f"{USER}@", _SID.sub(USER, text))
    return PERSON if _is_surname_first(text) else _without_named(text)


def _without_neighbour(found: re.Match[str]) -> str:
    """`Ada Byron <email>`: as many of the words before it as are names."""
    if found[2]:
        return f" ({PERSON})"
    words = found[1].split()
    names = len(words)
    while names and not _is_capital(words[-names]):
        names -= 1
    return " ".join([*words[: len(words) - names], *([PERSON] if names else [])])


def _undistinguished(found: re.Match[str]) -> str:
    """`CN=` names machines and groups too: those have no blank, or a word that is known."""
    return found[1] + (PERSON if looks_like_a_name(found[2]) else found[2])


def _without_user(found: re.Match[str]) -> str:
    """`CORP\\ada`, but not `SQL01\\PROD`: an instance stands behind a machine."""
    if _NO_DOMAIN.fullmatch(found[1]) or _INSTANCE.fullmatch(found[2]):
        return found[0]
    return f"{found[1]}\\{USER}"


def _without_named(text: str) -> str:
    """Without names that a title or a turn of phrase leads to: `Mr Byron`, `ask Ada Byron`."""
    parts: list[str] = []
    at = 0
    for found in _LEAD.finditer(text):
        end = _end_of_names(text, found.end()) if found.start() >= at else 0
        if end:
            parts += [text[at : found.end()], PERSON]
            at = end
    return "".join([*parts, text[at:]])


def _end_of_names(text: str, at: int) -> int:
    """Of the words with capitals from here on, if one at least is a name: `Grace Hopper`."""
    end, is_named = 0, False
    for _ in range(_MOST_NAMES):
        found = _WORD.match(text, at)
        if found is None or not (found[0] in _PARTICLES or _is_capital(found[0])):
            break
        if found[0] not in _PARTICLES:
            end = found.end() - found[0].endswith(".")
            is_named |= _is_name(found[0])
        at = found.end() + text.startswith(" ", found.end())
    return end if is_named else 0


def _is_surname_first(text: str) -> bool:
    """`Byron, Ada`: a whole text of this shape is hardly anything else."""
    last, comma, first = text.partition(", ")
    if not comma or _OF_COMPANIES & set(first.casefold().replace(".", "").split()):
        return False
    return looks_like_a_name(f"{first} {last}")


def looks_like_a_name(text: str) -> bool:
    """`Ada Byron`, `Grace K. Hopper`: words with capitals, not all of them known to inventories."""
    words = [word for word in text.strip().split() if word not in _PARTICLES]
    if not _FEWEST_NAMES <= len(words) <= _MOST_NAMES:
        return False
    written = all(_WORD.fullmatch(word) and _is_capital(word) for word in words)
    return written and any(map(_is_name, words))


def are_people(header: str, values: Iterable[str]) -> bool:
    """Whether a column is of people by its values: its header tells little, and half of them look
    like names. A few would be places or machines.
    """
    if not says_little(header):
        return False
    alike = [looks_like_a_name(value) or _is_surname_first(value) for value in set(values)]
    return len(alike) >= _FEWEST_NAMES and sum(alike) >= _MOSTLY * len(alike)


def _is_name(word: str) -> bool:
    return _is_capital(word) and not _is_word(word)


def _is_capital(word: str) -> bool:
    """`Byron`, `K.`, `O'Neill`, `McBride`; neither an acronym nor `MySQL`."""
    within = sum(map(word.count, "-'\u2019")) + word.startswith(
        ("Mc", "Mac", "De", "Di", "La", "Le")
    )
    capitals = sum(map(str.isupper, word))
    return word[0].isupper() and capitals <= 1 + within


def _is_word(word: str) -> bool:
    """Whether it is a word of inventories, and so no name."""
    return vocabulary.is_known(vocabulary.fold(word.strip(".,")))
