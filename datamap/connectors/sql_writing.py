"""Changes to a SQL source, within one transaction and one permit.

Safety principle: every statement carries the whole condition of what it may touch, so that a row
whose state has changed since it was planned is left alone, and what was touched is told exactly.
"""

import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.selectable import NamedFromClause

from datamap.connectors.base import Reader
from datamap.connectors.errors import SourceError
from datamap.connectors.sql_anonymising import anonymised_columns, replaced
from datamap.connectors.sql_conditions import Conditions, Known, all_of, as_sql, in_range
from datamap.connectors.sql_days import ColumnTypes
from datamap.connectors.sql_errors import source_error
from datamap.connectors.sql_matching import table_clause
from datamap.connectors.sql_tally import lanes, sums, tally
from datamap.domain.erasing import KeyRange, NotPermitted, Permit, Tally
from datamap.domain.hanging import anchor_tables
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import Erasing

_KEY_BYTES = 32


class SqlErasing:
    """Erases the rows of a permit in one transaction."""

    def __init__(self, resource: Resource, connection: Connection, permit: Permit) -> None:
        self._resource = resource
        self._connection = connection
        self._scope = permit.scope
        self._types = ColumnTypes(connection)
        self._conditions = Conditions(resource, permit.scope, self._types)
        self._key = secrets.token_hex(_KEY_BYTES)
        self._started: set[str] = set()
        # Rows found due before rows went from which their retention is counted.
        self._remembered: dict[str, list[tuple[object, ...]]] = {}

    def erase(self, table: Table, within: KeyRange | None) -> Tally:
        """See `Writer.erase`."""
        self._remember(table)
        self._started.add(table.name)
        here = bare_table(table)
        going = self._conditions.allowed(table, here, self._taken(table, here))
        condition = all_of(going, in_range(table, here, within))
        if condition is False:
            return Tally()
        if self._types.backend == "postgresql":
            return self._in_one_statement(table, here, condition)
        return self._counted_first(table, here, condition)

    def _taken(self, table: Table, of: NamedFromClause) -> Known:
        if table.name in self._remembered:
            return among(table, of, self._remembered[table.name])
        return self._conditions.treated(table, of)

    def _remember(self, table: Table) -> None:
        """Note which rows elsewhere are due, while the rows their retention counts from are there.

        A customer's retention counts from its contracts, and these go before it.
        """
        for other in self._resource.tables:
            treatment = self._scope.treatment(other.name)
            counted = table.name in anchor_tables(self._resource, other) - {other.name}
            known = other.name in self._remembered or other.name in self._started
            waits = treatment.action is not Erasing.KEEP and treatment.due_before is not None
            if not (counted and waits) or known:
                continue
            here = table_clause(other)
            going = self._conditions.going(other, here)
            keys = sa.select(*(here.c[name] for name in other.primary_key)).where(as_sql(going))
            self._remembered[other.name] = [tuple(row) for row in self._connection.execute(keys)]

    def _statement(self, table: Table, here: NamedFromClause, condition: Known) -> Any:  # noqa: ANN401 (DELETE or UPDATE)
        if self._scope.treatment(table.name).action is Erasing.DELETE:
            return sa.delete(here).where(as_sql(condition))
        columns = anonymised_columns(table)
        values = {
            column.name: replaced(self._types.backend, column, here.c[column.name], self._key)
            for column in columns
        }
        return sa.update(here).where(as_sql(condition)).values(values)

    def _in_one_statement(self, table: Table, here: NamedFromClause, condition: Known) -> Tally:
        key = lanes("postgresql", [here.c[name] for name in table.primary_key])
        hashed = [one.label(f"lane{place}") for place, one in enumerate(key)]
        gone = self._statement(table, here, condition).returning(*hashed).cte("gone")
        totals = sums("postgresql", [gone.c[one.name] for one in hashed])
        return tally(*self._connection.execute(sa.select(*totals).select_from(gone)).one())

    def _counted_first(self, table: Table, here: NamedFromClause, condition: Known) -> Tally:
        key = lanes(self._types.backend, [here.c[name] for name in table.primary_key])
        totals = sa.select(*sums(self._types.backend, key)).select_from(here)
        locked = totals.where(as_sql(condition)).with_for_update()
        counted = tally(*self._connection.execute(locked).one())
        if counted.rows == 0:
            return counted
        done = self._connection.execute(self._statement(table, here, condition)).rowcount
        if done != counted.rows:  # the source's own traffic came between; nothing is committed
            raise changed_meanwhile(self._resource, table)
        return counted


def refuse_other_resource(resource: Resource, permit: Permit) -> None:
    """Raise NotPermitted where the permit speaks of another resource."""
    if permit.resource != resource.id:
        raise NotPermitted(f"This permit is for {permit.resource}, not for {resource.id}.")


def purge_range(writer: Reader, table: Table, permit: Permit, limit: int) -> KeyRange:
    """Return the range of the first `limit` rows that go."""
    return next(writer.steps(table, permit.scope, size=limit), KeyRange())


def bare_table(table: Table) -> NamedFromClause:
    """Return the table without an alias: not every database deletes from one."""
    alias = table_clause(table)
    bare = getattr(alias, "element", alias)
    assert isinstance(bare, NamedFromClause)  # noqa: S101 (for the type alone)
    return bare


def among(table: Table, of: NamedFromClause, keys: Sequence[tuple[object, ...]]) -> Known:
    """Return the condition that a row's key is one of `keys`."""
    if not keys:
        return False
    columns = [of.c[name] for name in table.primary_key]
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return sa.tuple_(*columns).in_(keys)


def changed_meanwhile(resource: Resource, table: Table) -> SourceError:
    return source_error("changed", resource, table.name)
