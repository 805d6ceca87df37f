"""Corrections and restriction marks, as statements that check and write in one.

Safety principle: a field is written only where the row is the person's and the old value is still
there; the same statement looks and writes.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import NamedFromClause

from datamap.connectors.base import FieldChange, JSONValue
from datamap.connectors.sql_comparing import is_one_of
from datamap.connectors.sql_conditions import Conditions, all_of, as_sql, bare_table, negated
from datamap.connectors.sql_days import sqlite_instant, types_in
from datamap.connectors.sql_transactions import changed_rows
from datamap.domain.correcting import NotCorrectable, correctable_column
from datamap.domain.erasing import NotPermitted, Permit
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import ColumnType


def _boolean(value: object) -> bool:
    if not isinstance(value, bool | int):
        raise TypeError
    return bool(value)


def _json(value: JSONValue) -> sa.Cast[Any]:
    return sa.cast(sa.literal(json.dumps(value), sa.Text()), postgresql.JSONB)


_Kind = sa.types.TypeEngine[Any]
_PLAIN: tuple[tuple[type[_Kind], Callable[[Any], object]], ...] = (
    (sa.Date, date.fromisoformat),
    (sa.Time, time.fromisoformat),
    (sa.Float, float),
    (sa.Numeric, lambda value: Decimal(str(value))),
    (sa.Boolean, _boolean),
    (sa.Integer, int),
    (sa.Uuid, lambda value: UUID(str(value))),
    (sa.LargeBinary, lambda value: base64.b64decode(value["base64"], validate=True)),
)


class SqlCorrecting:
    """Corrects and marks the rows of one person in one transaction."""

    def __init__(self, resource: Resource, connection: Connection, permit: Permit) -> None:
        self._resource = resource
        self._connection = connection
        self._scope = permit.scope
        self._types = types_in(connection, resource)
        self._conditions = Conditions(resource, permit.scope, self._types)
        # A row whose e-mail address was corrected is the person's still.
        self._theirs: set[tuple[str, tuple[object, ...]]] = set()

    def rectify(self, table: Table, change: FieldChange) -> bool:
        """See `Writer.rectify`."""
        self._of_one_person()
        correctable_column(self._resource, table, change.column)
        here = bare_table(table)
        key = tuple(self._value(table, name, change.row[name]) for name in table.primary_key)
        row = [here.c[name] == value for name, value in zip(table.primary_key, key, strict=True)]
        known = (table.name, key) in self._theirs
        mine = True if known else self._conditions.mine(table, here)
        condition = all_of(sa.and_(*row), self._still(table, here, change), mine)
        if condition is False:
            return False
        new = self._value(table, change.column, change.new)
        statement = sa.update(here).where(as_sql(condition)).values({change.column: new})
        changed = changed_rows(self._connection, statement) == 1
        if changed:
            self._theirs.add((table.name, key))
        return changed

    def restrict(self, table: Table, *, restricted: bool) -> int:
        """See `Writer.restrict`."""
        self._of_one_person()
        if table.restriction_column is None:
            return 0
        here = bare_table(table)
        mark = here.c[table.restriction_column]
        # A mark stays while another restriction asks for it.
        asked = restricted or negated(self._conditions.excluded(table, here))
        mine = self._conditions.mine(table, here)
        condition = all_of(mine, mark.is_distinct_from(restricted), asked)
        if condition is False:
            return 0
        statement = sa.update(here).where(as_sql(condition)).values({mark.name: restricted})
        return changed_rows(self._connection, statement)

    def _of_one_person(self) -> None:
        if self._scope.keys is None:
            raise NotPermitted("This permit is for everybody's rows, not for one person's.")

    def _still(self, table: Table, of: NamedFromClause, change: FieldChange) -> ColumnElement[bool]:
        """Return the condition that the old value is still there; NULL is a value here."""
        column, old = of.c[change.column], self._value(table, change.column, change.old)
        there: ColumnElement[Any] = column
        if self._is_json(table, change.column):
            there = sa.cast(column, postgresql.JSONB)
            old = None if change.old is None else _json(change.old)
        elif self._is_instant_as_text(table, change.column):
            zone = self._resource.zone(table, table.column(change.column)).key
            there, old = sqlite_instant(column, zone), sqlite_instant(sa.literal(old), zone)
        elif self._types.backend == "mysql" and isinstance(old, str):
            return is_one_of(column, [old], "mysql")  # "anna" is not "Anna", whatever the collation
        return there.is_not_distinct_from(old)

    def _is_json(self, table: Table, name: str) -> bool:
        kind = self._types.of(table.name, name)
        return self._types.backend == "postgresql" and isinstance(kind, sa.JSON)

    def _is_instant_as_text(self, table: Table, name: str) -> bool:
        datetimes = table.column(name).type is ColumnType.DATETIME
        return self._types.backend == "sqlite" and datetimes

    def _value(self, table: Table, name: str, given: JSONValue) -> object:
        """Return what the driver has to be given for a JSON value; NotCorrectable for another."""
        if given is None:
            return None
        try:
            return self._converted(table, name, given)
        except (ValueError, TypeError, ArithmeticError, KeyError):
            raise NotCorrectable("value", table=table.name, column=name) from None

    def _converted(self, table: Table, name: str, given: JSONValue) -> object:
        kind = self._types.of(table.name, name)
        if self._types.backend == "sqlite":
            return self._for_sqlite(table, name, given, kind)
        if isinstance(kind, sa.DateTime):
            return self._instant(table, name, given, kind)
        if self._is_json(table, name):
            return _json(given)
        for theirs, convert in _PLAIN:
            if isinstance(kind, theirs):
                return convert(given)
        return given

    def _instant(self, table: Table, name: str, given: JSONValue, kind: _Kind) -> datetime:
        zone = self._resource.zone(table, table.column(name))
        instant = datetime.fromisoformat(str(given))
        aware = instant if instant.tzinfo else instant.replace(tzinfo=zone)
        if getattr(kind, "timezone", False):
            return aware
        return aware.astimezone(self._types.clock(kind, zone)).replace(tzinfo=None)

    def _for_sqlite(self, table: Table, name: str, given: JSONValue, kind: _Kind) -> object:
        """SQLite holds days and instants as text: in the form in which it gives them itself."""
        if table.column(name).type is ColumnType.DATETIME:
            return self._instant(table, name, given, sa.DateTime()).isoformat(sep=" ")
        if table.column(name).type is ColumnType.DATE:
            return date.fromisoformat(str(given)).isoformat()
        if isinstance(kind, sa.LargeBinary) and isinstance(given, Mapping):
            return base64.b64decode(str(given["base64"]), validate=True)
        return given
