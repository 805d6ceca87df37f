"""What a live database is made of, and what its values look like, for the draft of a map.

Safety principle: nothing is written, no statement runs longer than a few seconds, and no value is
kept: each is judged where it is read, and only counts leave this module.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Inspector
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
from sqlalchemy.engine.reflection import ObjectKind

from datamap.connectors.errors import SourceError, SourceUnavailable
from datamap.connectors.sql_engine import backend_of, reading
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_live import partitions_of, type_of
from datamap.domain.basics import is_table_name
from datamap.domain.discovering import ForeignKey, SeenSchema, SeenTable
from datamap.domain.schema import Resource
from datamap.domain.value_patterns import Sample
from datamap.domain.vocabulary import ColumnType

SAMPLE_ROWS = 300
SAMPLE_SECONDS = 5
_SCHEMA_SECONDS = 60
_LONGEST_VALUE = 300  # characters that are looked at
_WORTH_A_LOOK = frozenset({ColumnType.TEXT, ColumnType.JSON, None})
_SYSTEM_SCHEMAS = ("information_schema", "pg_")
_OTHER_RELATIONS = sa.text("""
    SELECT n.nspname, c.relname, c.relkind::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm', 'f')
""")
_WHY_NOT = {"timeout": "it took too long", "refused": "the user may not read it"}
_Names = Mapping[tuple[str | None, str], str]


def seen_schema(resource: Resource, *, address: str | None = None) -> SeenSchema:
    """Return the tables of a source with a sample of each. Raises SourceError.

    `address` is used where the resource's variable is not set. PostgreSQL: all schemas but the
    system's; elsewhere the database of the address.
    """
    tables, schema = _described(resource, address)
    return SeenSchema(
        backend=schema.backend,
        tables={
            name: _sampled(table, where, resource, address)
            for name, (table, where) in tables.items()
        },
        views=schema.views,
        stored_views=schema.stored_views,
        foreign_tables=schema.foreign_tables,
        unnameable=schema.unnameable,
    )


def _described(
    resource: Resource, address: str | None
) -> tuple[dict[str, tuple[SeenTable, tuple[str | None, str]]], SeenSchema]:
    """Return each table with its schema and name, and the schema around them."""
    with (
        reading(resource, address=address, seconds=_SCHEMA_SECONDS) as connection,
        told_as_source_error(resource),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # types that SQLAlchemy has no name for
        inspector = sa.inspect(connection)
        names = dict(_table_names(connection, inspector))
        others = list(_other_relations(connection, inspector))
        tables = {
            name: (table, where) for name, where, table in _tables(inspector, _nameable(names))
        }
        return tables, SeenSchema(
            backend=backend_of(connection),
            tables={},
            views=[name for name, kind in others if kind == "v"],
            stored_views=[name for name, kind in others if kind == "m"],
            foreign_tables=[name for name, kind in others if kind == "f"],
            unnameable=sorted(set(names.values()) - set(_nameable(names).values())),
        )


def _nameable(names: _Names) -> _Names:
    """Return those that a map can write; a dot in a name would be read as its schema's."""
    return {
        where: name for where, name in names.items() if is_table_name(name) and "." not in where[1]
    }


def _table_names(
    connection: Connection, inspector: Inspector
) -> Iterator[tuple[tuple[str | None, str], str]]:
    """Yield (schema, name) of each table with its name in a map."""
    partitions = partitions_of(connection)
    for schema in _schemas(connection, inspector):
        for name in sorted(inspector.get_table_names(schema)):
            own = schema or inspector.default_schema_name or ""
            if (own, name) not in partitions:
                yield (schema, name), f"{schema}.{name}" if schema else name


def _schemas(connection: Connection, inspector: Inspector) -> list[str | None]:
    if backend_of(connection) != "postgresql":
        return [None]
    own = inspector.default_schema_name
    others = [name for name in inspector.get_schema_names() if name != own]
    return [None, *sorted(name for name in others if not name.startswith(_SYSTEM_SCHEMAS))]


def _other_relations(connection: Connection, inspector: Inspector) -> Iterator[tuple[str, str]]:
    """Yield (name, kind) of views (v), materialised views (m) and tables elsewhere (f)."""
    if backend_of(connection) != "postgresql":
        yield from ((name, "v") for name in sorted(inspector.get_view_names()))
        return
    own = inspector.default_schema_name
    for schema, name, kind in sorted(map(tuple, connection.execute(_OTHER_RELATIONS))):
        if not schema.startswith(_SYSTEM_SCHEMAS):
            yield (name if schema == own else f"{schema}.{name}"), kind


def _tables(
    inspector: Inspector, names: _Names
) -> Iterator[tuple[str, tuple[str | None, str], SeenTable]]:
    for schema in dict.fromkeys(schema for schema, _ in names):
        wanted: dict[str, Any] = {"schema": schema, "kind": ObjectKind.TABLE}
        columns = inspector.get_multi_columns(**wanted)
        keys = inspector.get_multi_pk_constraint(**wanted)
        foreign = inspector.get_multi_foreign_keys(**wanted)
        unique = inspector.get_multi_unique_constraints(**wanted)
        indexes = inspector.get_multi_indexes(**wanted)
        for where, name in names.items():
            if where[0] != schema or where not in columns:
                continue
            sets: list[Sequence[str | None]] = [one["column_names"] for one in unique[where]]
            sets += [one["column_names"] for one in indexes[where] if one["unique"]]
            yield (
                name,
                where,
                SeenTable(
                    name=name,
                    columns={one["name"]: type_of(one["type"]) for one in columns[where]},
                    primary_key=tuple(keys[where]["constrained_columns"]),
                    foreign_keys=tuple(_foreign_keys(foreign[where], names)),
                    unique=frozenset(str(one[0]) for one in sets if len(one) == 1 and one[0]),
                ),
            )


def _foreign_keys(
    found: Sequence[ReflectedForeignKeyConstraint], names: _Names
) -> Iterator[ForeignKey]:
    for one in found:
        there = names.get((one["referred_schema"], one["referred_table"]))
        theirs = tuple(one["referred_columns"])
        if there is not None and len(theirs) == len(one["constrained_columns"]):
            yield ForeignKey(tuple(one["constrained_columns"]), there, theirs)


def _sampled(
    table: SeenTable, where: tuple[str | None, str], resource: Resource, address: str | None
) -> SeenTable:
    """Return the table with a sample of its texts, or with why there is none."""
    wanted = [name for name, kind in table.columns.items() if kind in _WORTH_A_LOOK]
    if not wanted:
        return table
    try:
        samples = _samples(wanted, where, resource, address)
    except SourceUnavailable:
        raise
    except SourceError as error:
        return replace(table, sampling=_WHY_NOT.get(error.code, "they cannot be read"))
    return replace(table, samples=samples)


def _samples(
    wanted: Sequence[str], where: tuple[str | None, str], resource: Resource, address: str | None
) -> dict[str, Sample]:
    schema, name = where
    samples = {column: Sample() for column in wanted}
    columns = [
        sa.func.substr(sa.cast(sa.column(column), sa.String), 1, _LONGEST_VALUE)
        for column in wanted
    ]
    query = sa.select(*columns).select_from(sa.table(name, schema=schema)).limit(SAMPLE_ROWS)
    with (
        reading(resource, address=address, seconds=SAMPLE_SECONDS) as connection,
        told_as_source_error(resource, name),
    ):
        for row in connection.execute(query):
            for sample, value in zip(samples.values(), row, strict=True):
                if value is not None:
                    sample.add(value if isinstance(value, str) else "")
    return samples
