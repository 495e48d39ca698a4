"""Secrets in a text: tokens of known shapes, what a password is called by, and pure chance."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

SECRET: Final = "<secret>"  # noqa: S105

_PEM: Final = re.compile(
    r"-----BEGIN [^\n-]{1,60}-----.*?(?:-----END [^\n-]{1,60}-----|\Z)", re.DOTALL
)
# Issuers' own marks: what begins so is a credential, whatever it is called by.
_ISSUED: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{12,}"
    r"|AIza[\w-]{30,}|ya29\.[\w.-]{10,}|GOCSPX-[\w-]{10,}|1//0[\w-]{20,}"
    r"|gh[pousr]_\w{16,}|github_pat_\w{16,}|gl(?:pat|dt|rt|cbt|ptt)-[\w-]{16,}"
    r"|xox[a-z]-[\w-]{8,}|xapp-[\w-]{10,}"
    r"|(?:sk|rk|pk)_(?:live|test)_\w{8,}|whsec_\w{16,}|sk-[\w-]{16,}|hf_\w{20,}|npm_\w{20,}"
    r"|pypi-[\w-]{16,}|SG\.[\w-]{10,}\.[\w-]{10,}|SK[0-9a-f]{32}|do[opr]_v1_\w{20,}"
    r"|hv[sbr]\.[\w-]{16,}|s\.[A-Za-z0-9]{24}(?![\w.])|dapi[0-9a-f]{32}|shp(?:at|ca|pa|ss)_\w{16,}"
    r"|ATATT3x[\w=-]{16,}|[\w~.-]{3}8Q~[\w~.-]{30,}|\d{8,10}:AA[\w-]{30,}|AGE-SECRET-KEY-1\w{20,}"
    r"|eyJ[\w-]{8,}(?:\.[\w-]{2,}){0,4}\.?"
    r"|(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}|sk-\w{3,10}-\S{1,30})\s{1,3}AAAA[\w+/=]{8,}"
    r"|(?:pbkdf2|bcrypt|argon2|scrypt|s?sha|md5)\w{0,12}\$[^\s,;'\"]{8,}"
    r"|[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}(?![\w-])"
    r")"
    r"|\$(?:1|2[abxy]?|5|6|7|y|apr1|argon2\w{0,2}|pbkdf2[\w-]{0,12})\$[^\s,;:'\"]{8,}"
    r"|\{(?:S?SHA\d{0,3}|CRYPT|S?MD5)\}[\w+/=$.]{8,}"
    r"|hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{8,}"
    r"|[0-9a-fA-F]{32}:[0-9a-fA-F]{32}(?![0-9a-fA-F])"
)
_URL_LOGIN: Final = re.compile(r"(?<=://)[^\s/'\"\u2039\u203a]{1,200}@(?=[\w\[%$(])")
_HEADER: Final = re.compile(r"(?i)\b(?:bearer|basic|digest|negotiate|apikey)\s{1,3}[\w+/=.~-]{8,}")
# "enable secret 5 …", "password hunter2": a word of nothing but letters is prose, unless "is" or
# the like stands before it.
_TOLD: Final = re.compile(
    r"(?i)(?<![^\W_])(passwor[dt]|passwd|passphrase|pass|pwd?|kennwort|secret|credentials?|senha|mdp"
    r"|contrase[nñ]a|mot de passe|wachtwoord|has[lł]o|heslo|l[oö]senord|passord|пароль"
    r"|snmp(?:-server)? community(?: string)?)"
    r"(\s{1,3}(?:is|was|ist|lautet|est|es|to)\s{1,3}"
    r"|(?:\s{1,3}(?:\d{1,2}|[-\u2013\u2014\u2192]))?\s{1,3}(?=\S{0,60}[^\W_a-zA-Z]|\S{1,60}[!$%^&*@+=~?#_]))"
    r"(?![(\u2039<])([^\s,;]{4,200})"
)
_OPTION: Final = re.compile(
    r"(?i)(?<!\S)(--?(?:\w{1,20}-)?(?:password|passwd|pass|pwd|token|secret|api-?key)[ =]"
    r"|-u ?(?=[^\s:]{1,64}:\S))[^\s<]{1,200}"
)
_RUN: Final = re.compile(r"[A-Za-z0-9+/_=~-]{20,}")
# Ids of assets, which are hashes or numbers of their maker: UUID, MAC, WWN, digests, i-0abc…; and
# those of Linux volumes.
_ASSET_ID: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9]{6}-(?:[A-Za-z0-9]{4}-){5}[A-Za-z0-9]{6}(?![A-Za-z0-9])|"
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9A-F]{8}-?(?:[0-9A-F]{4}-?){3}[0-9A-F]{12}"
    r"|(?<![A-Za-z0-9])(?:[0-9a-f]{8,}|[0-9A-F]{8,})(?![A-Za-z0-9])"
)
_LETTER_KINDS: Final = (str.islower, str.isupper, str.isdigit)
_SHORTEST_RANDOM: Final = 20
# How often a kind of letter follows another: 0.62 in base64, 0.1 to 0.3 in names that people make.
_CHANCE: Final = 0.3
# And how much of it is left without what may be words: they are all of DiskReadsPerSecondInKB.
_NO_WORDS: Final = 0.4
_WORDS: Final = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_LOWER_AND_DIGITS: Final = 0.34
_SHORTEST_LOWER: Final = 24


def without_secrets(text: str) -> str:
    text = _PEM.sub(SECRET, text)
    text = _URL_LOGIN.sub(f"{SECRET}@", text)
    text = _HEADER.sub(SECRET, _ISSUED.sub(SECRET, text))
    return _TOLD.sub(rf"\1\2{SECRET}", _OPTION.sub(rf"\1{SECRET}", text))


def without_chance(text: str) -> str:
    """Without what nobody can have thought up."""
    return _RUN.sub(lambda run: SECRET if _is_random(run[0]) else run[0], text)


def _is_random(run: str) -> bool:
    rest = _ASSET_ID.sub("", run)
    letters = [letter for letter in rest if letter.isalnum()]
    if len(letters) < _SHORTEST_RANDOM:
        return False
    kinds = [_kind(letter) for letter in letters]
    changes = sum(a is not b for a, b in pairwise(kinds)) / (len(kinds) - 1)
    if {str.islower, str.isupper} <= set(kinds):
        return changes >= _CHANCE and _without_words(rest) >= _NO_WORDS * len(letters)
    unbroken = max(map(len, re.split(r"[^a-z0-9]+", rest)))
    return unbroken >= _SHORTEST_LOWER and changes >= _LOWER_AND_DIGITS


def _without_words(run: str) -> int:
    return sum(letter.isalnum() for letter in _WORDS.sub("", run))


def _kind(letter: str) -> Callable[[str], bool]:
    return next(kind for kind in _LETTER_KINDS if kind(letter))
