"""One start as a new user has it: a fresh clone, `make run`, two pages, Ctrl-C, nothing left.

Then a second start on the same data. Times are printed, not judged: machines differ.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
FIRST_START_SECONDS = 300.0
STOP_SECONDS = 40.0
PAGES = ("/en/", "/pl/", "/et/", "/lv/", "/staff/sign-in/", "/demo/mailbox/")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="apifonica-smoke-") as folder:
        clone = Path(folder) / "privacy"
        subprocess.run(["git", "clone", "-q", str(HERE), str(clone)], check=True)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COV_", "COVERAGE_", "PYTEST_", "DJANGO_"))
        } | {"PORT": str(_free_port()), "DEMO": "true"}
        try:
            first = _start_look_stop(clone, environment, within=FIRST_START_SECONDS)
            print(f"Fresh clone to first page: {first:.1f} s")
            second = _start_look_stop(clone, environment, within=60)
            print(f"Second start: {second:.1f} s")
        finally:
            # Where the clone is closed to the servers' account, its data lies elsewhere.
            subprocess.run(["make", "-s", "reset-demo"], cwd=clone, env=environment, check=True)
    print("Started, answered, stopped; no process left.")


def _start_look_stop(clone: Path, environment: dict[str, str], *, within: float) -> float:
    """Seconds from `make run` to the first page."""
    started = time.monotonic()
    with _running(clone, environment) as (process, log):
        address = f"http://127.0.0.1:{environment['PORT']}"
        while not _shows(f"{address}/en/"):
            if process.poll() is not None or time.monotonic() - started > within:
                sys.exit(f"No page after {time.monotonic() - started:.0f} s:\n{log.read_text()}")
            time.sleep(0.1)
        taken = time.monotonic() - started
        for page in PAGES:
            if not _shows(address + page):
                sys.exit(f"{page} does not answer 200:\n{log.read_text()}")
        _await_greeting(log)
    if left := list(_processes_of(clone)):
        sys.exit("Still running after Ctrl-C:\n" + "\n".join(left))
    return taken


@contextmanager
def _running(
    clone: Path, environment: dict[str, str]
) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    log = clone.parent / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "-s", "run"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process, log
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
            process.wait(STOP_SECONDS)
    said = log.read_text()
    if "Stopped. The data is kept." not in said or "Traceback" in said:
        sys.exit(f"It did not stop cleanly:\n{said}")


def _await_greeting(log: Path) -> None:
    deadline = time.monotonic() + 30
    while not re.search(r"Ready after [0-9.]+ s", log.read_text()):
        if time.monotonic() > deadline:
            sys.exit(f"It never said that it is ready:\n{log.read_text()}")
        time.sleep(0.1)


def _shows(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 (our own address)
            return bool(answer.status == 200)  # noqa: PLR2004
    except OSError:
        return False


def _processes_of(clone: Path) -> Iterator[str]:
    """Processes whose command line or folder names the clone."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = str((folder / "cwd").readlink())
        except OSError:  # gone in the meantime
            continue
        if str(clone) in command or where.startswith(str(clone)):
            yield f"{folder.name}: {command}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":
    main()
