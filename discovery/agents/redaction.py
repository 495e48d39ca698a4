"""What is taken out of a text before it leaves the house."""

from collections.abc import Iterable


def redacted(text: str, most: int = 80) -> str:
    """The text without what is nobody else's business, in at most so many characters."""
    return "".join(each if each.isprintable() else " " for each in text)[:most]


def samples(header: str, values: Iterable[str], count: int = 3) -> list[str]:
    """Some of the values of a column that is called `header`."""
    return [redacted(value) for value, _ in zip(values, range(count), strict=False)]
