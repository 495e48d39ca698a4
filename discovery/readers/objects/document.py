"""What a JSON file holds: one value, or one on each line (NDJSON)."""

import json
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any, Final

from discovery.readers.signature import json_encoding
from discovery.readers.table import Limits, Unreadable

MOST_DIGITS: Final = 300
"""Python takes quadratic time for the digits of a number, and refuses more than 4,300."""


def parsed(path: Path, limits: Limits) -> Any:
    """The value of the file, or the list of its values where it holds several."""
    if path.stat().st_size > limits.max_json_bytes:
        raise Unreadable(
            "too_large",
            f"The JSON file is larger than {limits.max_json_bytes // 2**20:,} MB (MAX_JSON_MB). "
            "JSON is parsed whole: export the inventory as CSV.",
        )
    try:
        values = _values(_text(path))
    except RecursionError as error:
        raise too_deep() from error
    except ValueError as error:
        raise Unreadable(
            "json",
            f"The file looks like JSON, but cannot be read as such: {error}. Export it again, or "
            "as CSV.",
        ) from error
    return values[0] if len(values) == 1 else values


def too_deep() -> Unreadable:
    """The verdict on values inside values inside values."""
    return Unreadable(
        "json", "A value is nested too deeply. Send values that are text, numbers or lists."
    )


def _text(path: Path) -> str:
    with path.open("rb") as file:
        encoding = json_encoding(file.read(4))
    return path.read_text(encoding=encoding)


def _values(text: str) -> list[Any]:
    """A list or an object may go over many lines; where the first line is one, each line is."""
    start = _next(text, 0)
    end = text.find("\n", start)
    if end < 0 or not _is_value(text[start:end]):
        return list(_one_after_the_other(text))
    return list(_by_line(text))


def _is_value(line: str) -> bool:
    try:
        _DECODER.decode(line)
    except ValueError:
        return False
    return True


def _by_line(text: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield _DECODER.decode(line)
            except ValueError as error:
                raise ValueError(f"line {number:,} of the file: {error}") from error


def _one_after_the_other(text: str) -> Iterator[Any]:
    """Values that are written over several lines each, as `jq` does."""
    place = _next(text, 0)
    while place < len(text):
        value, end = _DECODER.raw_decode(text, place)
        yield value
        place = _next(text, end)


def _next(text: str, place: int) -> int:
    blank = json.decoder.WHITESPACE.match(text, place)  # type: ignore[attr-defined]
    return int(blank.end())


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MOST_DIGITS else digits


def _fraction(digits: str) -> float | str:
    return value if isfinite(value := float(digits)) else digits


# Numbers beyond what a computer counts with stay the text that they are.
_DECODER: Final = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=str)
