"""What agents write, as plain text: clients escape it, and nothing in it acts."""


def plain(text: str, most: int) -> str:
    """On one line, without what cannot be shown (control characters, half surrogate pairs, signs
    that turn the direction of writing), and not longer than `most`.
    """
    return "".join(filter(str.isprintable, " ".join(text.split())))[:most].strip()
