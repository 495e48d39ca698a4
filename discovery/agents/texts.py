"""What agents write, as plain text: clients escape it, and nothing in it acts."""

from discovery.agents.inert import visible


def plain(text: str, most: int) -> str:
    """On one line, without what cannot be shown, and not longer than `most`."""
    return " ".join(visible(text).split())[:most].strip()
