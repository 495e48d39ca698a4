"""Numbers that belong to a person: cards, accounts, national ids, telephones.

Only shapes that are certain by a check digit or by their writing: an inventory is full of numbers.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

_APART: Final = r"(?<![\w.+-])"
_END: Final = r"(?!\w|[.-]\d)"
_CARD: Final = re.compile(rf"{_APART}\d(?:[ -]?\d){{12,18}}{_END}")
_CARD_SHAPES: Final = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[68]\d{12}|30[0-5]\d{11}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|35[2-8]\d{13}|62\d{14,17}"
)
_IBAN: Final = re.compile(
    rf"{_APART}[A-Z]{{2}}\d\d(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?{_END}"
)
_SSN: Final = re.compile(rf"{_APART}(?!000|666|9)\d{{3}}-(?!00)\d\d-(?!0000)\d{{4}}{_END}")
_CPF: Final = re.compile(rf"{_APART}\d{{3}}\.\d{{3}}\.\d{{3}}-\d\d{_END}")
_FISCAL: Final = re.compile(
    rf"{_APART}[A-Z]{{6}}\d\d[A-EHLMPRST](?:[04][1-9]|[1256]\d|[37][01])[A-Z]\d{{3}}[A-Z]{_END}"
)
_CHINA: Final = re.compile(rf"{_APART}[1-9]\d{{5}}(\d{{8}})\d{{3}}[\dXx]{_END}")
_KOREA: Final = re.compile(rf"{_APART}(\d{{6}})-[1-4]\d{{6}}{_END}")
_FINLAND: Final = re.compile(rf"{_APART}(\d{{6}})[-+A](\d{{3}})([0-9A-Y]){_END}")
_SWEDEN: Final = re.compile(rf"{_APART}(?:\d\d)?(\d\d(?:0[1-9]|1[0-2])[0-3]\d)[-+](\d{{4}}){_END}")
_FRANCE: Final = re.compile(
    rf"{_APART}[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d[\dAB] ?\d{{3}} ?\d{{3}} ?\d\d{_END}"
)
_PHONE: Final = re.compile(
    r"(?<![\w+.])\+[1-9](?:[ ().\-/]{0,3}\d){7,14}(?!\d)"
    r"|(?<![\w.,+-])00[1-9]\d{0,2}[ ./-](?:[ ().\-/]{0,2}\d){6,12}(?![\w-])"
    r"|(?<![\w.,+-])\(0?\d{1,4}\)[ -]?\d(?:[ \-/]?\d){5,9}(?!\w)"
    r"|(?<![\w.,+-])[2-9]\d{2}([.-])[2-9]\d{2}\1\d{4}(?![\w-]|\.\d)"
    r"|(?<![\w.,+-])(?<![0-9a-fA-F] )0[1-9](?: \d\d){4}(?! ?\w)"
    r"|(?<![\w.,+-])0\d{1,4}[-/ ]\d{3,4}[- ]\d{3,5}(?![\w-]|\.\d)"
    r"|(?<![\w.,+-])0\d{2,4}/\d{4,9}(?![\w/])"
    r"|(?<=[☎☏✆])\s?[\d ()+/.-]{5,20}"
)
_MOD_97: Final = 97
_CHINA_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FINLAND_MARKS: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def without_personal_numbers(text: str) -> str:
    for pattern, kind, is_one in _CHECKED:
        text = pattern.sub(lambda found: f"<{kind}>" if is_one(found) else found[0], text)  # noqa: B023
    return text


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _is_card(found: re.Match[str]) -> bool:
    digits = _digits(found[0])
    return _CARD_SHAPES.fullmatch(digits) is not None and luhn(digits)


def luhn(digits: str) -> bool:
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(n // 10 + n % 10 for n in doubled)) % 10 == 0


def _is_iban(found: re.Match[str]) -> bool:
    plain = found[0].replace(" ", "")
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % _MOD_97 == 1


def _is_date(digits: str) -> bool:
    year, month, day = digits[:-4], digits[-4:-2], digits[-2:]
    try:
        date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))  # noqa: PLR2004
    except ValueError:
        return False
    return True


def _is_cpf(found: re.Match[str]) -> bool:
    digits = list(map(int, _digits(found[0])))
    return all(
        digits[n]
        == sum(d * w for d, w in zip(digits, range(n + 1, 1, -1), strict=False)) * 10 % 11 % 10
        for n in (9, 10)
    )


def _is_chinese(found: re.Match[str]) -> bool:
    total = sum(int(d) * w for d, w in zip(found[0], _CHINA_WEIGHTS, strict=False))
    return found[0][-1].upper() == "10X98765432"[total % 11] and _is_date(found[1])


def _is_korean(found: re.Match[str]) -> bool:
    return _is_date(found[1])


def _is_finnish(found: re.Match[str]) -> bool:
    return _FINLAND_MARKS[int(found[1] + found[2]) % 31] == found[3]


def _is_swedish(found: re.Match[str]) -> bool:
    return luhn(found[1] + found[2])


def _is_french(found: re.Match[str]) -> bool:
    plain = found[0].replace(" ", "").replace("2A", "19").replace("2B", "18")
    return plain.isdigit() and _MOD_97 - int(plain[:13]) % _MOD_97 == int(plain[13:])


def _by_its_writing(_: re.Match[str]) -> bool:
    return True


_CHECKED: Final[tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], bool]], ...]] = (
    (_CARD, "card", _is_card),
    (_IBAN, "iban", _is_iban),
    (_SSN, "id", _by_its_writing),
    (_CPF, "id", _is_cpf),
    (_FISCAL, "id", _by_its_writing),
    (_CHINA, "id", _is_chinese),
    (_KOREA, "id", _is_korean),
    (_FINLAND, "id", _is_finnish),
    (_SWEDEN, "id", _is_swedish),
    (_FRANCE, "id", _is_french),
    (_PHONE, "phone", _by_its_writing),
)
