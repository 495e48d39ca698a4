"""What a file is, told by its first bytes and never by its name."""

import json
import re
from enum import Enum, auto
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

from .table import Unreadable

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

FOREIGN: Final = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x7fELF": "a program",
    b"MZ\x90\x00": "a program",
    b"<?xml": "an XML document",
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
}
"""First bytes (in lower case for markup) of files that people upload by mistake."""

ENCRYPTED_STREAM: Final = "EncryptedPackage".encode("utf-16-le")
"""The name of the stream in which Office keeps a workbook with a password or restricted rights."""

_FILE_PASS: Final = re.compile(
    rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)
"""How an XLS with a password begins: BOF, perhaps WriteProtect, FilePass ([MS-XLS])."""

UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
BLANK: Final = b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"
HEAD: Final = 64 * 1024
START: Final = 4 * 1024


class Kind(Enum):
    """The families of files that a reader exists for."""

    TEXT = auto()
    JSON = auto()
    ZIP = auto()
    XLS = auto()


def kind_of(path: Path) -> Kind:
    """Which reader the file needs. Raises Unreadable for an empty, encrypted or foreign one."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip(BLANK) and len(head) < HEAD:
        raise empty()
    if head.startswith(ZIP):
        return Kind.ZIP
    if head.startswith(OLE):
        return _ole_kind(path)
    _refuse_foreign(head)
    return Kind.JSON if _looks_like_json(head) else Kind.TEXT


def _ole_kind(path: Path) -> Kind:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        if content.find(ENCRYPTED_STREAM) >= 0 or _FILE_PASS.search(content):
            raise encrypted()
    return Kind.XLS


def empty() -> Unreadable:
    """The verdict on a file without a single value."""
    return Unreadable("empty", "The file is empty. Export it again and check that it has rows.")


def encrypted() -> Unreadable:
    """The verdict on a workbook that nobody can open without a password or rights."""
    return Unreadable(
        "encrypted",
        "The workbook is protected by a password or by restricted rights. Open it, save a copy "
        "without protection, and upload that copy.",
    )


def _refuse_foreign(head: bytes) -> None:
    start = head[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, what in FOREIGN.items():
        if start.startswith(magic) or start.lower().startswith(magic):
            raise Unreadable(
                "unsupported", f"The file is {what}. Export the inventory as CSV or XLSX instead."
            )
    if not head.startswith(UTF16_MARKS) and _is_binary(head):
        raise Unreadable(
            "binary",
            "The file is neither text nor a workbook. Export the inventory as CSV or XLSX.",
        )


def _is_binary(head: bytes) -> bool:
    """Whether control characters abound. A few happen in exported text, NUL above all."""
    controls = len(head) - len(head.translate(None, CONTROLS))
    return controls > max(8, len(head) // 50)


def json_encoding(head: bytes) -> str:
    """UTF-8, unless the first bytes of the JSON say otherwise: PowerShell writes UTF-16."""
    found = json.detect_encoding(head)
    return "utf-8-sig" if found == "utf-8" else found


def _looks_like_json(head: bytes) -> bool:
    """A list or an object at the start; `[Name],[Owner]` or `{guid}` are cells of a text file."""
    start = head[:START].decode(json_encoding(head[:4]), "ignore").lstrip("\ufeff \t\r\n")
    return start[:1] in ("[", "{") and start[1:].lstrip()[:1] in ("{", "[", '"', "]", "}")
