"""The encodings of text that a person can choose, by Python's names for them."""

from typing import Final

ENCODINGS: Final = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-32",
    "latin-1",
    "iso8859-2",
    "iso8859-15",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "cp437",
    "cp850",
    "cp874",
    "koi8-r",
    "mac-roman",
    "shift_jis",
    "cp932",
    "euc-jp",
    "gb18030",
    "big5",
    "euc-kr",
    "cp949",
)
