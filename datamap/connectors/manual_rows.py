"""Rows that a person uploaded, as a database in memory.

So they are searched, masked, surveyed and changed by the very code that does it in real ones.
Nothing is written to a disk; the database ends with the `with`.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.pool import StaticPool

from datamap.connectors.sql_matching import matching, table_clause
from datamap.connectors.sql_transactions import give_functions
from datamap.domain.instructions import Holding
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import ColumnType


class _AsGiven(sa.types.UserDefinedType[Any]):
    """No type at all: SQLite then leaves a value what it was in the file."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return ""


_Type = type[sa.types.TypeEngine[Any]]
_TYPES: dict[ColumnType | None, _Type] = {
    None: _AsGiven,
    ColumnType.INTEGER: sa.BigInteger,
    ColumnType.BOOLEAN: sa.Boolean,
    ColumnType.DATE: sa.Date,
    ColumnType.DATETIME: sa.TIMESTAMP,
    ColumnType.BINARY: sa.LargeBinary,
}


@contextmanager
def in_memory(resource: Resource, holding: Holding) -> Iterator[Connection]:
    """Open a database with the tables of `resource` and the rows of `holding`."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.isolation_level = None  # nothing is committed: there is nobody else to see it
            give_functions(connection)
            for schema in sorted(_schemas(resource)):
                connection.exec_driver_sql("ATTACH DATABASE ':memory:' AS ?", (schema,))
            _created(resource).create_all(connection)
            for table in resource.tables:
                _fill(connection, table, holding)
            yield connection
    finally:
        engine.dispose()


def rows_in(resource: Resource, connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return all rows by table and primary key, in the form in which they are held."""
    found = {}
    for table in resource.tables:
        here = _bare(table)
        order = [here.c[name] for name in table.primary_key]
        rows = connection.execute(sa.select(*here.c).order_by(*order)).mappings()
        found[table.name] = [{str(name): _held(row[name]) for name in row} for row in rows]
    return found


def _created(resource: Resource) -> sa.MetaData:
    metadata = sa.MetaData()
    for table in resource.tables:
        schema, _, name = table.name.rpartition(".")
        columns = [
            sa.Column(
                one.name,
                _TYPES.get(one.type, sa.Text)(),
                primary_key=one.name in table.primary_key,
                autoincrement=False,
            )
            for one in table.columns
        ]
        sa.Table(name, metadata, *columns, schema=schema or None)
    return metadata


def _fill(connection: Connection, table: Table, holding: Holding) -> None:
    names = [column.name for column in table.columns]
    rows = [{name: _stored(row.get(name)) for name in names} for row in holding.get(table.name, ())]
    if rows:
        connection.execute(_bare(table).insert(), rows)


def _bare(table: Table) -> sa.TableClause:
    """Return the table without types: what is held is what the file said."""
    schema, _, name = table.name.rpartition(".")
    columns: list[sa.ColumnClause[Any]] = [sa.column(one.name) for one in table.columns]
    return sa.table(name, *columns, schema=schema or None)


def _schemas(resource: Resource) -> set[str]:
    return {table.name.rpartition(".")[0] for table in resource.tables} - {""}


def _stored(value: object) -> object:
    return base64.b64decode(str(value["base64"])) if isinstance(value, dict) else value


def _held(value: object) -> object:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def strangers(
    resource: Resource, table: Table, connection: Connection, keys: SubjectKeys
) -> set[tuple[Any, ...]]:
    """Return the primary keys of the rows of `table` that none of `keys` leads to."""
    here = table_clause(table)
    query = sa.select(*(here.c[name] for name in table.primary_key))
    condition = matching(resource, table, here, keys, backend="sqlite")
    if condition is not None:
        query = query.where(sa.not_(sa.func.coalesce(condition, sa.false())))
    return {tuple(_held(value) for value in row) for row in connection.execute(query)}
