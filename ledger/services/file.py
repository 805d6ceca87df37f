"""The ledger as a file: lines are only ever added, and are on disk before anybody goes on.

Every process that erases opens the same file: on several machines it lies on storage that they
share and that knows `flock`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from ledger.domain.entries import Line, read, whole
from ledger.domain.standing import Head
from lib.keyed_hash import keyed_hash

_BLOCK = 64 * 1024


def ledger_path() -> Path:
    """Return where the ledger lies."""
    return Path(settings.ERASURE_LEDGER)


def chain_key() -> bytes:
    """Return the key of the chain: who can write to the file alone cannot seal a line."""
    return keyed_hash("chain", purpose="erasure ledger")


@dataclass(frozen=True)
class OpenLedger:
    """The ledger while it is open; `descriptor` None: there is no file yet."""

    descriptor: int | None

    def head(self) -> Head:
        """Return the last whole line."""
        line = self._last_line()
        return Head(line.sequence, line.chain) if line else Head()

    def add(self, text: bytes) -> None:
        """Put one line to disk. Raises OSError."""
        if self.descriptor is None:
            raise FileNotFoundError
        size = os.fstat(self.descriptor).st_size
        if size and os.pread(self.descriptor, 1, size - 1) != b"\n":
            text = b"\n" + text  # a line before was torn: it stays by itself
        while text:
            text = text[os.write(self.descriptor, text) :]
        os.fsync(self.descriptor)

    def lines(self) -> Iterator[Line]:
        """Yield all lines, checked. Raises BrokenChain."""
        if self.descriptor is None:
            return
        with os.fdopen(os.dup(self.descriptor), "rb") as file:
            file.seek(0)
            yield from whole(file, key=chain_key())

    def _last_line(self) -> Line | None:
        if self.descriptor is None:
            return None
        start, tail = os.fstat(self.descriptor).st_size, b""
        while start > 0:
            size = min(_BLOCK, start)
            start -= size
            tail = os.pread(self.descriptor, size, start) + tail
            texts = tail.split(b"\n")[:-1]  # behind the last line end there is nothing, or a tear
            for text in reversed(texts if start == 0 else texts[1:]):
                line = read(text, key=chain_key())
                if line is not None:
                    return line
        return None


@contextmanager
def reading_ledger(*, locked: bool = False) -> Iterator[OpenLedger]:
    """Open the ledger to read; `locked`: while nobody adds to it. Raises OSError."""
    try:
        descriptor = os.open(ledger_path(), os.O_RDONLY)
    except FileNotFoundError:
        yield OpenLedger(None)
        return
    try:
        if locked:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield OpenLedger(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def adding_to_ledger() -> Iterator[OpenLedger]:
    """Open the ledger to add to it, alone. Made where there is none. Raises OSError."""
    path = ledger_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if is_new:
            _keep_name(path.parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield OpenLedger(descriptor)
    finally:
        os.close(descriptor)


def put_aside(*, suffix: str) -> Path | None:
    """Give a broken ledger another name beside its own; None where there is no file."""
    path = ledger_path()
    aside = path.with_name(f"{path.name}.{suffix}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return None
    _keep_name(path.parent)
    return aside


def _keep_name(folder: Path) -> None:
    """Force a folder's own entries to disk: a file without its name would be lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
