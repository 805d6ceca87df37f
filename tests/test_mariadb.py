"""The MariaDB of the tests is a real one, and each test's database its own."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from embedded.account import service_account
from embedded.ports import free_port
from tests.plugins import mariadb


def scalars(url: str, statement: str) -> list[object]:
    with sa.create_engine(url, poolclass=NullPool).connect() as connection:
        return list(connection.execute(sa.text(statement)).one())


def test_each_database_is_empty_and_its_own(make_mariadb: Callable[[], str]) -> None:
    first, second = make_mariadb(), make_mariadb()
    assert first != second
    count = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"
    assert [scalars(url, count) for url in (first, second)] == [[0], [0]]
    assert scalars(first, "SELECT left(version(), 6), @@collation_database") == [
        "10.11.",
        "utf8mb4_general_ci",
    ]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the servers' account gets to; pytest's own are closed to it."""
    with TemporaryDirectory(prefix="apifonica-privacy-mariadb-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def test_a_server_ends_with_its_own_process(open_folder: Path) -> None:
    if mariadb.asked_url() is None:
        pytest.skip(mariadb.MISSING)
    server = mariadb.MariaDBServer(
        open_folder / "own", port=free_port(), password="p", account=service_account()
    )
    server.start()
    assert server.process is not None
    process = server.process
    assert scalars(f"{server.url()}/mysql", "SELECT 1") == [1]
    server.stop()
    assert process.returncode in {0, -signal.SIGKILL}
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_what_is_missing_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mariadb, "_PROGRAMS", ("mariadbd", "no-such-program"))
    assert mariadb.asked_url() is None
    assert "apt-get install" in mariadb.MISSING
