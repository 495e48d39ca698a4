"""The embedded stack, with its real processes."""

import http.client
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from redis import Redis

from config.embedded import supervisor
from config.embedded.console import StartError
from config.embedded.folder import DataFolder, open_way
from config.embedded.process import Account, Child, Program, end_orphan
from config.embedded.servers import Addresses, servers

PROJECT = Path(__file__).parents[1]
OURS = {"DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATA_DIR"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in OURS}


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited in vain for {what}")
        time.sleep(0.05)


def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command of the project, to its end."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=PROJECT,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        check=False,
    )


class Stack:
    """A supervisor in a process of its own, once it has said that it reached a stage."""

    def __init__(self, folder: Path, stage: str = "Ready:") -> None:
        self.folder = folder
        self._output = folder.with_name(f"{folder.name}.out")
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.embedded", "--port=0", f"--data-dir={folder}"],
                cwd=PROJECT,
                env=ENVIRONMENT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(lambda: stage in self.said or self.process.poll() is not None, stage)
        assert self.process.poll() is None, self.said

    @property
    def said(self) -> str:
        return self._output.read_text()

    @property
    def port(self) -> int:
        return int(self.said.partition("Ready: http://127.0.0.1:")[2].split()[0])

    def address(self, name: str) -> str:
        files = [self.folder / "embedded.env", self.folder / "owner.env"]
        lines = [line for file in files for line in file.read_text().splitlines()]
        return dict(line.split("=", 1) for line in lines)[name].strip("'")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if word in " ".join(child.cmdline()))

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/api/v1/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack") / "data")
    yield stack
    stack.end(signal.SIGTERM)


def test_manage_py_in_a_second_terminal_reaches_the_same_database(stack: Stack) -> None:
    done = run("manage.py", "migrate", "--check", DATA_DIR=str(stack.folder))
    assert done.returncode == 0, done.stderr


def test_the_addresses_and_the_secret_key_are_the_owner_s_alone(stack: Stack) -> None:
    for name in ("embedded.env", "secret_key", "postgres_password"):
        assert stat.S_IMODE((stack.folder / name).stat().st_mode) == 0o600


def test_a_second_supervisor_on_the_same_folder_is_refused(stack: Stack) -> None:
    done = run("-m", "config.embedded", "--port=0", f"--data-dir={stack.folder}")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"in use by process {stack.process.pid}" in done.stderr


def test_a_port_in_use_is_refused_before_anything_is_made(stack: Stack, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    done = run("-m", "config.embedded", f"--port={stack.port}", f"--data-dir={folder}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {stack.port} cannot be used (Address already in use)")
    assert not folder.exists()


def test_what_dies_is_started_again_at_the_same_address_with_its_data(stack: Stack) -> None:
    database_url, redis_url = stack.address("OWNER_DATABASE_URL"), stack.address("REDIS_URL")
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS figure")
    with Redis.from_url(redis_url) as client:
        client.set("kept", "7")
    words = ("redis-server", "bin/postgres", "gunicorn", "beat", "--pool=prefork")
    for child in [stack.child(word) for word in words]:
        child.kill()

    for name in ("Redis", "PostgreSQL", "web", "beat", "worker"):
        until(lambda name=name: f"{name} was ended by SIGKILL" in stack.said, f"{name}'s death")
    until(stack.healthy, "health again")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT figure FROM kept").fetchone() == (7,)
    with Redis.from_url(redis_url, decode_responses=True) as client:
        assert client.get("kept") == "7"
    assert stack.said.count("Ready:") == 1


def test_a_killed_supervisor_leaves_nothing_that_a_new_one_stumbles_over(tmp_path: Path) -> None:
    first = Stack(tmp_path / "data", stage="Starting web")
    with psycopg.connect(first.address("OWNER_DATABASE_URL")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS figure")
    first.end(signal.SIGKILL)

    second = Stack(tmp_path / "data")
    with psycopg.connect(second.address("OWNER_DATABASE_URL")) as connection:
        assert connection.execute("SELECT figure FROM kept").fetchone() == (7,)
    family = second.family()
    assert second.end(signal.SIGINT) == 0
    assert not [process for process in family if process.is_running()]
    assert not (tmp_path / "data" / "embedded.env").exists()


def test_a_command_runs_beside_a_throw_away_stack_and_gives_its_exit_code() -> None:
    command = "import os; print(os.environ['DATA_DIR']); raise SystemExit(7)"
    done = run(
        *("-m", "config.embedded", "--temporary", "--port=0", "--", sys.executable, "-c", command)
    )
    assert done.returncode == 7, done.stderr
    folder = Path(done.stdout.splitlines()[-1])
    assert folder.is_absolute()
    assert not folder.exists()


def test_a_folder_that_is_not_writable_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("-m", "config.embedded", "--port=0", f"--data-dir={tmp_path}/file/data")
    assert done.returncode == 1
    assert done.stderr == (
        f"The data folder {tmp_path}/file/data is not writable (Not a directory): "
        "name another one with DATA_DIR.\n"
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (Addresses("postgres://a:secret@127.0.0.1:1/b", ""), "DATABASE_URL did not answer within"),
        (Addresses("mysql://a:secret@127.0.0.1:1/b", ""), "must begin with postgres://"),
        (Addresses("postgres://a:secret@127.0.0.1:x/b", ""), "DATABASE_URL cannot be read"),
        (Addresses("", "redis://:secret@127.0.0.1:1"), "REDIS_URL did not answer within"),
        (Addresses("", "http://:secret@127.0.0.1:1"), "REDIS_URL cannot be read"),
    ],
)
def test_a_server_that_was_named_must_answer(
    given: Addresses, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.embedded.servers.ANSWER_SECONDS", 0.2)
    with (
        pytest.raises(StartError, match=sentence) as raised,
        servers(DataFolder(tmp_path), given, durable=False),
    ):
        pass
    assert "secret" not in str(raised.value)


def test_a_child_that_never_stays_alive_is_given_up_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "DEATHS_TOO_MANY", 2)
    command = ["/bin/sh", "-c", "echo the disk is full; exit 3"]
    watch = supervisor.Watch(Child(Program("beat", command, {}, log=tmp_path / "beat.log")))
    watch.child.start()
    with pytest.raises(StartError) as raised:
        until(lambda: supervisor.tick_all([watch]), "the end")
    assert str(raised.value) == (
        "beat ended 2 times within a minute, this time it ended with exit code 3.\nthe disk is full"
    )


def test_only_a_server_of_the_folder_itself_is_taken_for_an_orphan(tmp_path: Path) -> None:
    home, pid_file = tmp_path / "home", tmp_path / "server.pid"
    home.mkdir()
    with subprocess.Popen(["/bin/sleep", "60"], cwd=home) as process:
        pid_file.write_text(f"{process.pid}\n{home}\n")
        end_orphan(pid_file, tmp_path, signal.SIGTERM)
        assert process.poll() is None
        end_orphan(pid_file, home, signal.SIGTERM)
        assert process.wait() == -signal.SIGTERM


def test_the_way_to_the_data_is_opened_for_passing_and_not_for_reading(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    open_way(closed / "data", Account("somebody", uid=54321, gid=54321))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
