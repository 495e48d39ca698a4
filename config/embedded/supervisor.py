"""Starts children again that end, and passes on what they have to say."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from config.embedded.console import StartError, complain, say
from config.embedded.process import Child

DEATHS_TOO_MANY = 5
WINDOW_SECONDS = 60
TICK_SECONDS = 0.1


@dataclass
class Watch:
    """One child under supervision; what an `audible` one writes is shown on the terminal."""

    child: Child
    audible: bool = False
    _deaths: list[float] = field(default_factory=list, init=False)
    _due: float | None = field(default=None, init=False)
    _shown: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        log = self.child.program.log
        self._shown = log.stat().st_size if log and log.exists() else 0

    def tick(self) -> None:
        """Raises StartError when starting the child again does not help."""
        self.pass_on()
        if self.child.running:
            return
        if self._due is None:
            self._due = time.monotonic() + self._count_death()
        elif time.monotonic() >= self._due:
            self._due = None
            self.child.start()

    def pass_on(self) -> None:
        """Shows the whole lines that the child wrote since the last call."""
        log = self.child.program.log
        if not (self.audible and log and log.exists()):
            return
        with log.open("rb") as file:
            file.seek(self._shown)
            text, newline, _ = file.read().rpartition(b"\n")
        if newline:
            self._shown += len(text) + 1
            for line in text.decode(errors="replace").splitlines():
                complain(f"{self.child.program.name} | {line}")

    def _count_death(self) -> int:
        """Returns how many seconds to wait: none the first time, then 1, 3 and 7."""
        self.child.kill_rest()
        name, now = self.child.program.name, time.monotonic()
        self._deaths = [death for death in self._deaths if now - death < WINDOW_SECONDS] + [now]
        if len(self._deaths) >= DEATHS_TOO_MANY:
            said = self.child.last_lines or "It said nothing."
            raise StartError(
                f"{name} ended {DEATHS_TOO_MANY} times within a minute, this time it "
                f"{self.child.ending}.\n{said}"
            )
        delay = (1 << (len(self._deaths) - 1)) - 1
        say(f"{name} {self.child.ending}; starting it again{f' in {delay} s' if delay else ''}.")
        return delay


def tick_all(watches: Sequence[Watch]) -> None:
    """One round, with a short sleep before it."""
    time.sleep(TICK_SECONDS)
    for watch in watches:
        watch.tick()
