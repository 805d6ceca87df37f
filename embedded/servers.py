"""The embedded servers of one installation, started in order and stopped in the reverse one."""

import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from embedded.account import server_home, service_account
from embedded.children import DidNotStart, end_child, last_lines, start_child, wait_until
from embedded.launch import BASE_DIR, DATABASES, Launch
from embedded.ports import is_free, remembered_port
from embedded.postgres import PostgresServer
from embedded.redis import RedisServer
from embedded.refusals import StartRefused
from embedded.secrets import demo_secret
from embedded.state import clear_state, write_state
from embedded.supervisor import Supervisor
from embedded.terminal import step

if TYPE_CHECKING:
    import subprocess

_MAILBOX_SECONDS = 20


def start_servers(launch: Launch, supervisor: Supervisor, stack: ExitStack) -> None:
    """Start what the environment does not bring, and write down where it is.

    `stack` gets what ends them: unwound, it leaves nothing running and no addresses behind.
    """
    addresses: dict[str, str] = {}
    stack.callback(clear_state, launch.var_dir)
    if launch.needs_postgres:
        addresses |= _start_postgres(launch, supervisor, stack)
    if launch.needs_redis:
        addresses |= _start_redis(launch, supervisor, stack)
    if launch.needs_mailbox:
        addresses |= _start_mailbox(launch, supervisor, stack)
    write_state(launch.var_dir, addresses)


def _start_postgres(launch: Launch, supervisor: Supervisor, stack: ExitStack) -> dict[str, str]:
    account = service_account()
    postgres = PostgresServer(
        server_home(launch.var_dir, account) / "postgres",
        port=remembered_port("POSTGRES_PORT", launch.environment, var_dir=launch.var_dir),
        password=demo_secret("POSTGRES_PASSWORD", launch.var_dir),
        account=account,
    )
    stack.callback(postgres.stop)
    with step("PostgreSQL 18"):
        supervisor.watch("PostgreSQL server", postgres.start(), postgres.log)
        return {
            setting: _database(launch, postgres, name)
            for setting, name in DATABASES.items()
            if not launch.is_set(setting)
        }


def _database(launch: Launch, postgres: PostgresServer, name: str) -> str:
    password = demo_secret(f"{name.upper()}_PASSWORD", launch.var_dir)
    postgres.create_database(name, password=password)
    address = postgres.url(name, role=name, password=password)
    # A source is reached through SQLAlchemy, where the address names the driver.
    return address if name == "privacy" else address.replace("postgres:", "postgresql+psycopg2:", 1)


def _start_redis(launch: Launch, supervisor: Supervisor, stack: ExitStack) -> dict[str, str]:
    account = service_account()
    redis = RedisServer(
        server_home(launch.var_dir, account) / "redis",
        port=remembered_port("REDIS_PORT", launch.environment, var_dir=launch.var_dir),
        password=demo_secret("REDIS_PASSWORD", launch.var_dir),
        account=account,
    )
    stack.callback(redis.stop)
    with step("Redis-compatible server (Valkey 9)"):
        supervisor.watch("Redis-compatible server", redis.start(), redis.log)
    return {"REDIS_URL": redis.url()}


def _start_mailbox(launch: Launch, supervisor: Supervisor, stack: ExitStack) -> dict[str, str]:
    port = remembered_port("SMTP_PORT", launch.environment, var_dir=launch.var_dir)
    log = launch.var_dir / "mailbox.log"
    with step("Local mailbox (SMTP)"):
        process = _mailbox_process(port, launch.var_dir / "mailbox", log)
        stack.callback(end_child, process, signal.SIGTERM)
        try:
            wait_until(lambda: not is_free("127.0.0.1", port), process, seconds=_MAILBOX_SECONDS)
        except DidNotStart as failure:
            raise StartRefused(
                f"The local mailbox did not start: {failure}.\n{last_lines(log)}"
            ) from None
    supervisor.watch("local mailbox", process, log)
    return {"EMAIL_URL": f"smtp://127.0.0.1:{port}"}


def _mailbox_process(port: int, folder: Path, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return start_child(
            [sys.executable, "-m", "embedded.mailbox", str(port), folder],
            output=output,
            folder=BASE_DIR,
        )
