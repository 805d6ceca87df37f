"""Engines: one per address and process, connections opened when needed and closed after use."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Select,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from datamap.connectors.mysql_values import CONVERSIONS
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
    "mysql": {"connect_timeout": CONNECT_TIMEOUT, "charset": "utf8mb4", "conv": CONVERSIONS},
    "sqlite": {"timeout": CONNECT_TIMEOUT},
}
_CONNECT_ARGUMENTS["mariadb"] = _CONNECT_ARGUMENTS["mysql"]
_OF_MYSQL = (
    # What is written is refused, also after a statement that ends the transaction by itself.
    "SET SESSION TRANSACTION READ ONLY",
    "SET SESSION time_zone = '+00:00'",  # TIMESTAMP is shown in it, see mysql_values
    "START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT",
)
# What a reading transaction begins with; limits are in milliseconds or seconds, as the name says.
# All rows are read in the end, so a plan that is quick for the first few only would be wrong.
_AT_THE_START = {
    "postgresql": (
        """SELECT set_config('statement_timeout', CAST(:milliseconds AS text), true),
           set_config('cursor_tuple_fraction', '1', true), set_config('TimeZone', 'UTC', true),
           set_config('work_mem', '32MB', true)""",  # to sort a person's rows of one table
    ),
    "mariadb": ("SET SESSION max_statement_time = :seconds", *_OF_MYSQL),
    "mysql": ("SET SESSION max_execution_time = :milliseconds", *_OF_MYSQL),
    # The snapshot is taken by the first read.
    "sqlite": ("BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1"),
}
# The time of a statement on MariaDB, or a COPY, includes the time we take to use its rows.
_STREAMED_FOR = 20  # times as long


def engine_for(resource: Resource, *, address: str | None = None) -> Engine:
    """Return the engine of a resource; SourceMismatch where its variable is missing or wrong.

    `address` is used instead of the variable where one is given.
    """
    address = address or settings.SOURCE_URLS.get(resource.address_variable)
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
    connection.isolation_level = None  # BEGIN is ours
    connection.execute("PRAGMA query_only = ON")


@contextmanager
def reading(
    resource: Resource, *, address: str | None = None, seconds: int | None = None
) -> Iterator[Connection]:
    """Open a read-only transaction that sees the source as of one instant.

    PostgreSQL and MariaDB: REPEATABLE READ, and a limit on each statement
    (`seconds`, or settings.SOURCE_STATEMENT_TIMEOUT). Nothing is ever written, so it is rolled
    back.
    """
    engine = engine_for(resource, address=address)
    with told_as_source_error(resource):
        options: dict[str, Any] = {}
        if engine.dialect.name != "sqlite":
            options["isolation_level"] = "REPEATABLE READ"
        if engine.dialect.name == "postgresql":
            options["postgresql_readonly"] = True
        connection = engine.connect()
    try:
        with told_as_source_error(resource):
            connection = connection.execution_options(**options)
            _prepare(connection, seconds or settings.SOURCE_STATEMENT_TIMEOUT)
        yield connection
    finally:
        connection.close()


def backend_of(connection: Connection) -> str:
    """Return postgresql, mysql (MariaDB too) or sqlite."""
    name = connection.dialect.name
    return "mysql" if name == "mariadb" else name


@contextmanager
def streamed(
    connection: Connection, query: Select[Any], *, rows_at_once: int
) -> Iterator[CursorResult[Any]]:
    """Run `query` so that its rows come as they are read, `rows_at_once` at a time.

    Until it ends, MariaDB can be asked nothing else on this connection.
    """
    if backend_of(connection) == "mysql":
        _limit(connection, settings.SOURCE_STATEMENT_TIMEOUT * _STREAMED_FOR)
    options = {"stream_results": True, "yield_per": rows_at_once}
    with closing(connection.execute(query, execution_options=options)) as result:
        unread = getattr(result.cursor, "_result", None)
        try:
            yield result
        except BaseException:
            if connection.invalidated and unread is not None:
                unread.unbuffered_active = False  # PyMySQL would look for the rest for ever
            raise
    if backend_of(connection) == "mysql":
        _limit(connection, settings.SOURCE_STATEMENT_TIMEOUT)


def give_time_to_read(connection: Connection) -> None:
    """Let statements take longer from here on: their rows are used while they run."""
    if not connection.info.setdefault("has_time_to_read", False):
        _limit(connection, settings.SOURCE_STATEMENT_TIMEOUT * _STREAMED_FOR)
        connection.info["has_time_to_read"] = True


def _limit(connection: Connection, seconds: int) -> None:
    if _family(connection) == "sqlite":  # it knows no limit
        return
    statement = _AT_THE_START[_family(connection)][0]
    values = {"seconds": seconds, "milliseconds": seconds * 1000}
    connection.execute(text(statement), values)


def _prepare(connection: Connection, seconds: int) -> None:
    values = {"seconds": seconds, "milliseconds": seconds * 1000}
    for statement in _AT_THE_START[_family(connection)]:
        connection.execute(text(statement), values)


def _family(connection: Connection) -> str:
    """Return mariadb or mysql by what answers: an address may call either by the other's name."""
    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    return "mariadb" if is_mariadb else connection.dialect.name
