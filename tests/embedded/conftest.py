import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from embedded.account import service_account
from embedded.ports import free_port
from embedded.postgres import PostgresServer
from embedded.redis import RedisServer


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """A VAR_DIR that the servers' account may pass through, unlike pytest's own folders."""
    folder = Path("/tmp") / f"apifonica-embedded-{secrets.token_hex(6)}"  # noqa: S108
    folder.mkdir(mode=0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_postgres(var_dir: Path) -> Iterator[Callable[..., PostgresServer]]:
    """Servers on one data directory, one after the other; what still runs is stopped."""
    password, port = secrets.token_urlsafe(12), free_port()
    with ExitStack() as running:

        def make(*, durable: bool = False) -> PostgresServer:
            server = PostgresServer(
                var_dir / "postgres",
                port=port,
                password=password,
                account=service_account(),
                durable=durable,
            )
            running.callback(server.stop)
            return server

        yield make


@pytest.fixture
def redis_server(var_dir: Path) -> Iterator[RedisServer]:
    server = RedisServer(
        var_dir / "redis", port=free_port(), password="secret", account=service_account()
    )
    yield server
    server.stop()


def uid_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def is_running(pid: int) -> bool:
    """Whether the process is there and is more than a name in the table."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def await_end(pid: int) -> None:
    """Nobody of ours can wait for a process whose starter is dead."""
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)
