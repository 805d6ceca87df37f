"""Runs programs side by side, passes on what they say, and ends them together."""

import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import IO

from embedded.children import end_group, last_lines, start_child
from embedded.terminal import say

_KEPT_LINES = 15
#: How long a program may take to end what it is at, before it is killed.
GRACE_SECONDS = 20.0
_TICK_SECONDS = 0.2


class ServiceDied(Exception):
    """A program ended although nobody asked it to; the message says which, and its last words."""


@dataclass
class Service:
    """A program under a short name; `tail` are its last lines."""

    name: str
    command: Sequence[str | Path]
    process: "subprocess.Popen[bytes] | None" = None
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))


class Supervisor:
    """Starts services, watches them and stops them. Everything happens in the calling thread."""

    def __init__(self, *, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self._services: list[Service] = []
        self._watched: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}
        self._selector = selectors.DefaultSelector()

    def start(self, service: Service) -> None:
        service.process = start_child(
            service.command,
            output=subprocess.PIPE,
            folder=self._folder,
            environment=self._environment,
        )
        assert service.process.stdout is not None  # noqa: S101 (a pipe was asked for)
        os.set_blocking(service.process.stdout.fileno(), False)
        self._selector.register(service.process.stdout, selectors.EVENT_READ, service)
        self._services.append(service)

    def watch(self, name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        """Also raise when this program, which somebody else starts and stops, ends."""
        self._watched[name] = process, log

    def run_for(self, seconds: float) -> None:
        """Pass on output for that long; ServiceDied as soon as one of the programs has ended."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._pass_on(min(left, _TICK_SECONDS))
            self._look()

    def stop(self) -> None:
        """Ask all services to end, pass on their last words, kill what does not end in time."""
        if not self._services:
            return
        for service in self._services:
            _signal(service, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while self._alive() and time.monotonic() < deadline:
            self._pass_on(_TICK_SECONDS)
        for service in self._services:
            if service.process is not None and service.process.poll() is None:
                say(f"{service.name} did not end within {GRACE_SECONDS:.0f} s and was killed.")
                service.process.kill()
            if service.process is not None:
                end_group(service.process)
        self._pass_on(0)
        self._selector.close()
        self._services.clear()

    def _alive(self) -> list[Service]:
        return [s for s in self._services if s.process is not None and s.process.poll() is None]

    def _look(self) -> None:
        for service in self._services:
            if service.process is not None and service.process.poll() is not None:
                self._pass_on(0)
                words = "\n".join(service.tail)
                raise ServiceDied(_obituary(service.name, service.process.returncode, words))
        for name, (process, log) in self._watched.items():
            if process.poll() is not None:
                raise ServiceDied(_obituary(name, process.returncode, last_lines(log)))

    def _pass_on(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            service: Service = key.data
            stream = key.fileobj
            content = _read(stream)  # type: ignore[arg-type] # a pipe was registered
            if content is None:
                self._selector.unregister(stream)
                continue
            for line in content.decode(errors="replace").splitlines():
                if line.strip():
                    service.tail.append(line)
                    say(f"{service.name:<7}| {line}")


def _read(stream: IO[bytes]) -> bytes | None:
    """What has come in; None at the end of the stream."""
    try:
        return os.read(stream.fileno(), 65536) or None
    except BlockingIOError:
        return b""


def _signal(service: Service, sign: signal.Signals) -> None:
    if service.process is not None and service.process.poll() is None:
        service.process.send_signal(sign)


def _obituary(name: str, code: int, words: str) -> str:
    how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with status {code}"
    said = f" Its last lines:\n{indent(words, '  ')}" if words else ""
    return f"The {name} {how}, so everything was stopped.{said}"
