"""Any text file as UTF-8 with line feeds, which is all that Polars reads."""

import codecs
import re
from pathlib import Path
from typing import Final

from .choices import impossible
from .table import Unreadable

CHUNK: Final = 1024 * 1024

BEYOND_ASCII: Final = bytes(range(0x80, 0x100))
_NOT_WESTERN: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\x80-\xff]{3,}")
"""A letter of UTF-8, or the words of scripts that have no ASCII letters."""

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def as_utf8(path: Path, chosen: str | None = None) -> tuple[Path, str]:
    """The file, or a clean copy beside it, and the name of the encoding that it came in.

    A copy is made of files in another encoding, with NUL characters, or with bare CR line ends. A
    file without a byte order mark that is not UTF-8 is read as cp1252, which Windows writes in the
    West. Raises Unreadable if it cannot be that either, or is not in the chosen encoding.
    """
    if chosen:
        return _copy(path, chosen, _not_in(chosen)), chosen
    with path.open("rb") as file:
        head = file.read(CHUNK)
    encoding = _marked(head) or "utf-8"
    if not encoding.startswith("utf-8"):
        return _copy(path, encoding, _unknown(encoding.upper())), encoding
    is_utf8, has_nul = _inspect(path)
    if not is_utf8:
        _check_western(head, encoding)
        return _copy(path, "cp1252", _unknown("UTF-8 or cp1252")), "cp1252"
    if has_nul or (b"\r" in head and b"\n" not in head):
        return _copy(path, encoding, _unknown("UTF-8")), "utf-8"
    return path, "utf-8"


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in MARKS if head.startswith(mark)), None)


def _inspect(path: Path) -> tuple[bool, bool]:
    """Whether the file is UTF-8, and whether it holds a NUL."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    has_nul = False
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            has_nul = has_nul or b"\x00" in chunk
            if not _decodes(decoder, chunk):
                return False, has_nul
    return _decodes(decoder, b"", final=True), has_nul


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    # Most chunks are ASCII, which is told without decoding, at 20 times the speed.
    if chunk and chunk.isascii() and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _check_western(head: bytes, encoding: str) -> None:
    """Refuses damaged UTF-8, Cyrillic, Chinese, Japanese: cp1252 reads nonsense into them."""
    letters = len(head) - len(head.translate(None, BEYOND_ASCII))
    foreign = sum(map(len, _NOT_WESTERN.findall(head)))
    if encoding == "utf-8-sig" or foreign > letters / 2:
        raise _unknown("UTF-8, nor in a Western language")


def _copy(path: Path, encoding: str, verdict: Unreadable) -> Path:
    copy = path.with_name(f"{path.name}.utf8")
    try:
        # Python's universal newlines turn CR and CRLF into LF.
        with path.open(encoding=encoding) as source, copy.open("w", encoding="utf-8") as target:
            while text := source.read(CHUNK):
                target.write(text.replace("\x00", ""))
    except UnicodeError as error:
        raise verdict from error
    return copy


def _unknown(encoding: str) -> Unreadable:
    return Unreadable(
        "encoding", f"The text is not written in {encoding}. Export it again as UTF-8."
    )


def _not_in(encoding: str) -> Unreadable:
    return impossible(
        f"The text is not written in {encoding}. Choose another encoding, or none, or export it "
        "again as UTF-8."
    )
