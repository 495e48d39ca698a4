"""The folder that holds everything the embedded stack keeps: DATA_DIR."""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.embedded.console import StartError, say
from config.embedded.process import Account

OWNER = "OWNER_DATABASE_URL"


class DataFolder:
    """Names and makes what stands in DATA_DIR; secrets are readable by their owner alone."""

    def __init__(self, path: Path) -> None:
        """Raises StartError when the folder cannot be made or written to."""
        self.path = path.resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "log").mkdir(mode=0o700, exist_ok=True)
            (self.path / "embedded.lock").touch()
        except OSError as error:
            raise StartError(
                f"The data folder {self.path} is not writable ({error.strerror}): "
                "name another one with DATA_DIR."
            ) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One supervisor at a time; the kernel frees the lock however that one ends."""
        with (self.path / "embedded.lock").open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StartError(
                    f"The data folder {self.path} is in use by process {lock.read().strip()}: "
                    "stop that one, or name another folder with DATA_DIR."
                ) from None
            lock.truncate()
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def log(self, name: str) -> Path:
        return self.path / "log" / f"{name}.log"

    def secret(self, name: str) -> Path:
        """The file that holds a secret, made at the first call and kept for ever."""
        path = self.path / name
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(48))
        return path

    @contextmanager
    def published(self, environment: Mapping[str, str]) -> Iterator[None]:
        """Lets `manage.py` in a second terminal find the servers: settings.py reads these files.

        The owner's address stands by itself, for `migrate` alone.
        """
        files = {"embedded.env": {**environment}, "owner.env": {}}
        files["owner.env"][OWNER] = files["embedded.env"].pop(OWNER)
        for file, variables in files.items():
            lines = (f"{name}='{value}'\n" for name, value in variables.items())
            _write_private(self.path / file, "".join(lines))
        try:
            yield
        finally:
            for file in files:
                (self.path / file).unlink(missing_ok=True)


def open_way(target: Path, account: Account) -> None:
    """Lets the account pass through the folders above `target`; it still cannot list them."""
    closed = [folder for folder in target.parents if not _lets_pass(folder, account)]
    for folder in closed:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)
    if closed:
        names = ", ".join(str(folder) for folder in closed)
        say(
            f"PostgreSQL runs as user {account.name}, who may now pass through {names} (chmod o+x)."
        )


def _lets_pass(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and at no time readable by another user."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(text)
    draft.replace(path)
