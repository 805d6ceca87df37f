"""A relational database as a source, read through SQLAlchemy Core."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection

from datamap.connectors.base import ExtractedRow, FieldChange, Purging, Reader, Writer
from datamap.connectors.sql_correcting import SqlCorrecting
from datamap.connectors.sql_engine import reading
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_locating import SqlLocating
from datamap.connectors.sql_partitions import parts_of
from datamap.connectors.sql_purging import purging
from datamap.connectors.sql_survey import steps_of, survey_of
from datamap.connectors.sql_transactions import give_functions, writing
from datamap.connectors.sql_writing import SqlErasing, refuse_other_resource
from datamap.domain.erasing import KeyRange, Part, Permit, Scope, Survey, Tally
from datamap.domain.keys import FoundKey, Resolved, SubjectKeys
from datamap.domain.lines import Sink
from datamap.domain.links import LinkedColumn
from datamap.domain.schema import Resource, Table


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

    def links(self, columns: Collection[LinkedColumn], keys: SubjectKeys) -> tuple[FoundKey, ...]:
        """See `Reader.links`."""
        with self.snapshot() as reader:
            return reader.links(columns, keys)

    def identifiers(self, kinds: Collection[str]) -> Iterator[tuple[str, str]]:
        """See `Reader.identifiers`."""
        with self.snapshot() as reader:
            yield from reader.identifiers(kinds)

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

    def parts(self, table: Table, scope: Scope, *, at_most: int) -> tuple[Part, ...]:
        """See `Connector.parts`."""
        with reading(self.resource) as connection, told_as_source_error(self.resource, table.name):
            return parts_of(connection, self.resource, table, scope, at_most=at_most)

    @contextmanager
    def purging(self, table: Table, part: Part) -> Iterator[Purging]:
        """See `Connector.purging`."""
        with purging(self.resource, table, part) as purge:
            yield purge


class SqlReader(SqlLocating):
    """Reads within one transaction."""

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
