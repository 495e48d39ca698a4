"""Any text file as UTF-8 with line feeds, which is all that Polars reads."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .choices import impossible
from .lines import Lines, NotUtf8, look, source_of
from .table import Limits, Unreadable

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


@dataclass(frozen=True, slots=True)
class Text:
    """A file in UTF-8 without NUL, what its lines tell, and the encoding that it came in.

    `source` is its content, or where that is.
    """

    path: Path
    source: Path | bytes
    lines: Lines
    encoding: str


def text_of(path: Path, encoding: str, limits: Limits) -> Text:
    """The text in a file that is UTF-8 by now. Raises NotUtf8 if it is not."""
    source = source_of(path)
    return Text(path, source, look(path, source, limits), encoding)


def as_utf8(path: Path, limits: Limits, chosen: str | None = None) -> Text:
    """The file, or a clean copy beside it.

    A copy is made of files in another encoding, with NUL characters, or with bare CR line ends. A
    file without a byte order mark that is not UTF-8 is read as cp1252, which Windows writes in the
    West. Raises Unreadable if it cannot be that either, or is not in the chosen encoding.
    """
    if chosen:
        return _copied(path, chosen, limits, _not_in(chosen))
    with path.open("rb") as file:
        head = file.read(CHUNK)
    encoding = _marked(head) or "utf-8"
    if not encoding.startswith("utf-8"):
        return _copied(path, encoding, limits, _unknown(encoding.upper()))
    try:
        return _utf8(path, head, limits)
    except NotUtf8:
        _check_western(head, encoding)
        return _copied(path, "cp1252", limits, _unknown("UTF-8 or cp1252"))


def _utf8(path: Path, head: bytes, limits: Limits) -> Text:
    if b"\r" not in head or b"\n" in head:
        text = text_of(path, "utf-8", limits)
        if not text.lines.has_nul:
            return text
    return _copied(path, "utf-8", limits, NotUtf8())


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in MARKS if head.startswith(mark)), None)


def _check_western(head: bytes, encoding: str) -> None:
    """Refuses damaged UTF-8, Cyrillic, Chinese, Japanese: cp1252 reads nonsense into them."""
    letters = len(head) - len(head.translate(None, BEYOND_ASCII))
    foreign = sum(map(len, _NOT_WESTERN.findall(head)))
    if encoding == "utf-8-sig" or foreign > letters / 2:
        raise _unknown("UTF-8, nor in a Western language")


def _copied(path: Path, encoding: str, limits: Limits, verdict: Exception) -> Text:
    """Raises the verdict on a file that is not in that encoding."""
    copy = path.with_name(f"{path.name}.utf8")
    try:
        # Python's universal newlines turn CR and CRLF into LF.
        with path.open(encoding=encoding) as source, copy.open("w", encoding="utf-8") as target:
            while text := source.read(CHUNK):
                target.write(text.replace("\x00", ""))
    except UnicodeError as error:
        raise verdict from error
    return text_of(copy, encoding, limits)


def _unknown(encoding: str) -> Unreadable:
    return Unreadable(
        "encoding", f"The text is not written in {encoding}. Export it again as UTF-8."
    )


def _not_in(encoding: str) -> Unreadable:
    return impossible(
        f"The text is not written in {encoding}. Choose another encoding, or none, or export it "
        "again as UTF-8."
    )
