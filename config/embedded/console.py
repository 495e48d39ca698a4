"""What the person who started the stack gets to read."""

import sys
from contextlib import suppress


class StartError(Exception):
    """The stack cannot run, or not any longer; the message is a sentence that says why."""


def say(line: str) -> None:
    """A terminal that was closed must not keep the servers from being stopped."""
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def complain(text: str) -> None:
    """Says it on standard error."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def first_line(error: Exception) -> str:
    """The sentence of a database driver's error, without its hints."""
    return str(error).partition("\n")[0]
