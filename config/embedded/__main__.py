"""The supervisor's command line: `python -m config.embedded --help`."""

import argparse
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from config.embedded import stack
from config.embedded.console import StartError, complain, say
from config.embedded.folder import DataFolder
from config.embedded.process import Child, Program
from config.embedded.servers import Addresses, servers
from config.embedded.supervisor import Watch, tick_all

INTERRUPTED = 130  # what a shell gives a command that Ctrl-C ended
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(words: Sequence[str] | None = None) -> int:
    """Returns the exit code: the command's, else 0 when it was stopped and 1 when it failed."""
    options = _parser().parse_args(words)
    _raise_on(STOP_SIGNALS)
    try:
        with ExitStack() as opened:
            try:
                return _run(options, opened)
            finally:
                for number in STOP_SIGNALS:  # stopping takes its time; nothing may cut it short
                    signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        return INTERRUPTED if options.command else 0
    except StartError as error:
        complain(str(error))
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        complain(f"The stack cannot run: {error.strerror}{place}.")
    return 1


def _run(options: argparse.Namespace, opened: ExitStack) -> int:
    """Leaves in `opened` what is to be closed, in the order in which it came up."""
    listener = opened.enter_context(_listen(options.port))
    port = listener.getsockname()[1]
    folder = DataFolder(_data_dir(options, opened))
    opened.enter_context(folder.locked())
    given = Addresses(
        *(os.environ.get(f"{name}_URL", "") for name in ("DATABASE", "REDIS", "OWNER_DATABASE"))
    )
    durable = not options.temporary
    addresses, started = opened.enter_context(servers(folder, given, durable=durable))
    opened.enter_context(folder.published(addresses.environment()))
    stack.keep_secret_key(folder)
    url = f"http://127.0.0.1:{port}"
    variables = stack.environment(folder, addresses.environment(), url)
    stack.migrate(folder, variables)
    say("Starting web, worker and beat")
    application = stack.processes(folder, variables, listener)
    watches = [Watch(child) for child in started]
    heard = [Watch(child, audible=True) for child in application]
    opened.callback(stack.stop, heard)
    for child in application:
        child.start()
    stack.wait_until_healthy(port, watches + heard)
    say(f"Ready: {url}")
    if options.command:
        return _run_command(options.command, variables, watches + heard, opened)
    while True:
        tick_all(watches + heard)


def _run_command(
    command: list[str], variables: dict[str, str], watches: list[Watch], opened: ExitStack
) -> int:
    child = Child(Program(name=command[0], command=command, environment=variables))
    opened.callback(child.stop)
    child.start()
    while child.running:
        tick_all(watches)
    return child.exit_code


def _data_dir(options: argparse.Namespace, opened: ExitStack) -> Path:
    if not options.temporary:
        return Path(options.data_dir)
    temporary = tempfile.TemporaryDirectory(prefix="inventory-", ignore_cleanup_errors=True)
    folder = Path(opened.enter_context(temporary))
    folder.chmod(0o711)  # PostgreSQL may have to pass through as another user
    return folder


def _listen(port: int) -> socket.socket:
    """Claims the port before anything is started, and for as long as the stack lives."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=1024)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise StartError(f"Port {port} cannot be used ({reason}): set PORT to another.") from None


def _raise_on(signals: Sequence[signal.Signals]) -> None:
    """Each ends the program as Ctrl-C does; a hangup only where `nohup` did not say otherwise."""
    for number in signals:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded",
        description="Run the application with PostgreSQL and Redis on this machine. Servers that "
        "DATABASE_URL and REDIS_URL name are used as they are.",
    )
    parser.add_argument("--port", type=int, default=8000, help="0: any free port (8000)")
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--data-dir",
        default=os.environ.get("DATA_DIR", "var"),
        help="what the stack keeps stands here ($DATA_DIR, else var)",
    )
    place.add_argument(
        "--temporary", action="store_true", help="use a new folder and delete it at the end"
    )
    parser.add_argument(
        "command",
        nargs="*",
        help="after --: run this with DATABASE_URL, REDIS_URL and BASE_URL set, then stop "
        "everything and exit as it did",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
