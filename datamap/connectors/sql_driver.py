"""psycopg2 itself, for what SQLAlchemy has no words for: COPY, and the types of columns."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import sql
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def driver_connection(connection: Connection) -> Any:  # noqa: ANN401 (psycopg2's own)
    """Return psycopg2's connection of an open one."""
    return connection.connection.driver_connection


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[Any]:
    """Open a cursor of psycopg2 in the transaction of `connection`.

    Raises DBAPIError as SQLAlchemy does, and takes note of a connection that broke.
    """
    raw = driver_connection(connection)
    with raw.cursor() as cursor:
        try:
            yield cursor
        except psycopg2.Error as error:
            if raw.closed:
                connection.invalidate(error)  # there is nothing left to roll back
            raise DBAPIError.instance("", None, error, psycopg2.Error) from error


def types_of(connection: Connection, table: str, columns: Iterable[str]) -> Mapping[str, int]:
    """Return the types that columns arrive in, by their numbers in pg_type.

    They stay so until the transaction ends: the table is locked against a change of its form.
    """
    query = sql.SQL("SELECT {} FROM {} LIMIT 0").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(*table.split("."))
    )
    with driver_cursor(connection) as cursor:
        cursor.execute(query)
        return {one.name: one.type_code for one in cursor.description}
