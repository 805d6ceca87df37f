"""A relational database as a source, read through SQLAlchemy Core."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.selectable import NamedFromClause

from datamap.connectors.base import ExtractedRow, FieldChange, Reader, Writer
from datamap.connectors.sql_anchors import anchor_column, anchored
from datamap.connectors.sql_correcting import SqlCorrecting
from datamap.connectors.sql_engine import reading
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_matching import Condition, matching, table_clause
from datamap.connectors.sql_survey import steps_of, survey_of
from datamap.connectors.sql_transactions import give_functions, writing
from datamap.connectors.sql_values import json_value, shown_by, typed
from datamap.connectors.sql_writing import SqlErasing, refuse_other_resource
from datamap.domain.erasing import KeyRange, Permit, Scope, Survey, Tally
from datamap.domain.keys import FoundKey, Resolved, SubjectKeys
from datamap.domain.schema import Column, Resource, Table
from datamap.domain.vocabulary import KeyKind
from lib.identifiers import (
    InvalidEmail,
    InvalidPhone,
    normalise_customer_number,
    normalise_email,
    normalise_phone,
)

_ROWS_AT_ONCE = 1000
_ANCHOR = "anchor of retention"  # no column is named with blanks by accident


class SqlConnector:
    """Reads one SQL resource; each call sees a snapshot of its own, see `snapshot`."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    def health(self) -> None:
        """Return if the database answers a query; raise SourceError otherwise."""
        with reading(self.resource) as connection, told_as_source_error(self.resource):
            connection.execute(sa.select(1)).scalar_one()

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """Open one read-only snapshot for several tables."""
        with reading(self.resource) as connection:
            yield SqlReader(self.resource, connection)

    def locate(self, keys: SubjectKeys) -> Resolved:
        """See `Reader.locate`."""
        with self.snapshot() as reader:
            return reader.locate(keys)

    def count(self, table: Table, keys: SubjectKeys) -> int:
        """See `Reader.count`."""
        with self.snapshot() as reader:
            return reader.count(table, keys)

    @contextmanager
    def extract(self, table: Table, keys: SubjectKeys) -> Iterator[Iterator[ExtractedRow]]:
        """See `Reader.extract`."""
        with self.snapshot() as reader, reader.extract(table, keys) as rows:
            yield rows

    def survey(self, table: Table, scope: Scope) -> Survey:
        """See `Reader.survey`."""
        with self.snapshot() as reader:
            return reader.survey(table, scope)

    def steps(self, table: Table, scope: Scope, *, size: int) -> Iterator[KeyRange]:
        """See `Reader.steps`. The source is not held open while the ranges are used."""
        with self.snapshot() as reader:
            return iter(list(reader.steps(table, scope, size=size)))

    @contextmanager
    def writing(self, permit: Permit) -> Iterator[Writer]:
        """Open one writing transaction; NotPermitted with the permit of another resource."""
        refuse_other_resource(self.resource, permit)
        with writing(self.resource) as connection:
            yield SqlWriter(self.resource, connection, permit)

    def purge(self, table: Table, permit: Permit, *, limit: int) -> Tally:
        """See `Connector.purge`."""
        refuse_other_resource(self.resource, permit)
        with writing(self.resource) as connection:
            return SqlWriter(self.resource, connection, permit).purge(table, limit=limit)


class SqlReader:
    """Reads within one transaction."""

    def __init__(self, resource: Resource, connection: Connection) -> None:
        self._resource = resource
        self._connection = connection

    def locate(self, keys: SubjectKeys) -> Resolved:
        """Look once, by the given keys, at the tables that identify; values that are no proper
        identifier are passed over.
        """
        found: dict[tuple[str, str], FoundKey] = {}
        for table in self._resource.tables:
            if table.identifies:
                for kind, value in self._identifiers_in(table, keys):
                    if value not in keys.of(kind):
                        found.setdefault((kind, value), FoundKey(kind, value, table.name))
        return Resolved(_widened(keys, found.values()), tuple(found.values()))

    def _identifiers_in(self, table: Table, keys: SubjectKeys) -> Iterator[tuple[str, str]]:
        columns = [column for column in table.columns if column.identifier is not None]
        here = table_clause(table)
        condition = self._mine(table, here, keys)
        if condition is None or not columns:
            return
        names = dict.fromkeys(
            name for column in columns for name in (column.name, column.region_column) if name
        )
        query = sa.select(*(here.c[name] for name in names)).where(condition).distinct()
        with told_as_source_error(self._resource, table.name):
            for row in self._connection.execute(query).mappings():
                for column in columns:
                    value = _identifier(column, {str(name): row[name] for name in names})
                    if value is not None:
                        yield str(column.identifier), value

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
        with told_as_source_error(self._resource, table.name):
            result = self._connection.execute(
                query, execution_options={"stream_results": True, "yield_per": _ROWS_AT_ONCE}
            )
        try:
            yield self._rows(table, keys, result)
        finally:
            result.close()

    def query(self, table: Table, keys: SubjectKeys) -> sa.Select[Any] | None:
        """Return the one statement that reads the rows of `table`; None: nothing to ask."""
        here = table_clause(table)
        condition = self._mine(table, here, keys)
        if condition is None:
            return None
        anchor, source = anchored(self._resource, table, here)
        wanted = [here.c[name] for name in _read_columns(table, keys, self._resource)]
        extra = [] if anchor is None else [anchor.label(_ANCHOR)]
        order = [here.c[name] for name in table.primary_key]
        return sa.select(*wanted, *extra).select_from(source).where(condition).order_by(*order)

    def _rows(
        self, table: Table, keys: SubjectKeys, result: sa.CursorResult[Any]
    ) -> Iterator[ExtractedRow]:
        shown = shown_by(self._resource, table, keys)
        anchor = _anchor_reader(self._resource, table)
        controller = table.controller_column
        with told_as_source_error(self._resource, table.name):
            for row in result.mappings():
                values: Mapping[str, object] = row  # type: ignore[assignment] # keys are names
                key = values[controller] if controller is not None else None
                yield ExtractedRow(
                    values={name: show(values) for name, show in shown.items()},
                    anchor=anchor(values),
                    controller_key=None if key is None else str(key),
                )

    def survey(self, table: Table, scope: Scope) -> Survey:
        """See `Reader.survey`."""
        with told_as_source_error(self._resource, table.name):
            give_functions(self._connection)
            return survey_of(self._connection, self._resource, table, scope)

    def steps(self, table: Table, scope: Scope, *, size: int) -> Iterator[KeyRange]:
        """See `Reader.steps`."""
        with told_as_source_error(self._resource, table.name):
            give_functions(self._connection)
            yield from steps_of(self._connection, self._resource, table, scope, size)


class SqlWriter(SqlReader):
    """Changes rows within one transaction."""

    def __init__(self, resource: Resource, connection: Connection, permit: Permit) -> None:
        super().__init__(resource, connection)
        self._erasing = SqlErasing(resource, connection, permit)
        self._correcting = SqlCorrecting(resource, connection, permit)

    def erase(self, table: Table, within: KeyRange | None = None) -> Tally:
        """See `Writer.erase`."""
        with told_as_source_error(self._resource, table.name):
            return self._erasing.erase(table, within)

    def rectify(self, table: Table, change: FieldChange) -> bool:
        """See `Writer.rectify`."""
        with told_as_source_error(self._resource, table.name):
            return self._correcting.rectify(table, change)

    def restrict(self, table: Table, *, restricted: bool) -> int:
        """See `Writer.restrict`."""
        with told_as_source_error(self._resource, table.name):
            return self._correcting.restrict(table, restricted=restricted)

    def purge(self, table: Table, *, limit: int) -> Tally:
        """Erase the first `limit` rows that go now."""
        with told_as_source_error(self._resource, table.name):
            first = self._erasing.first(table, limit)
            return Tally() if first is None else self._erasing.erase(table, first)


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
        value = json_value(typed(row[_ANCHOR], kind), zone)
        return None if value is None else str(value)

    return anchor


def _identifier(column: Column, row: Mapping[str, object]) -> str | None:
    """Return the normalised identifier of a row; None where it is none."""
    given = row[column.name]
    text = "" if given is None else str(given).strip()
    if not text:
        return None
    try:
        if column.identifier == KeyKind.EMAIL:
            return normalise_email(text)
        if column.identifier == KeyKind.PHONE:
            region = row[column.region_column] if column.region_column else column.region
            return normalise_phone(text, region=str(region).strip() if region else None)
    except (InvalidEmail, InvalidPhone):
        return None
    return normalise_customer_number(text)


def _widened(keys: SubjectKeys, found: Iterable[FoundKey]) -> SubjectKeys:
    further: dict[str, list[str]] = {kind.value: [] for kind in KeyKind}
    for one in found:
        further[one.kind].append(one.value)
    return replace(
        keys,
        emails=(*keys.emails, *further[KeyKind.EMAIL]),
        phones=(*keys.phones, *further[KeyKind.PHONE]),
        customer_numbers=(*keys.customer_numbers, *further[KeyKind.CUSTOMER_NUMBER]),
    )
