"""Hostile text made inert: nothing invisible, no delimiters, no tokens of chat templates."""

import re
import unicodedata
from typing import Final

# General categories: control, blank; format (bidi, zero width, tags), surrogate, private use, not
# assigned. Tabs are controls too, and become a blank.
_BLANK: Final = frozenset({"Cc", "Zs", "Zl", "Zp"})
_GONE: Final = frozenset({"Cf", "Cs", "Co", "Cn"})
# Letters and marks that show nothing: fillers, a joiner, variation selectors (which carry bytes).
_UNSEEN: Final = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
_MOST_MARKS: Final = 4  # upon one letter
KINDS: Final = ("email", "secret", "person", "user", "phone", "card", "iban", "id")
# What opens or closes something for a model: <|im_start|>, </s>, <<<DATA, ```, ### Instruction.
# Only what redaction itself puts in place of a value keeps its angles.
_LEFT: Final = re.compile(rf"<(?!(?:{'|'.join(KINDS)})>)")
_RIGHT: Final = re.compile("".join(rf"(?<!<{kind})" for kind in KINDS) + ">")
_FENCE: Final = re.compile(r"`+|#{2,}|~{3,}|\*{3,}|={3,}")
_BRACKETED: Final = re.compile(
    r"\[(/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_[A-Z]{1,12}|THINK|ARGS|CALL_ID|IMG|gMASK"
    r"|PREFIX|MIDDLE|SUFFIX|UNK|CLS|PAD|MASK|EOS|BOS))\]",
    re.IGNORECASE,
)
# {tools} and its like are filled in by crewai, wherever they stand.
_PLACEHOLDER: Final = re.compile(r"\{{1,3}\s?(\w{1,40})\s?\}{1,3}")


def visible(text: str) -> str:
    """What a person would see of it. Line breaks stay, for they end what stands before them."""
    text = unicodedata.normalize("NFKC", text).replace("\r\n", "\n").replace("\r", "\n")
    shown: list[str] = []
    marks = 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category == "Mn" else 0
        if category in _GONE or letter in _UNSEEN or marks > _MOST_MARKS:
            continue
        shown.append(" " if category in _BLANK and letter != "\n" else letter)
    return "".join(shown)


def inert(text: str) -> str:
    """Nothing in it opens or closes what a prompt is made of."""
    text = _RIGHT.sub("\u203a", _LEFT.sub("\u2039", text))
    text = _PLACEHOLDER.sub(r"(\1)", text)
    return _BRACKETED.sub(r"(\1)", _FENCE.sub(_fewer, text))


def _fewer(fence: re.Match[str]) -> str:
    return "'" if fence[0][0] == "`" else fence[0][0]
