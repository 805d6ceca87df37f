"""A real SMTP server that keeps what it is sent, for the demonstration.

`python -m embedded.mailbox PORT FOLDER`: each message is one .eml file, the newest last by name,
readable by its owner alone. Nothing is ever sent on.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT = 500


class Mailbox:
    """Keeps the newest `kept` messages in `folder`."""

    def __init__(self, folder: Path, *, kept: int = KEPT) -> None:
        self._folder = folder
        self._kept = kept
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.keep(envelope.original_content or b"")
        return "250 Message kept"

    def keep(self, content: bytes) -> Path:
        """Store one message; the name is its time in nanoseconds, so that names sort by it."""
        path = self._folder / f"{time.time_ns():020d}.eml"
        draft = path.with_suffix(".draft")
        with open(draft, "xb", opener=_private) as file:
            file.write(content)
        draft.rename(path)
        for old in sorted(self._folder.glob("*.eml"))[: -self._kept]:
            old.unlink(missing_ok=True)
        return path


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


async def serve(port: int, folder: Path) -> None:
    """Take mail on the loopback address until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, ended.set)
    mailbox = Mailbox(folder)
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname="localhost", ident="Apifonica Privacy mailbox"),
        "127.0.0.1",
        port,
    )
    async with server:
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
