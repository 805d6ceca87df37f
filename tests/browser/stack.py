"""The whole product as real processes, started as a person would and stopped as by Ctrl-C."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.loading import demo_password
from embedded.fonts import build_fonts
from embedded.launch import BASE_DIR
from embedded.ports import free_port
from tests.browser.mailbox import Mailbox

_START_SECONDS = 240.0
_STOP_SECONDS = 60.0
_SMALL = {"DEMO_CUSTOMERS": "60", "DEMO_CALLS": "800"}
_VARIABLE = re.compile(r"^#?([A-Z][A-Z_]+)=", re.MULTILINE)
_FONTS = Path(".pytest_cache", "d")


@dataclass(frozen=True)
class Stack:
    """The running product: where it answers, what it wrote, how to sign in."""

    url: str
    var_dir: Path
    mailbox: Mailbox

    @property
    def password(self) -> str:
        """The password of all demonstration staff."""
        return demo_password(self.var_dir)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py beside the running product, told VAR_DIR alone."""
        return subprocess.run(
            [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
            cwd=BASE_DIR,
            env=bare_environment() | {"VAR_DIR": str(self.var_dir)},
            capture_output=True,
            text=True,
            check=False,
        )


def bare_environment() -> dict[str, str]:
    """Our environment without anything that the product would read: no server of the tests."""
    ours = set(_VARIABLE.findall((BASE_DIR / ".env.example").read_text(encoding="utf-8")))
    ours |= {"DJANGO_SETTINGS_MODULE", "TEST_SERVERS_OF"}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("PYTEST_", "SOURCE_"))
    }


@contextmanager
def running_stack(home: Path) -> Iterator[Stack]:
    """Start the product in a folder below `home`; stop it and see that it went as it should."""
    var_dir = home / "var"
    var_dir.mkdir(mode=0o711)
    build_fonts(_FONTS)  # drawn once for all tests, for they take a few seconds
    shutil.copytree(_FONTS / "fonts", var_dir / "fonts")
    port, log = free_port(), home / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "embedded", "run"],
            cwd=BASE_DIR,
            env=bare_environment()
            | _SMALL
            | {"VAR_DIR": str(var_dir), "PORT": str(port), "DEMO": "true"}
            | {"TRUSTED_PROXIES": "1"},  # each test's browser says whose address it stands for
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_greeting(process, log)
        yield Stack(f"http://127.0.0.1:{port}", var_dir, Mailbox(var_dir / "mailbox"))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            status = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        _remove_data(var_dir)
    said = log.read_text()
    assert status == 0, said
    assert said.endswith("Stopped. The data is kept.\n"), said
    assert " ERROR " not in said, said
    assert processes_of(var_dir) == []


def _remove_data(var_dir: Path) -> None:
    """Also where it lies outside the folder: for root, pytest's folders are closed to servers."""
    subprocess.run(
        [sys.executable, "-m", "embedded", "reset"],
        cwd=BASE_DIR,
        env=bare_environment() | {"VAR_DIR": str(var_dir), "DEMO": "true"},
        check=True,
        capture_output=True,
    )


def processes_of(var_dir: Path) -> list[str]:
    """The processes with that folder in their command line or their environment (on Linux)."""
    wanted, found = str(var_dir).encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
        except OSError:  # gone in the meantime
            continue
        if wanted in command or wanted in environment:
            found.append(f"{folder.name}: {command.replace(bytes(1), b' ').decode()}")
    return found


def _await_greeting(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while "Ready after" not in (said := log.read_text()):
        assert process.poll() is None, f"The product did not start:\n{said}"
        assert time.monotonic() < deadline, f"The product is not ready:\n{said}"
        time.sleep(0.1)
