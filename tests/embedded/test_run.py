"""`python -m embedded run`, as a person starts it: real processes, real signals."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from embedded.launch import BASE_DIR
from embedded.ports import free_port
from embedded.state import read_state

#: What the test run itself has set; empty counts as not set, and wins over a .env.
_UNSET = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "LOOKUP_HASH_KEY")
_READY_SECONDS = 120
_STOP_SECONDS = 60


class Run:
    """One `python -m embedded COMMAND`; everything it says is in `said`."""

    def __init__(self, command: str, var_dir: Path, environment: dict[str, str]) -> None:
        self.log = var_dir.parent / f"{var_dir.name}-{free_port()}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "embedded", command],
                cwd=BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def end(self) -> int:
        return self.process.wait(_STOP_SECONDS)

    def until_ready(self) -> "Run":
        deadline = time.monotonic() + _READY_SECONDS
        while "Ready after" not in self.said or "demo/mailbox" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)
        return self


Start = Callable[..., Run]


@pytest.fixture
def start(var_dir: Path) -> Iterator[Start]:
    """Start a command on one VAR_DIR and one port; what still runs in the end is told to stop."""
    port = free_port()
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "DJANGO_", "TEST_"))
    }
    clean |= dict.fromkeys(_UNSET, "") | {"FIELD_ENCRYPTION_KEYS": "", "DEMO": "true"}
    clean |= {"DEMO_CUSTOMERS": "60", "DEMO_CALLS": "800"}
    inside = var_dir / "var"
    with ExitStack() as started:

        def begin(command: str = "run", **more: str) -> Run:
            environment = clean | {"VAR_DIR": str(inside), "PORT": str(port)} | more
            return started.enter_context(_ended(Run(command, inside, environment)))

        yield begin


@contextmanager
def _ended(run: Run) -> Iterator[Run]:
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.terminate()
            run.end()


def processes_of(folder: Path) -> list[str]:
    """Command lines and working environments that name the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in told:
            found.append(told.split(b"\0\0")[0].decode(errors="replace")[:200])
    return found


def children_of(run: Run) -> dict[str, int]:
    """Process ids of the services, by the word that tells them apart."""
    listed = subprocess.check_output(
        ["ps", "-ww", "--ppid", str(run.process.pid), "-o", "pid=,args="], text=True
    )
    words = {
        "web": "-m granian ",
        "worker": "apifonica_privacy worker ",
        "beat": "apifonica_privacy beat ",
        "mailbox": "-m embedded.mailbox ",
        "postgres": "/bin/postgres ",
        "valkey": "/valkey-server ",
    }
    return {
        name: int(line.split()[0])
        for line in listed.splitlines()
        for name, word in words.items()
        if word in line
    }


@pytest.mark.stack
def test_life_of_an_installation(start: Start, var_dir: Path) -> None:
    """From the first start to the last, in one test because the first start is the dear one."""
    inside = var_dir / "var"
    inside.mkdir(mode=0o711)
    shutil.copytree(Path(settings.VAR_DIR) / "fonts", inside / "fonts")  # drawn once for the run

    first = start().until_ready()
    _look_at_a_running_one(first, start, inside)
    os.kill(children_of(first)["web"], signal.SIGKILL)
    assert first.end() == 1
    assert "The web was killed (SIGKILL), so everything was stopped." in first.said
    assert processes_of(var_dir) == []
    assert read_state(inside) == {}

    second = start().until_ready()
    assert "Demonstration company" not in second.said
    assert password_in(second.said) == password_in(first.said)
    os.kill(second.process.pid, signal.SIGKILL)
    second.end()
    _await_silence(var_dir)

    third = start().until_ready()
    third.process.send_signal(signal.SIGTERM)
    assert third.end() == 0
    assert third.said.rstrip().endswith("Stopped. The data is kept.")
    assert "Traceback" not in third.said
    assert processes_of(var_dir) == []

    (inside / "mine.txt").write_text("not made by the start")
    assert start("reset").end() == 0
    assert [path.name for path in inside.iterdir()] == ["mine.txt"]


def _look_at_a_running_one(run: Run, start: Start, inside: Path) -> None:
    for line in ("Portal, Polish:", "Portal, Latvian:", "Desk for staff:", "Password of all:"):
        assert line in run.said
    page = f"{run.said.split('Portal, Polish:')[1].split()[0]}"
    with urllib.request.urlopen(page, timeout=20) as answer:  # noqa: S310 (our own address)
        assert answer.status == 200
    assert (inside / "embedded.json").stat().st_mode & 0o777 == 0o600
    assert sorted(children_of(run)) == sorted(
        ["beat", "mailbox", "postgres", "valkey", "web", "worker"]
    )

    again = start("run", PORT=str(free_port()))
    assert again.end() == 1
    assert (
        f"Apifonica Privacy already runs in {inside} (process {run.process.pid}). "
        "Stop that one with Ctrl-C, or give this one another folder and port: "
        "VAR_DIR=... PORT=... make run"
    ) in again.said
    reset = start("reset")
    assert reset.end() == 1
    assert f"It still runs in {inside}. Stop it with Ctrl-C first." in reset.said


def _await_silence(folder: Path) -> None:
    """Orphans of a killed starter end by themselves, some of them after what they are at."""
    deadline = time.monotonic() + _STOP_SECONDS
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(folder) == []


def password_in(said: str) -> str:
    return said.split("Password of all: ")[1].split(maxsplit=1)[0]


@pytest.mark.parametrize("name", ["PORT", "POSTGRES_PORT", "REDIS_PORT", "SMTP_PORT"])
def test_start_with_a_port_that_is_taken_leaves_nothing_running(
    name: str, start: Start, var_dir: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        run = start("run", **{name: str(port)})
        assert run.end() == 1

    assert f"Port {port} on 127.0.0.1 is taken by another program." in run.said
    assert f"choose another port: {name}=" in run.said
    assert "Traceback" not in run.said
    assert processes_of(var_dir) == []


def test_start_on_a_half_written_data_directory_says_what_to_do(
    start: Start, var_dir: Path
) -> None:
    data = var_dir / "var" / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")

    run = start()

    assert run.end() == 1
    assert f"The database folder {data.parent} was not finished" in run.said
    assert "make reset-demo" in run.said
    assert "Traceback" not in run.said
    assert (data / "PG_VERSION").exists()


def test_stop_in_the_middle_of_the_start_leaves_nothing(start: Start, var_dir: Path) -> None:
    run = start()
    deadline = time.monotonic() + _READY_SECONDS
    while "Redis-compatible" not in run.said and time.monotonic() < deadline:
        time.sleep(0.02)

    run.process.send_signal(signal.SIGINT)

    assert run.end() == 0
    assert run.said.rstrip().endswith("Stopped. The data is kept.")
    assert "Traceback" not in run.said
    assert processes_of(var_dir) == []


def test_reset_where_nothing_is_says_so(start: Start, var_dir: Path) -> None:
    run = start("reset")

    assert run.end() == 0
    assert run.said == f"There is nothing in {var_dir / 'var'}.\n"


@pytest.mark.parametrize("command", ["", "jump"])
def test_unknown_command_is_answered_with_the_known_ones(command: str, start: Start) -> None:
    run = start(command)

    assert run.end() == 2
    assert run.said == "Usage: python -m embedded run|reset\n"
