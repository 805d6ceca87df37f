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


@contextmanager
def _database() -> Iterator[str]:
    name = f"extra_{uuid.uuid4().hex}"
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    _execute(f"{server}/postgres", sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield f"{server.replace('postgres:', 'postgresql+psycopg2:', 1)}/{name}"
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    _execute(f"{server}/postgres", drop)


def _execute(url: str, statement: sql.Composed) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
