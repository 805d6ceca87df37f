"""The live schema of a SQL source, as far as the map speaks of it."""

import warnings
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Inspector
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.interfaces import (
    ReflectedColumn,
    ReflectedForeignKeyConstraint,
    ReflectedIndex,
)

from datamap.connectors.sql_engine import backend_of, reading
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_indexes import canonical, indexed_expressions
from datamap.domain.anonymising import LiveColumn
from datamap.domain.live import LiveTable
from datamap.domain.live_references import LiveReference
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import ColumnType

_TYPES: tuple[tuple[type[sa.types.TypeEngine[Any]], ColumnType], ...] = (
    (sa.Boolean, ColumnType.BOOLEAN),
    (sa.Integer, ColumnType.INTEGER),
    (sa.Uuid, ColumnType.UUID),
    (sa.Numeric, ColumnType.DECIMAL),
    (sa.DateTime, ColumnType.DATETIME),
    (sa.Date, ColumnType.DATE),
    (sa.JSON, ColumnType.JSON),
    (sa.LargeBinary, ColumnType.BINARY),
    (sa.String, ColumnType.TEXT),
)
# What a database without a type of its own keeps such values in.
_KEPT_AS: Mapping[str, Mapping[ColumnType, frozenset[ColumnType]]] = {
    "mysql": {
        ColumnType.BOOLEAN: frozenset({ColumnType.INTEGER}),
        ColumnType.INTEGER: frozenset({ColumnType.BOOLEAN}),
        ColumnType.JSON: frozenset({ColumnType.TEXT}),
        ColumnType.UUID: frozenset({ColumnType.TEXT, ColumnType.BINARY}),
    },
    "sqlite": {
        ColumnType.BOOLEAN: frozenset({ColumnType.INTEGER}),
        ColumnType.DATE: frozenset({ColumnType.TEXT}),
        ColumnType.DATETIME: frozenset({ColumnType.TEXT}),
        ColumnType.DECIMAL: frozenset({ColumnType.TEXT, ColumnType.INTEGER}),
        ColumnType.JSON: frozenset({ColumnType.TEXT}),
        ColumnType.UUID: frozenset({ColumnType.TEXT, ColumnType.BINARY}),
    },
}
# Partitions are reached through their parent.
_PARTITIONS = sa.text("""
    SELECT n.nspname, t.relname
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE t.relispartition
""")


def live_tables(resource: Resource) -> Mapping[str, LiveTable]:
    """Return the tables of the source's own schema and of those the map names, by their name
    in the map. Raises SourceError.
    """
    with (
        reading(resource) as connection,
        told_as_source_error(resource),
        warnings.catch_warnings(),
    ):
        # Types that SQLAlchemy has no name for; the map has none either.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        inspector = sa.inspect(connection)
        own = inspector.default_schema_name if backend_of(connection) == "postgresql" else ""
        expressions = indexed_expressions(connection)
        partitions = partitions_of(connection)
        declared = {table.name: _declared(table) for table in resource.tables}
        return {
            name: _live(
                inspector,
                schema,
                bare,
                expressions.get((schema or own or "", bare), frozenset()),
                declared.get(name, {}),
            )
            for schema in _schemas(resource)
            for bare in inspector.get_table_names(schema)
            if (schema or own, bare) not in partitions
            for name in [f"{schema}.{bare}" if schema else bare]
        }


def _declared(table: Table) -> Mapping[str, ColumnType]:
    return {column.name: column.type for column in table.columns if column.type is not None}


def partitions_of(connection: Connection) -> set[tuple[str, str]]:
    """Return (schema, name) of the tables that are partitions of another."""
    if backend_of(connection) != "postgresql":
        return set()
    return {(schema, name) for schema, name in connection.execute(_PARTITIONS)}


def _schemas(resource: Resource) -> list[str | None]:
    names = [table.name for table in resource.tables]
    names += [table.name for table in resource.plain_tables]
    return [None, *sorted({name.rpartition(".")[0] for name in names} - {""})]


def _live(
    inspector: Inspector,
    schema: str | None,
    name: str,
    expressions: AbstractSet[str],
    declared: Mapping[str, ColumnType],
) -> LiveTable:
    key = tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"])
    columns = inspector.get_columns(name, schema)
    indexes = [one for one in inspector.get_indexes(name, schema) if not _is_partial(one)]
    unique = [one["column_names"] for one in inspector.get_unique_constraints(name, schema)]
    unique += [_names(one) for one in indexes if one["unique"]]
    backend = inspector.dialect.name.replace("mariadb", "mysql")
    first = [names[0] for names in (*unique, *map(_names, indexes)) if names and names[0]]
    return LiveTable(
        columns={
            column["name"]: _as_declared(
                type_of(column["type"]), declared.get(column["name"]), backend
            )
            for column in columns
        },
        primary_key=key,
        indexed=frozenset((*key[:1], *first, *expressions)),
        generated={
            column["name"]: canonical(column["computed"]["sqltext"])
            for column in columns
            if "computed" in column
        },
        facts={column["name"]: _fact(column, unique) for column in columns},
        references=tuple(map(_reference, inspector.get_foreign_keys(name, schema))),
    )


def _reference(key: ReflectedForeignKeyConstraint) -> LiveReference:
    schema, table = key["referred_schema"], key["referred_table"]
    return LiveReference(
        columns=tuple(key["constrained_columns"]),
        table=f"{schema}.{table}" if schema else table,
        their_columns=tuple(key["referred_columns"]),
        on_delete=str(key.get("options", {}).get("ondelete", "")),
    )


def _names(index: ReflectedIndex) -> list[str]:
    """Return the columns of an index, empty where an expression stands."""
    return [name or "" for name in index["column_names"]]


def _is_partial(index: ReflectedIndex) -> bool:
    return any(option.endswith("_where") for option in index.get("dialect_options", {}))


def _fact(column: ReflectedColumn, unique: list[list[str]]) -> LiveColumn:
    kind = column["type"]
    return LiveColumn(
        required=not column["nullable"],
        unique=[column["name"]] in unique,
        length=kind.length if isinstance(kind, sa.String) else None,
    )


def type_of(live: sa.types.TypeEngine[Any]) -> ColumnType | None:
    """Return the type in the map's words; None where it has none."""
    if isinstance(live, mysql.TINYINT) and live.display_width == 1:
        return ColumnType.BOOLEAN  # which MariaDB has no other type for
    return next((ours for theirs, ours in _TYPES if isinstance(live, theirs)), None)


def _as_declared(
    live: ColumnType | None, declared: ColumnType | None, backend: str
) -> ColumnType | None:
    """Return what the map says where this database keeps such values in a type like `live`."""
    if declared is not None and live in _KEPT_AS.get(backend, {}).get(declared, frozenset()):
        return declared
    return live
