import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import psycopg2
import pytest
from aiosmtpd.controller import Controller
from django.utils import translation
from psycopg2 import sql
from pytest_django.fixtures import Settings
from redis import Redis

from embedded.ports import free_port
from tests.plugins import mariadb

pytest_plugins = ["tests.plugins.audit_flush"]


@pytest.fixture(scope="session")
def redis_client() -> Iterator[Redis]:
    """This worker's own database of the Redis-compatible server."""
    with Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """No test reads in the language in which another left the thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _empty_redis(redis_client: Redis) -> None:
    """No test finds the wake-ups, cached values or rate limits of another."""
    redis_client.flushdb()


@pytest.fixture(autouse=True)
def _own_ledger(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test has a ledger of its own, as it has an empty database."""
    settings.ERASURE_LEDGER = str(tmp_path_factory.mktemp("ledger") / "erasures.jsonl")


@pytest.fixture(scope="session")
def make_session_database() -> Iterator[Callable[[], str]]:
    """As make_database, for databases that are filled once and kept until the session's end."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(_database())


@pytest.fixture
def make_database() -> Iterator[Callable[[], str]]:
    """Make an empty database on the test server; its SQLAlchemy URL. Dropped after the test."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(_database())


@pytest.fixture(scope="session")
def make_session_mariadb() -> Iterator[Callable[[], str]]:
    """As make_session_database, on MariaDB."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(_mariadb())


@pytest.fixture
def make_mariadb() -> Iterator[Callable[[], str]]:
    """Make an empty MariaDB database; its SQLAlchemy URL. Dropped after the test."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(_mariadb())


@pytest.fixture
def platform_url(make_database: Callable[[], str]) -> str:
    """An empty database for the demo company; its SQLAlchemy URL."""
    return make_database()


@dataclass
class MailServer:
    """A real SMTP server. `messages` are what it accepted, oldest first."""

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802
        message = BytesParser(policy=policy.default).parsebytes(envelope.content)
        self.messages.append(message)
        return "250 OK"


@pytest.fixture
def smtp_server(settings: Settings) -> Iterator[MailServer]:
    """The product's mail goes to this server, over the wire."""
    server = MailServer(host="127.0.0.1", port=free_port())
    controller = Controller(server, hostname=server.host, port=server.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = server.host
    settings.EMAIL_PORT = server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield server
    controller.stop()


@contextmanager
def _mariadb() -> Iterator[str]:
    server = mariadb.asked_url()
    if server is None:
        pytest.skip(mariadb.MISSING)
    with mariadb.database(server, f"extra_{uuid.uuid4().hex}") as url:
        yield url


#: Databases of this worker that were emptied: to make one takes twenty times as long.
_EMPTIED: list[str] = []
_SCHEMAS = """SELECT nspname FROM pg_namespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp_)'"""
#: What stays with a database beyond its schemas; one with such a thing is not used again.
_CHANGED = """SELECT EXISTS (SELECT FROM pg_db_role_setting JOIN pg_database ON oid = setdatabase
    WHERE datname = current_database()) OR EXISTS (SELECT FROM pg_extension
    WHERE extname <> 'plpgsql') OR EXISTS (SELECT FROM pg_database
    WHERE datname = current_database() AND datacl IS NOT NULL)"""


@contextmanager
def _database() -> Iterator[str]:
    """An empty database under a name of its own, so that nothing remembers another's tables."""
    name = f"extra_{uuid.uuid4().hex}"
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    new = sql.Identifier(name)
    if _EMPTIED:
        old = sql.Identifier(_EMPTIED.pop())
        _execute(f"{server}/postgres", sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old, new))
    else:
        _execute(f"{server}/postgres", sql.SQL("CREATE DATABASE {}").format(new))
    yield f"{server.replace('postgres:', 'postgresql+psycopg2:', 1)}/{name}"
    _end_connections(server, name)
    if _is_emptied(f"{server}/{name}"):
        _EMPTIED.append(name)
    else:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(new)
        _execute(f"{server}/postgres", drop)


def _end_connections(server: str, name: str) -> None:
    end = sql.SQL("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}")
    _execute(f"{server}/postgres", end.format(sql.Literal(name)))


def _is_emptied(url: str) -> bool:
    """Drop all that a test has made; False where something would be left for the next one."""
    try:
        with (
            closing(psycopg2.connect(url)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(_CHANGED)
            (is_changed,) = cursor.fetchone() or (True,)
            cursor.execute(_SCHEMAS)
            for (schema,) in cursor.fetchall():
                drop = sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema))
                cursor.execute(drop)
            cursor.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
            cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    except psycopg2.Error:
        return False
    return not is_changed


def _execute(url: str, statement: sql.Composed) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
