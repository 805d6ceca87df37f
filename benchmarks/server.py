"""A PostgreSQL and a Redis-compatible server for one run, gone when it ends."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from embedded.account import service_account
from embedded.fonts import build_fonts
from embedded.ports import free_port
from embedded.postgres import PostgresServer
from embedded.redis import RedisServer
from embedded.translations import compile_catalogues

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Servers:
    """Where they are: the address of the source database, and the log of its server."""

    source: str
    log: Path


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both as they run in production (what is committed is on disk) and set the environment.

    Import nothing that reads settings before.
    """
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="apifonica-privacy-benchmarks-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o711)
        account = service_account()
        postgres = PostgresServer(
            home / "postgres", port=free_port(), password=secrets.token_urlsafe(16), account=account
        )
        stack.callback(postgres.stop)
        postgres.start()
        redis = RedisServer(
            home / "redis", port=free_port(), password=secrets.token_urlsafe(16), account=account
        )
        stack.callback(redis.stop)
        redis.start()
        addresses = {}
        for name in ("privacy", "company"):
            password = secrets.token_urlsafe(16)
            postgres.create_database(name, password=password)
            addresses[name] = postgres.url(name, role=name, password=password)
        _allow(postgres.url(), addresses)
        var_dir = home / "var"
        (var_dir / "static").mkdir(parents=True)
        build_fonts(var_dir)
        compile_catalogues(_ROOT / "locale")
        os.environ.update(
            DATABASE_URL=addresses["privacy"],
            SOURCE_BENCHMARK_URL=addresses["company"],
            REDIS_URL=redis.url(),
            EMAIL_URL="smtp://127.0.0.1:9",
            VAR_DIR=str(var_dir),
            SECRET_KEY=secrets.token_urlsafe(48),
            LOOKUP_HASH_KEY=secrets.token_urlsafe(48),
            FIELD_ENCRYPTION_KEYS=secrets.token_urlsafe(48),
            DEMO="true",
            DJANGO_SETTINGS_MODULE="apifonica_privacy.settings",
        )
        yield Servers(source=addresses["company"], log=postgres.log)


def _allow(address: str, roles: Iterable[str]) -> None:
    """Let the roles log their statements, to be counted there, and ask for a checkpoint."""
    with (
        closing(psycopg2.connect(address)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for role in roles:
            for right in ("SET ON PARAMETER log_statement", "pg_checkpoint"):
                grant = sql.SQL(f"GRANT {right} TO {{}}")
                cursor.execute(grant.format(sql.Identifier(role)))
