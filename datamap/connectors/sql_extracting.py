"""Counting and extracting a person's rows within one transaction."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.selectable import NamedFromClause

from datamap.connectors.base import ExtractedRow
from datamap.connectors.lines import write_lines
from datamap.connectors.sql_anchors import anchor_column, anchored
from datamap.connectors.sql_engine import streamed
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_line_columns import line_columns
from datamap.connectors.sql_lines import FromSink, lines_by_copy
from datamap.connectors.sql_matching import Condition, matching, table_clause
from datamap.connectors.sql_stored import as_declared
from datamap.connectors.sql_values import json_value, shown_by, typed
from datamap.domain.keys import SubjectKeys
from datamap.domain.lines import Sink
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import ColumnType

_ROWS_AT_ONCE = 1000
ANCHOR = "anchor of retention"  # no column is named with blanks by accident


class SqlExtracting:
    """The part of a reader that reads rows."""

    def __init__(self, resource: Resource, connection: Connection) -> None:
        self._resource = resource
        self._connection = connection

    def _mine(self, table: Table, here: NamedFromClause, keys: SubjectKeys) -> Condition | None:
        return matching(self._resource, table, here, keys, backend=self._connection.dialect.name)

    def count(self, table: Table, keys: SubjectKeys) -> int:
        """See `Reader.count`."""
        here = table_clause(table)
        condition = self._mine(table, here, keys)
        if condition is None:
            return 0
        query = sa.select(sa.func.count()).select_from(here).where(condition)
        with told_as_source_error(self._resource, table.name):
            return int(self._connection.execute(query).scalar_one())

    def extract(
        self, table: Table, keys: SubjectKeys
    ) -> AbstractContextManager[Iterator[ExtractedRow]]:
        """See `Reader.extract`."""
        return self._extract(table, keys)

    @contextmanager
    def _extract(self, table: Table, keys: SubjectKeys) -> Iterator[Iterator[ExtractedRow]]:
        query = self.query(table, keys)
        if query is None:
            yield iter(())
            return
        with ExitStack() as streaming:
            with told_as_source_error(self._resource, table.name):
                result = streaming.enter_context(
                    streamed(self._connection, query, rows_at_once=_ROWS_AT_ONCE)
                )
            yield self._rows(table, keys, result)

    def lines(self, table: Table, keys: SubjectKeys, into: Sink) -> None:
        """See `Reader.lines`: by COPY on PostgreSQL where it can, else as `extract` reads."""
        query = self.query(table, keys)
        if query is None:
            return
        try:
            with told_as_source_error(self._resource, table.name):
                columns = line_columns(
                    self._resource, table, keys, self._connection, query=query, anchor=ANCHOR
                )
                if columns is not None:
                    lines_by_copy(self._connection, query, columns, into)
                    return
        except FromSink as raised:
            raise raised.__cause__ or raised from None
        with self.extract(table, keys) as rows:
            write_lines(rows, table, into)

    def count_by_controller(self, table: Table, keys: SubjectKeys) -> Mapping[str | None, int]:
        """See `Reader.count_by_controller`."""
        if table.controller_column is None:
            return {None: self.count(table, keys)}
        here = table_clause(table)
        condition = self._mine(table, here, keys)
        if condition is None:
            return {}
        column = here.c[table.controller_column]
        query = sa.select(column, sa.func.count()).where(condition).group_by(column)
        with told_as_source_error(self._resource, table.name):
            rows = self._connection.execute(query).all()
        return {None if key is None else str(key): int(count) for key, count in rows}

    def query(self, table: Table, keys: SubjectKeys) -> sa.Select[Any] | None:
        """Return the one statement that reads the rows of `table`; None: nothing to ask."""
        here = table_clause(table)
        condition = self._mine(table, here, keys)
        if condition is None:
            return None
        anchor, source = anchored(self._resource, table, here)
        wanted = [here.c[name] for name in _read_columns(table, keys, self._resource)]
        extra = [] if anchor is None else [anchor.label(ANCHOR)]
        order = [here.c[name] for name in table.primary_key]
        return sa.select(*wanted, *extra).select_from(source).where(condition).order_by(*order)

    def _rows(
        self, table: Table, keys: SubjectKeys, result: sa.CursorResult[Any]
    ) -> Iterator[ExtractedRow]:
        shown = shown_by(self._resource, table, keys)
        anchor = _anchor_reader(self._resource, table)
        controller = table.controller_column
        declared = as_declared(table, self._connection.dialect.name)
        with told_as_source_error(self._resource, table.name):
            for row in result.mappings():
                values = declared(row)  # type: ignore[arg-type] # keys are names
                key = values[controller] if controller is not None else None
                yield ExtractedRow(
                    values={name: show(values) for name, show in shown.items()},
                    anchor=anchor(values),
                    controller_key=None if key is None else str(key),
                )


def _read_columns(table: Table, keys: SubjectKeys, resource: Resource) -> list[str]:
    """Return the columns to read: the shown ones, and those needed to show them."""
    names = dict.fromkeys(shown_by(resource, table, keys))
    for column in table.columns:
        if column.name in names and column.region_column is not None:
            names.setdefault(column.region_column)
    if table.controller_column is not None:
        names.setdefault(table.controller_column)
    return list(names)


def _anchor_reader(
    resource: Resource, table: Table
) -> Callable[[Mapping[str, object]], str | None]:
    if table.retention.anchor is None:
        return lambda _row: None
    owner, column = anchor_column(resource, table, table.retention.anchor) or (table, None)
    zone = resource.zone(owner, column)
    kind = column.type if column else None

    def anchor(row: Mapping[str, object]) -> str | None:
        value = typed(row[ANCHOR], kind)
        if isinstance(value, str) and kind in (ColumnType.DATE, ColumnType.DATETIME):
            return None  # a text that is no date (SQLite) is nothing to count from
        shown = json_value(value, zone)
        return None if shown is None else str(shown)

    return anchor
