"""What the seeder says to a source database: schema, months, rows, keys and indexes.

Safety principle: only the tables named in `sources` are ever dropped, and only on `reset`.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from psycopg2 import extensions
from psycopg2.sql import SQL, Composable, Identifier, Literal
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

from datamap.connectors.sql_matching import match_expression
from datamap.domain.schema import ByKey, Resource, Table
from datamap.domain.vocabulary import KeyKind
from demo.copying import READ_SIZE, Row, row_file
from demo.people import first_day
from demo.sources import Source

_DIALECT: Dialect = PGDialect_psycopg2()  # type: ignore[no-untyped-call]
SCHEMA_DIR = Path(__file__).resolve().parent / "schema"


def filled_tables(cursor: extensions.cursor, source: Source) -> list[str]:
    """Return which of the source's tables exist and hold a row."""
    filled = []
    for name in source.tables:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"public.{name}",))
        if not _single(cursor):
            continue
        cursor.execute(SQL("SELECT EXISTS (SELECT FROM {})").format(_table(name)))
        if _single(cursor):
            filled.append(name)
    return filled


def drop_tables(cursor: extensions.cursor, source: Source) -> None:
    """Drop the source's own tables, children first; a view of somebody else's on them refuses."""
    for name in reversed(list(source.tables)):
        cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(_table(name)))


def create_tables(cursor: extensions.cursor, source: Source, today: date) -> None:
    cursor.execute((SCHEMA_DIR / f"{source.id}.sql").read_text(encoding="utf-8"))
    for name in source.monthly:
        for month in months(today):
            cursor.execute(
                SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(
                    _table(f"{name}_{month:%Y_%m}"),
                    _table(name),
                    Literal(f"{month:%Y-%m-%d} 00:00+00"),
                    Literal(f"{next_month(month):%Y-%m-%d} 00:00+00"),
                )
            )


def months(today: date) -> Iterator[date]:
    """The first day of every month from nine years back to the month after this one."""
    month = first_day(today)
    last = next_month(today.replace(day=1))
    while month <= last:
        yield month
        month = next_month(month)


def next_month(day: date) -> date:
    """The first day of the month after that of `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def copy_rows(cursor: extensions.cursor, name: str, rows: Iterator[Row]) -> int:
    """Stream rows into a table; return how many. The rows are never all in memory."""
    statement = SQL("COPY {} FROM STDIN").format(_table(name)).as_string(cursor)
    cursor.copy_expert(statement, row_file(rows), READ_SIZE)
    return cursor.rowcount


def add_foreign_keys(cursor: extensions.cursor, source: Source) -> None:
    """Add the keys after the rows: one check over all of them is quicker than one for each."""
    for key in source.foreign_keys:
        cursor.execute(
            SQL("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({}){}").format(
                _table(key.table),
                Identifier(key.column),
                _table(key.parent),
                Identifier(key.parent_column),
                SQL(" ON DELETE SET NULL" if key.lets_go else ""),
            )
        )


def add_indexes(cursor: extensions.cursor, source: Source, resource: Resource) -> None:
    """Index join columns, anchors, and what the data map says a person is found by."""
    wanted: dict[tuple[str, str], Composable] = {}
    for key in source.foreign_keys:
        wanted[key.table, key.column] = Identifier(key.column)
    for table, column in source.indexed:
        wanted[table, column] = Identifier(column)
    for mapped in resource.tables:
        wanted |= _search_expressions(mapped)
    for (table, column), expression in wanted.items():
        cursor.execute(
            SQL("CREATE INDEX {} ON {} ({})").format(
                Identifier(f"{table}_{column}"), _table(table), expression
            )
        )


def _search_expressions(table: Table) -> dict[tuple[str, str], Composable]:
    return {
        (table.name, one.column): SQL("({})").format(
            SQL(match_expression(one.key, table.column(one.column), _DIALECT))
        )
        for one in table.find
        if isinstance(one, ByKey) and one.key in set(KeyKind)
    }


def analyse(cursor: extensions.cursor, source: Source) -> None:
    """Tell the planner what is in the tables; without it the first searches are slow."""
    names = SQL(", ").join(_table(name) for name in source.tables)
    cursor.execute(SQL("ANALYZE {}").format(names))


def _table(name: str) -> Identifier:
    return Identifier("public", name)


def _single(cursor: extensions.cursor) -> bool:
    row = cursor.fetchone()
    return bool(row and row[0])
