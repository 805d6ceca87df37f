"""Programs that live no longer than the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from embedded.account import Account

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

#: 0.05 s between two looks at a server that is starting.
_PAUSE_SECONDS = 0.05


class DidNotStart(Exception):
    """A server ended, or did not answer, while it was starting."""


def _die_with_parent(parent: int, sign: signal.Signals) -> Callable[[], None]:
    """What the child does before it becomes the program: ask for `sign` when `parent` dies.

    The kernel looks at the thread that started the child, so start children from the main thread.
    """

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
            if os.getppid() != parent:  # it died before we could ask
                os._exit(1)

    return ask


def start_child(
    command: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    account: Account | None = None,
    end_signal: signal.Signals = signal.SIGTERM,
    given: IO[bytes] | int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start `command` in a session of its own, so that Ctrl-C reaches the starter alone.

    `account` is whose rights it has, `end_signal` what it gets should its starter be killed.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=given,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=None if environment is None else dict(environment),
        start_new_session=True,
        preexec_fn=_die_with_parent(os.getpid(), end_signal),  # noqa: PLW1509 (main thread only)
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def wait_until(
    ready: Callable[[], bool], process: "subprocess.Popen[bytes]", *, seconds: float
) -> None:
    """Return once `ready()`; raise DidNotStart if the process ends before or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise DidNotStart(f"it ended with status {process.returncode}")
        if time.monotonic() > deadline:
            raise DidNotStart(f"it did not answer within {seconds:.0f} s")
        time.sleep(_PAUSE_SECONDS)


def end_child(
    process: "subprocess.Popen[bytes]", sign: signal.Signals, *, seconds: float = 20
) -> None:
    """Ask the process to end, by its own id, and make it end if it has not after `seconds`."""
    if process.poll() is None:
        process.send_signal(sign)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all that it started: each child leads a process group of its own."""
    end_child(process, signal.SIGTERM)
    _kill_group(process.pid)


def end_strays() -> None:
    """End children that nobody knows of: a signal came between their start and the note of it."""
    for listed in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, listed.read_text().split()):
            _kill_group(pid)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def last_lines(path: Path, *, count: int = 8) -> str:
    """The end of a log, for the person who has to find out why."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-count:])
