"""A relational database as a source, read through SQLAlchemy Core."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from datamap.connectors.base import ExtractedRow, FieldChange, Reader, Writer
from datamap.connectors.sql_correcting import SqlCorrecting
from datamap.connectors.sql_engine import reading
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_extracting import SqlExtracting
from datamap.connectors.sql_matching import table_clause
from datamap.connectors.sql_survey import steps_of, survey_of
from datamap.connectors.sql_transactions import give_functions, writing
from datamap.connectors.sql_writing import SqlErasing, refuse_other_resource
from datamap.domain.erasing import KeyRange, Permit, Scope, Survey, Tally
from datamap.domain.keys import FoundKey, Resolved, SubjectKeys
from datamap.domain.lines import Sink
from datamap.domain.schema import Column, Resource, Table
from datamap.domain.vocabulary import KeyKind
from lib.identifiers import (
    InvalidEmail,
    InvalidPhone,
    normalise_customer_number,
    normalise_email,
    normalise_phone,
)


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

    def lines(self, table: Table, keys: SubjectKeys, into: Sink) -> None:
        """See `Reader.lines`."""
        with self.snapshot() as reader:
            reader.lines(table, keys, into)

    def count_by_controller(self, table: Table, keys: SubjectKeys) -> Mapping[str | None, int]:
        """See `Reader.count_by_controller`."""
        with self.snapshot() as reader:
            return reader.count_by_controller(table, keys)

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


class SqlReader(SqlExtracting):
    """Reads within one transaction."""

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
