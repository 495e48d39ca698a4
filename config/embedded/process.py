"""One child process: how it is started, watched and stopped."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]

from config.embedded.console import StartError, first_line

PR_SET_PDEATHSIG = 1  # linux/prctl.h
POLL_SECONDS = 0.02
ORPHAN_SECONDS = 30
TAIL_BYTES = 4096
COMPLAINT = re.compile(r"error|fatal|panic|denied|no space|can't|cannot", re.IGNORECASE)


@dataclass(frozen=True)
class Account:
    """The system user that a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What a child runs, and the signal that ends it in good order within `grace` seconds.

    With a `log` both outputs go there and the child leads a process group of its own, so that a
    Ctrl-C reaches the supervisor alone. Without one it shares the supervisor's terminal and group.
    """

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path | None = None
    folder: Path | None = None
    account: Account | None = None
    stdin: bytes = b""
    descriptors: Sequence[int] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10


@dataclass
class Child:
    """A program with its process: the present one, or the last."""

    program: Program
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_start: int = field(default=0, init=False)

    def start(self) -> None:
        """Raises OSError when the program cannot be executed."""
        program, account = self.program, self.program.account
        with _output(program.log) as output:
            self._log_start = output.tell() if output else 0
            self._process = subprocess.Popen(  # noqa: S603  # no shell reads these words
                [os.fspath(word) for word in program.command],
                env=program.environment,
                cwd=program.folder,
                stdin=_input(program),
                stdout=output,
                stderr=output,
                process_group=0 if program.log else None,
                pass_fds=program.descriptors,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=() if account else None,
                preexec_fn=_end_with_parent(program.stop_signal),  # noqa: PLW1509  # one thread
            )
        if self._process.stdin:
            with suppress(BrokenPipeError), self._process.stdin as stdin:
                stdin.write(program.stdin)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int:
        """As a shell would give it: 128 and the signal's number for a process that was killed."""
        return self._code if self._code >= 0 else 128 - self._code

    @property
    def ending(self) -> str:
        """How the process ended, to follow its name in a sentence."""
        if self._code < 0:
            return f"was ended by {signal.Signals(-self._code).name}"
        return f"ended with exit code {self._code}"

    @property
    def reason(self) -> str:
        """The line of this run's log that most likely says why it ended; "" when there is none."""
        lines = self.last_lines.splitlines()
        complaints = [line for line in lines if COMPLAINT.search(line)]
        return (complaints or lines or [""])[-1]

    @property
    def last_lines(self) -> str:
        """The end of what this run wrote to its log."""
        log = self.program.log
        if not (log and log.exists()):
            return ""
        with log.open("rb") as file:
            written = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start, written - TAIL_BYTES))
            return "\n".join(file.read().decode(errors="replace").strip().splitlines()[-10:])

    def run(self) -> int:
        """Starts it and waits for its end, in short sleeps so that a signal is served at once.

        Returns `exit_code`; does not leave it running when a signal ends the wait.
        """
        try:
            self.start()
            while self.running:
                time.sleep(POLL_SECONDS)
        finally:
            self.stop()
        return self.exit_code

    def stop(self) -> None:
        stop_together([self])

    def ask_to_stop(self) -> float:
        """Returns the moment at which its grace is over."""
        if self._process and self.running:
            self._process.send_signal(self.program.stop_signal)
        return time.monotonic() + self.program.grace

    def finish(self, deadline: float) -> None:
        """Waits for its end until the deadline, then kills it; what it left behind in any case."""
        while self.running and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self.kill_rest()

    def kill_rest(self) -> None:
        """Kills what is still there of the child and of its process group."""
        if self._process is None:
            return
        self._process.kill()
        if self.program.log:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def _code(self) -> int:
        return self._process.returncode if self._process else 0


def stop_together(children: Sequence[Child]) -> None:
    """Stops each in good order within its grace, else outright; the graces run side by side."""
    deadlines = [child.ask_to_stop() for child in children]
    for child, deadline in zip(children, deadlines, strict=True):
        child.finish(deadline)


def wait_for(
    name: str,
    attempt: Callable[[], object],
    errors: tuple[type[Exception], ...],
    *,
    seconds: float,
    child: Child | None = None,
) -> None:
    """Repeats the attempt until none of `errors` is raised.

    Raises StartError after `seconds`, or at once when the `child` that should answer has ended.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            attempt()
        except errors as error:
            if child and not child.running:
                raise StartError(f"{name} {child.ending}: {child.reason}") from None
            if time.monotonic() > deadline:
                said = first_line(error)
                raise StartError(f"{name} did not answer within {seconds:g} s: {said}") from None
            time.sleep(POLL_SECONDS)
        else:
            return


def end_orphan(pid_file: Path, folder: Path, stop_signal: signal.Signals) -> None:
    """Stops the server that a killed supervisor left running in `folder`, if there is one.

    A pid file outlives its process and pids are given again: only a process whose working folder
    is the server's own is ours to stop.
    """
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().split("\n")[0]))
        if Path(process.cwd()) == folder:
            process.send_signal(stop_signal)
            deadline = time.monotonic() + ORPHAN_SECONDS
            # A zombie is as good as gone: in a container there may be nobody to bury it.
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)


def _output(log: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    return log.open("ab") if log else nullcontext()


def _input(program: Program) -> int | None:
    if program.stdin:
        return subprocess.PIPE
    return subprocess.DEVNULL if program.log else None


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child runs between fork and exec, so that it does not outlive this process.

    Linux only. The kernel clears the wish when the user changes, so it must come after that, as
    it does in `preexec_fn`; and it acts when the *thread* that forked ends, so children are
    started from the main thread.
    """
    if sys.platform != "linux":
        return None
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def wish() -> None:
        libc.prctl(PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != parent:  # it died before the wish was made
            os._exit(1)

    return wish
