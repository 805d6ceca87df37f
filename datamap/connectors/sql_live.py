"""The live schema of a SQL source, as far as the map speaks of it."""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Inspector

from datamap.connectors.sql_engine import engine_for, reading
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_matching import match_expression
from datamap.domain.live import LiveTable
from datamap.domain.schema import ByKey, Resource, Through
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
# The catalogue's own spelling of expressions; partitions are reached through their parent.
_EXPRESSIONS = sa.text("""
    SELECT n.nspname, t.relname, pg_get_indexdef(i.indexrelid, 1, true)
    FROM pg_index i
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = 0
""")
_PARTITIONS = sa.text("""
    SELECT n.nspname, t.relname
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE t.relispartition
""")


def live_tables(resource: Resource) -> Mapping[str, LiveTable]:
    """Return the tables of the source's own schema and of those the map names, by their name
    in the map. Raises SourceError.
    """
    with reading(resource) as connection, told_as_source_error(resource):
        inspector = sa.inspect(connection)
        own = inspector.default_schema_name
        expressions = _rows_by_table(connection, _EXPRESSIONS)
        partitions = _rows_by_table(connection, _PARTITIONS)
        return {
            f"{schema}.{name}" if schema else name: _live(inspector, schema, name, expressions)
            for schema in _schemas(resource)
            for name in inspector.get_table_names(schema)
            if (schema or own or "", name) not in partitions
        }


def compared_expressions(resource: Resource) -> Mapping[tuple[str, str, str], str]:
    """Return for (table, column, kind) of each search the expression an index has to have."""
    dialect = engine_for(resource).dialect
    return {
        (table.name, one.column, one.key): canonical(
            match_expression(one.key, table.column(one.column), dialect)
        )
        for table in resource.tables
        for one in table.find
        if isinstance(one, ByKey)
    }


def index_statements(resource: Resource) -> list[str]:
    """Return CREATE INDEX statements for every search and join of the map, each once."""
    engine = engine_for(resource)
    quote = engine.dialect.identifier_preparer.quote
    statements = []
    for table in resource.tables:
        target = ".".join(quote(part) for part in table.name.split("."))
        for alternative in table.find:
            if isinstance(alternative, Through):
                key = ", ".join(quote(name) for name in alternative.on)
            else:
                column = table.column(alternative.column)
                key = match_expression(alternative.key, column, engine.dialect)
                key = key if key == quote(column.name) else f"({key})"
            statements.append(f"CREATE INDEX ON {target} ({key});")
    return list(dict.fromkeys(statements))


def canonical(expression: str) -> str:
    """Return an expression without what the catalogue adds to it: casts to text, brackets,
    blanks, and its own name for trim.
    """
    plain = re.sub(r"::(text|character varying|bpchar)(\(\d+\))?", "", expression)
    plain = re.sub(r"\btrim\(\s*both from\b", "btrim(", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\btrim\b", "btrim", plain, flags=re.IGNORECASE)
    # Brackets inside quotes stay: they are what a phone number is stripped of.
    parts = re.split(r"('[^']*')", plain)
    return "".join(
        part if place % 2 else re.sub(r'[\s()"]', "", part) for place, part in enumerate(parts)
    )


def _schemas(resource: Resource) -> list[str | None]:
    names = [table.name for table in resource.tables]
    names += [table.name for table in resource.plain_tables]
    return [None, *sorted({name.rpartition(".")[0] for name in names} - {""})]


def _rows_by_table(
    connection: Connection, query: sa.TextClause
) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    if connection.dialect.name == "postgresql":
        for schema, table, *rest in connection.execute(query):
            found.setdefault((schema, table), []).extend(rest)
    return found


def _live(
    inspector: Inspector,
    schema: str | None,
    name: str,
    expressions: Mapping[tuple[str, str], list[str]],
) -> LiveTable:
    own = schema or inspector.default_schema_name or ""
    key = tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"])
    first = {
        columns[0]
        for one in inspector.get_indexes(name, schema)
        if (columns := [column for column in one["column_names"] if column])
    }
    unique = inspector.get_unique_constraints(name, schema)
    first |= {one["column_names"][0] for one in unique if one["column_names"]}
    return LiveTable(
        columns={
            column["name"]: _type_of(column["type"])
            for column in inspector.get_columns(name, schema)
        },
        primary_key=key,
        indexed=frozenset(first)
        | frozenset(key[:1])
        | {canonical(one) for one in expressions.get((own, name), [])},
        expressions_known=inspector.dialect.name == "postgresql",
    )


def _type_of(live: sa.types.TypeEngine[Any]) -> ColumnType | None:
    return next((ours for theirs, ours in _TYPES if isinstance(live, theirs)), None)
