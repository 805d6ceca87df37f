"""Transactions that change a source.

PostgreSQL: REPEATABLE READ, so that the rows counted are the rows changed; a row that the source
changed meanwhile ends the attempt, which is repeated. MariaDB: READ COMMITTED, because there
REPEATABLE READ would lock every row that is looked at; the rows are locked as they are counted.
SQLite: BEGIN IMMEDIATE, nobody else writes. A wait for a lock ends soon, so that we do not stand
in the way of the source's own work.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from django.conf import settings
from sqlalchemy import Connection

from datamap.connectors.sql_anonymising import register_anonymising
from datamap.connectors.sql_days import register_days
from datamap.connectors.sql_engine import engine_for
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_tally import register_digest
from datamap.domain.schema import Resource

LOCK_TIMEOUT = 5  # seconds
_POSTGRES = (
    # A million keys are joined and counted in memory and not on the source's disk.
    (
        "SELECT set_config('statement_timeout', CAST(:statement AS text), true),"
        " set_config('lock_timeout', CAST(:lock AS text), true),"
        " set_config('work_mem', '32MB', true)"
    ),
)
_MYSQL = (
    "SET SESSION innodb_lock_wait_timeout = :lock_seconds, lock_wait_timeout = :lock_seconds",
    "SET SESSION time_zone = '+00:00'",
    # What does not fit is refused, never cut off or set to a default.
    "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
)
_LIMITS = {
    "mariadb": "SET SESSION max_statement_time = :seconds",
    "mysql": "SET SESSION max_execution_time = :statement",
}


@contextmanager
def writing(resource: Resource) -> Iterator[Connection]:
    """Open a transaction that is committed at the end, or rolled back on any exception."""
    engine = engine_for(resource)
    with told_as_source_error(resource):
        connection = engine.connect()
    try:
        with told_as_source_error(resource):
            begin(connection)
        yield connection
        with told_as_source_error(resource):
            connection.commit()
    finally:
        connection.close()  # rolls back what was not committed


def changed_rows(connection: Connection, statement: sa.Delete | sa.Update) -> int:
    """Run a statement; return how many rows it changed."""
    result = connection.execute(statement)
    if connection.dialect.name == "sqlite":  # the driver does not count what begins with WITH
        return int(connection.execute(sa.select(sa.func.changes())).scalar_one())
    return result.rowcount


def give_functions(connection: Connection) -> None:
    """Give a SQLite connection the functions that our expressions call; others have their own."""
    raw: Any = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        register_days(raw)
        register_digest(raw)
        register_anonymising(raw)


def begin(connection: Connection, *, one_statement: bool = False) -> None:
    """Begin a writing transaction on a connection that has none.

    `one_statement`: what has to agree with one another stands in one statement.
    """
    give_functions(connection)
    if connection.dialect.name == "sqlite":
        _begin_sqlite(connection)
        return
    repeatable = connection.dialect.name == "postgresql" and not one_statement
    connection.execution_options(
        isolation_level="REPEATABLE READ" if repeatable else "READ COMMITTED"
    )
    values = _limits()
    if connection.dialect.name == "postgresql":
        statements: tuple[str, ...] = _POSTGRES
    else:
        maria = getattr(connection.dialect, "is_mariadb", False)
        statements = (*_MYSQL, _LIMITS["mariadb" if maria else "mysql"])
    for statement in statements:
        connection.execute(sa.text(statement), values)


def begin_alone(connection: Connection) -> None:
    """Let each statement of a PostgreSQL connection be a transaction of its own."""
    connection.execution_options(isolation_level="AUTOCOMMIT")
    for name, value in (("statement_timeout", "statement"), ("lock_timeout", "lock")):
        setting = sa.text(f"SELECT set_config('{name}', CAST(:{value} AS text), false)")
        connection.execute(setting, {value: _limits()[value]})


def _limits() -> dict[str, int]:
    """Return the longest time of a statement and of a wait for a lock, in ms and in seconds."""
    limit = settings.SOURCE_STATEMENT_TIMEOUT
    return {
        "statement": limit * 1000,
        "seconds": limit,
        "lock": LOCK_TIMEOUT * 1000,
        "lock_seconds": LOCK_TIMEOUT,
    }


def _begin_sqlite(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        raw.isolation_level = None  # BEGIN is ours
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
