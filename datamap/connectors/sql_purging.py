"""Purging a part of a table in a SQL source: stretch by stretch, each stretch a transaction.

What is due is not looked for first. Each statement walks one stretch and takes what is due in it
by the whole condition of its permit: blocks of the heap as they lie (PostgreSQL), or a range of
the primary key. So a purge reads each row once, wherever the due rows lie, and holds its locks for
one stretch alone.

PostgreSQL: READ COMMITTED where a stretch is one statement, so that a row that somebody changes at
that moment is waited for and looked at again, and nothing has to be repeated.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection

from datamap.connectors.base import Stretch
from datamap.connectors.sql_conditions import as_sql, in_range
from datamap.connectors.sql_engine import engine_for
from datamap.connectors.sql_errors import told_as_source_error
from datamap.connectors.sql_matching import table_clause
from datamap.connectors.sql_obstacles import obstacle_in
from datamap.connectors.sql_partitions import drop_leaf
from datamap.connectors.sql_transactions import begin, give_functions
from datamap.connectors.sql_writing import SqlErasing, refuse_other_resource
from datamap.domain.erasing import BlockRange, KeyRange, Part, PartKind, Permit
from datamap.domain.hanging import companions
from datamap.domain.schema import Pace, Resource, Table
from datamap.domain.vocabulary import Obstacle

#: Rows of a block, if nothing is known of it: what a block is taken for as a size of rows.
_ROWS_IN_BLOCK = 64
#: Keys of rows that take others along travel to us and back.
_MOST_WITH_COMPANIONS = 5_000


class SqlPurging:
    """Purges one part of a table over one connection."""

    def __init__(
        self, resource: Resource, table: Table, part: Part, connection: Connection
    ) -> None:
        self._resource = resource
        self._table = table
        self._part = part
        self._connection = connection
        self._in_company = bool(companions(resource, table))

    def stretch(self, after: Stretch, *, size: int) -> Stretch:
        """See `Purging.stretch`."""
        if self._part.kind is PartKind.PARTITION:
            return None
        if self._part.kind is PartKind.BLOCKS:
            return self._blocks(after, max(1, size // _ROWS_IN_BLOCK))
        if isinstance(after, KeyRange) and after.up_to is None:
            return None
        start = after.up_to if isinstance(after, KeyRange) else None
        if self._in_company:
            size = min(size, _MOST_WITH_COMPANIONS)
        return KeyRange(start, self._key_after(start, size))

    def _blocks(self, after: Stretch, count: int) -> Stretch:
        whole = self._part.blocks
        if whole is None:
            raise ValueError("a part of blocks names them")
        first = after.end if isinstance(after, BlockRange) else whole.first
        return BlockRange(first, min(first + count, whole.end)) if first < whole.end else None

    def _key_after(self, start: tuple[object, ...] | None, size: int) -> tuple[object, ...] | None:
        """Return the key `size` rows after `start`; None where there are not so many."""
        here = table_clause(self._table)
        key = [here.c[name] for name in self._table.primary_key]
        condition = as_sql(in_range(self._table, here, KeyRange(start, None)))
        query = sa.select(*key).where(condition).order_by(*key).limit(1).offset(size - 1)
        with self._transaction():
            found = self._connection.execute(query).first()
        return tuple(found) if found is not None else None

    def erase(self, permit: Permit, within: Stretch) -> int:
        """See `Purging.erase`."""
        refuse_other_resource(self._resource, permit)
        if self._part.kind is PartKind.PARTITION:
            with told_as_source_error(self._resource, self._table.name):
                drop_leaf(self._connection, self._resource, self._table, permit, self._part.leaf)
            return 0  # nobody counts them: what was due before and is not found afterwards went
        if within is None:
            raise ValueError("a stretch is needed")
        with self._transaction(one_statement=not self._in_company):
            erasing = SqlErasing(self._resource, self._connection, permit)
            gone = erasing.purge(self._table, within, leaf=self._part.leaf)
            self._connection.commit()
        return gone

    def obstacle(self, pace: Pace) -> Obstacle | None:
        """See `Purging.obstacle`."""
        with self._transaction():
            return obstacle_in(self._connection, self._table, pace)

    @contextmanager
    def _transaction(self, *, one_statement: bool = True) -> Iterator[None]:
        """Open a transaction; what was not committed inside is rolled back."""
        with told_as_source_error(self._resource, self._table.name):
            try:
                begin(self._connection, one_statement=one_statement)
                yield
            finally:
                self._connection.rollback()


@contextmanager
def purging(resource: Resource, table: Table, part: Part) -> Iterator[SqlPurging]:
    """Open one connection for the purge of a part; see `Connector.purging`."""
    with told_as_source_error(resource):
        connection = engine_for(resource).connect()
    try:
        give_functions(connection)
        yield SqlPurging(resource, table, part, connection)
    finally:
        connection.close()
