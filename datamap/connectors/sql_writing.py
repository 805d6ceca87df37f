"""Erasing in a SQL source, within one transaction and one permit.

Safety principle: every statement carries the whole condition of what it may touch, so that a row
whose state has changed since it was planned is left alone, and what was touched is told exactly.
"""

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.selectable import FromClause, NamedFromClause

from datamap.connectors.sql_anonymising import anonymised_columns, replaced
from datamap.connectors.sql_conditions import (
    Condition,
    Conditions,
    Known,
    all_of,
    among,
    as_sql,
    bare_table,
    in_range,
    negated,
)
from datamap.connectors.sql_days import types_in
from datamap.connectors.sql_errors import source_error
from datamap.connectors.sql_matching import table_clause
from datamap.connectors.sql_partitions import leaf_clause
from datamap.connectors.sql_tally import lanes, sums, tally
from datamap.connectors.sql_transactions import changed_rows
from datamap.domain.erasing import BlockRange, KeyRange, NotPermitted, Permit, Tally
from datamap.domain.hanging import Hanging, companions, counted_from_below
from datamap.domain.schema import Resource, Table, Through
from datamap.domain.vocabulary import Erasing

_KEY_BYTES = 32


def _within(table: Table, of: FromClause, within: KeyRange | BlockRange) -> Known:
    if isinstance(within, KeyRange):
        return in_range(table, of, within)
    ctid: sa.ColumnClause[Any] = sa.literal_column("ctid")
    first: sa.ColumnClause[Any] = sa.literal_column(f"'({within.first},0)'::tid")
    end: sa.ColumnClause[Any] = sa.literal_column(f"'({within.end},0)'::tid")
    return sa.and_(ctid >= first, ctid < end)


def refuse_other_resource(resource: Resource, permit: Permit) -> None:
    """Raise NotPermitted where the permit speaks of another resource."""
    if permit.resource != resource.id:
        raise NotPermitted(f"This permit is for {permit.resource}, not for {resource.id}.")


class SqlErasing:
    """Erases the rows of a permit in one transaction.

    The rows are counted and hashed first, then changed by the same condition, which costs less
    than to have each changed row returned. Both statements see the same rows: PostgreSQL has one
    snapshot for both and refuses a row that somebody has changed since, MariaDB locks the rows as
    it counts them, SQLite lets nobody else write.
    """

    def __init__(self, resource: Resource, connection: Connection, permit: Permit) -> None:
        self._resource = resource
        self._connection = connection
        self._scope = permit.scope
        self._types = types_in(connection, resource)
        self._conditions = Conditions(resource, permit.scope, self._types)
        self._key = secrets.token_hex(_KEY_BYTES)
        self._started: set[str] = set()
        # Rows found due before rows went from which their retention is counted.
        self._remembered: dict[str, list[tuple[object, ...]]] = {}

    def erase(self, table: Table, within: KeyRange | None) -> Tally:
        """See `Writer.erase`."""
        self._remember(table)
        return self._erase(table, lambda of: in_range(table, of, within))

    def purge(self, table: Table, within: KeyRange | BlockRange, *, leaf: str = "") -> int:
        """Erase the rows within a stretch of the table, or of its partition `leaf`, that go now.

        What a row's retention counts from goes with that row, and not by itself, for without it
        nobody could tell that the row is due. Returns how many rows of `table` went.
        """
        ways = companions(self._resource, table)
        if not ways:
            here = leaf_clause(table, leaf) if leaf else bare_table(table)
            going = self._conditions.going(table, here)
            condition = all_of(going, _within(table, here, within), self._free(table, here))
            if condition is False:
                return 0
            statement = self._statement(table, here, as_sql(condition))
            return changed_rows(self._connection, statement)
        keys = self._keys_of(table, within if isinstance(within, KeyRange) else None)
        if not keys:
            return 0
        self._remembered[table.name] = keys
        for path in ways:
            child = self._resource.table(path[-1].child)
            self._erase(child, partial(self._below, path, keys=keys))
        return self._erase(table, lambda _of: True).rows

    def _erase(self, table: Table, only: Callable[[FromClause], Known]) -> Tally:
        self._started.add(table.name)
        here = bare_table(table)
        going = self._conditions.allowed(table, here, self._taken(table, here))
        condition = all_of(going, only(here))
        if condition is False:
            return Tally()
        if self._types.backend == "postgresql" and self._takes_long(table, here):
            return self._at_once(table, here, as_sql(condition))
        counted = self._counted(table, here, as_sql(condition))
        if counted.rows:
            statement = self._statement(table, here, as_sql(condition))
            if changed_rows(self._connection, statement) != counted.rows:
                # A trigger passed rows over; on MariaDB also a row that has come in between.
                code = "changed" if self._types.backend == "mysql" else "constraint"
                raise source_error(code, self._resource, table.name)
        return counted

    def _takes_long(self, table: Table, here: sa.TableClause) -> bool:
        """Tell whether rows join rows of a table that may have as many, up or down."""
        parents = (one.through for one in table.find if isinstance(one, Through))
        many = any(not self._resource.table(name).identifies for name in parents)
        return many or bool(self._conditions.needs(table, here))

    def _taken(self, table: Table, of: NamedFromClause) -> Known:
        if table.name in self._remembered:
            return among(table, of, self._remembered[table.name])
        return self._conditions.treated(table, of)

    def _remember(self, table: Table) -> None:
        """Note which rows elsewhere are due, while the rows their retention counts from are there.

        A customer's retention counts from its contracts, and these go before it.
        """
        for other in self._resource.tables:
            known = other.name in self._remembered or other.name in self._started
            counts_here = table.name in counted_from_below(self._resource, other)
            if counts_here and self._waits(other) and not known:
                self._remembered[other.name] = self._keys_of(other)

    def _keys_of(self, table: Table, within: KeyRange | None = None) -> list[tuple[object, ...]]:
        here = table_clause(table)
        key = [here.c[name] for name in table.primary_key]
        ranged = in_range(table, here, within)
        going = all_of(self._conditions.going(table, here), ranged, self._free(table, here))
        if going is False:
            return []
        keys = sa.select(*key).where(as_sql(going)).order_by(*key)
        return [tuple(row) for row in self._connection.execute(keys)]

    def _free(self, table: Table, of: FromClause) -> Known:
        """Rows that no other row takes along when it is purged."""
        return all_of(
            *(
                negated(self._below(path, of))
                for other in self._resource.tables
                for path in companions(self._resource, other)
                if path[-1].child == table.name
            )
        )

    def _below(
        self,
        path: Sequence[Hanging],
        of: FromClause,
        *,
        keys: Sequence[tuple[object, ...]] | None = None,
    ) -> Known:
        """Rows that hang, by `path`, on a row with one of `keys`; None: on any row."""
        upward = path[::-1]
        tables = [self._resource.table(step.parent) for step in upward]
        above = [table_clause(table) for table in tables]
        joins = [
            child.c[ours] == parent.c[theirs]
            for step, child, parent in zip(upward, (of, *above[:-1]), above, strict=True)
            for ours, theirs in step.on
        ]
        chosen = True if keys is None else among(tables[-1], above[-1], keys)
        condition = as_sql(all_of(*joins, chosen))
        return sa.exists(sa.select(1).select_from(*above).where(condition))

    def _waits(self, table: Table) -> bool:
        treatment = self._scope.treatment(table.name)
        return treatment.action is not Erasing.KEEP and treatment.due_before is not None

    def _counted(self, table: Table, here: sa.TableClause, condition: Condition) -> Tally:
        totals = sums(self._types.backend, lanes(self._types, table, here))
        query = sa.select(*totals).select_from(here).where(condition)
        if self._types.backend == "mysql":
            query = query.with_for_update()
        return tally(*self._connection.execute(query).one())

    def _at_once(self, table: Table, here: sa.TableClause, condition: Condition) -> Tally:
        """Change the rows and count what was changed: quicker where finding them takes long."""
        hashed = [
            one.label(f"lane{place}") for place, one in enumerate(lanes(self._types, table, here))
        ]
        gone = self._statement(table, here, condition).returning(*hashed).cte("gone")
        totals = sums(self._types.backend, [gone.c[one.name] for one in hashed])
        return tally(*self._connection.execute(sa.select(*totals).select_from(gone)).one())

    def _statement(
        self, table: Table, here: sa.TableClause, condition: Condition
    ) -> sa.Delete | sa.Update:
        if self._scope.treatment(table.name).action is Erasing.DELETE:
            return sa.delete(here).where(condition)
        values: dict[str, Any] = {
            column.name: replaced(self._types.backend, column, here.c[column.name], self._key)
            for column in anonymised_columns(table)
        }
        return sa.update(here).where(condition).values(values)
