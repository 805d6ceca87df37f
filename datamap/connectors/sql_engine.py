"""Engines: one per address and process, connections opened when needed and closed after use."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from datamap.connectors.sql_errors import source_error, told_as_source_error
from datamap.domain.schema import Resource

CONNECT_TIMEOUT = 5  # seconds
_DRIVERS = {
    "postgres": "postgresql+psycopg2",
    "postgresql": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_CONNECT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": CONNECT_TIMEOUT, "application_name": "apifonica-privacy"},
    "mysql": {"connect_timeout": CONNECT_TIMEOUT, "charset": "utf8mb4"},
    "mariadb": {"connect_timeout": CONNECT_TIMEOUT, "charset": "utf8mb4"},
    "sqlite": {"timeout": CONNECT_TIMEOUT},
}
# What a reading transaction begins with; `:limit` is in the unit (milliseconds) beside it. All rows
# are read in the end, so a plan that is quick for the first few only would be the wrong one.
_AT_THE_START = {
    "postgresql": (
        ("SELECT set_config('statement_timeout', CAST(:limit AS text), true)", 1),
        ("SELECT set_config('cursor_tuple_fraction', '1', true)", 1),
    ),
    "mariadb": (("SET SESSION max_statement_time = :limit", 1000),),
    "mysql": (("SET SESSION max_execution_time = :limit", 1),),
}


def engine_for(resource: Resource) -> Engine:
    """Return the engine of a resource; SourceMismatch where its variable is missing or wrong."""
    address = settings.SOURCE_URLS.get(resource.connector.url_env)
    if not address:
        raise source_error("url_missing", resource)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise source_error("url_invalid", resource) from None
    with told_as_source_error(resource):
        return _engine(url.set(drivername=_DRIVERS.get(url.drivername, url.drivername)))


@lru_cache(maxsize=64)
def _engine(url: URL) -> Engine:
    # NullPool: a source is asked seldom, and a forked worker must not inherit a connection.
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=_CONNECT_ARGUMENTS.get(url.get_backend_name(), {}),
    )
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _read_only_sqlite)
    return engine


def _read_only_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 (DBAPI)
    connection.execute("PRAGMA query_only = ON")


@contextmanager
def reading(resource: Resource) -> Iterator[Connection]:
    """Open a read-only transaction that sees the source as of one instant.

    PostgreSQL and MariaDB: REPEATABLE READ, and a limit on each statement
    (settings.SOURCE_STATEMENT_TIMEOUT, seconds). Nothing is ever written, so it is rolled back.
    """
    engine = engine_for(resource)
    backend = engine.dialect.name
    with told_as_source_error(resource):
        options: dict[str, Any] = {}
        if backend != "sqlite":
            options["isolation_level"] = "REPEATABLE READ"
        if backend == "postgresql":
            options["postgresql_readonly"] = True
        connection = engine.connect()
    try:
        with told_as_source_error(resource):
            connection = connection.execution_options(**options)
            _prepare(connection, backend)
        yield connection
    finally:
        connection.close()


def _prepare(connection: Connection, backend: str) -> None:
    milliseconds = settings.SOURCE_STATEMENT_TIMEOUT * 1000
    for statement, per_unit in _AT_THE_START.get(backend, ()):
        connection.execute(text(statement), {"limit": milliseconds // per_unit})
