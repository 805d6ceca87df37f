"""A real MariaDB (Debian's) for the tests that ask for one, shared by the workers of a run.

The first process of the run keeps a socket; whoever needs the server asks there and is told its
address. The server is made on the first question, by a thread that lives as long as the run, and
ended by its own process id.
"""

import atexit
import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

    from embedded.account import Account

MISSING = "MariaDB is missing. On Debian: apt-get install mariadb-server-core mariadb-client-core"
_ASK_AT = "TEST_MARIADB_ASK_AT"
_HOST = "127.0.0.1"
_USER = "tester"
_SECONDS = 60
_PROGRAMS = ("mariadbd", "mariadb-install-db")
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin"))


class MariaDBServer:
    """One server, on the loopback address. `folder` holds data/, the logs and the first rights."""

    def __init__(
        self, folder: Path, *, port: int, password: str, account: "Account | None"
    ) -> None:
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None
        self._folder = folder
        self._password = password
        self._account = account

    def start(self) -> None:
        """Make the data directory and wait until the server answers."""
        from embedded.account import make_folder  # noqa: PLC0415 (see servers.py)

        self._folder.mkdir(mode=0o711, parents=True)
        make_folder(self._folder / "data", self._account)
        self._install()
        rights = self._folder / "data" / "rights.sql"
        rights.write_text(
            f"CREATE USER {_USER}@'{_HOST}' IDENTIFIED BY '{self._password}';\n"
            f"GRANT ALL ON *.* TO {_USER}@'{_HOST}' WITH GRANT OPTION;\n"
            "DROP USER root@localhost;\n"
        )
        self.process = self._run(
            "mariadbd",
            f"--init-file={rights}",
            f"--port={self.port}",
            f"--bind-address={_HOST}",
            f"--socket={self._folder / 'data' / 'server.sock'}",
            f"--pid-file={self._folder / 'data' / 'server.pid'}",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_general_ci",
            "--max-connections=200",
            "--innodb-buffer-pool-size=128M",
            # Nothing has to outlive the run.
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
            "--innodb-fast-shutdown=2",
        )
        self._await(self.process)

    def url(self) -> str:
        """The address of the server, without a database, as SQLAlchemy reads it."""
        return f"mariadb+pymysql://{_USER}:{self._password}@{_HOST}:{self.port}"

    def stop(self) -> None:
        from embedded.children import end_child  # noqa: PLC0415

        if self.process is not None:
            end_child(self.process, signal.SIGTERM)
            self.process = None

    def _install(self) -> None:
        process = self._run(
            "mariadb-install-db", "--auth-root-authentication-method=normal", "--skip-test-db"
        )
        if process.wait(_SECONDS) != 0:
            raise RuntimeError(
                f"mariadb-install-db failed, see {self._folder}/mariadb-install-db.log"
            )

    def _run(self, program: str, *options: str) -> "subprocess.Popen[bytes]":
        from embedded.children import start_child  # noqa: PLC0415

        found = shutil.which(program, path=_PATH)
        assert found is not None
        data = self._folder / "data"
        command = [found, "--no-defaults", f"--datadir={data}", f"--tmpdir={data}", *options]
        with (self._folder / f"{program}.log").open("wb") as log:
            return start_child(
                command,
                output=log,
                folder=data,
                environment={**os.environ, "PATH": _PATH},
                account=self._account,
                end_signal=signal.SIGKILL,
            )

    def _await(self, process: "subprocess.Popen[bytes]") -> None:
        from embedded.children import DidNotStart, last_lines, wait_until  # noqa: PLC0415

        try:
            wait_until(self._answers, process, seconds=_SECONDS)
        except DidNotStart as failure:
            tail = last_lines(self._folder / "mariadbd.log")
            raise RuntimeError(f"MariaDB did not start: {failure}.\n{tail}") from None

    def _answers(self) -> bool:
        try:
            socket.create_connection((_HOST, self.port), timeout=5).close()
        except OSError:
            return False
        return True


def keep(home: Path, *, password: str, account: "Account | None") -> None:
    """Let the tests of this run ask for a MariaDB server; `home` is where it would live."""
    asked_at = home / "mariadb.ask"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(asked_at))
    asked_at.chmod(0o600)
    listening.listen(64)
    os.environ[_ASK_AT] = str(asked_at)
    keeper = _Keeper(home / "mariadb", password, account)
    atexit.register(keeper.stop)
    threading.Thread(target=keeper.answer, args=(listening,), daemon=True).start()


def asked_url() -> str | None:
    """Return the address of the run's server, started now if need be; None: not installed."""
    if not all(shutil.which(program, path=_PATH) for program in _PROGRAMS):
        return None
    with closing(socket.socket(socket.AF_UNIX)) as asking:
        asking.settimeout(2 * _SECONDS)
        asking.connect(os.environ[_ASK_AT])
        answer = asking.makefile().read()
    if not answer.startswith("mariadb"):
        raise RuntimeError(answer)
    return answer


class _Keeper:
    def __init__(self, folder: Path, password: str, account: "Account | None") -> None:
        self._folder = folder
        self._password = password
        self._account = account
        self._server: MariaDBServer | None = None
        self._answer = ""

    def answer(self, listening: socket.socket) -> None:
        """Tell everyone who asks; the thread stays, for the server ends with it."""
        while True:
            asking, _ = listening.accept()
            with asking:
                if not self._answer:
                    self._answer = self._start()
                asking.sendall(self._answer.encode())

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()

    def _start(self) -> str:
        from embedded.ports import free_port  # noqa: PLC0415

        self._server = MariaDBServer(
            self._folder, port=free_port(), password=self._password, account=self._account
        )
        try:
            self._server.start()
        except Exception as failure:  # noqa: BLE001 (told to the test that asked)
            return f"No MariaDB: {failure}"
        return self._server.url()


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """Make an empty database on the server; its address. Dropped in the end."""
    _execute(server, f"CREATE DATABASE {name}")
    yield f"{server}/{name}"
    _execute(server, f"DROP DATABASE {name}")


def _execute(server: str, statement: str) -> None:
    import pymysql  # noqa: PLC0415
    from sqlalchemy import make_url  # noqa: PLC0415

    url = make_url(server)
    connection = pymysql.connect(
        host=str(url.host), port=int(url.port or 0), user=url.username, password=str(url.password)
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(statement)
