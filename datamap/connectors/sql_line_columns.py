"""Which columns PostgreSQL can write as JSON lines exactly as `sql_values` shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from psycopg2 import extensions
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement

from datamap.connectors import sql_fields
from datamap.connectors.sql_anchors import anchor_column
from datamap.connectors.sql_driver import driver_connection, types_of
from datamap.connectors.sql_values import own_spellings, shown_by
from datamap.domain.keys import SubjectKeys
from datamap.domain.lines import anchor_place, shown_columns
from datamap.domain.masking import masked
from datamap.domain.schema import Column, Resource, Table
from datamap.domain.vocabulary import ColumnClass, ColumnType, Mask

# Types by their number in pg_type, which never changes. What is in neither table, but known to
# the driver, is read in Python.
_BOOLEAN: Final = 16
_BYTES: Final = 17
_NUMERIC_ARRAY: Final = 1231
_TIMESTAMP: Final = 1114
_TIMESTAMP_WITH_ZONE: Final = 1184
_DATE: Final = 1082
_FREE_JSON: Final = 114  # kept as it was written
_JSON: Final = (_FREE_JSON, 3802)
_TEXTS: Final = (18, 19, 25, 1042, 1043, 650, 829, 869)  # and those the driver does not know
_QUOTED: Final = (*_TEXTS, _DATE, 1700, 2950)
_ARRAYS: Final = (1000, 1005, 1007, 1009, 1015, 1016)
#: Whether as a string, and what is changed.
_AS_IT_IS: Final[Mapping[int, tuple[bool, sql_fields.Change | None]]] = {
    **dict.fromkeys((20, 21, 23, 26), (False, None)),  # whole numbers
    **dict.fromkeys((700, 701), (False, sql_fields.numbers)),
    1083: (True, None),  # a time of day
    _TIMESTAMP_WITH_ZONE: (True, sql_fields.instants),
}
_IN_UTC: Final = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "UCT")


@dataclass(frozen=True)
class LineColumn:
    """One item of a line: what is selected, whether as a string, and what is changed in it.

    With `region`, the column that says in which country a number is read, `change` gets the fields
    of both.
    """

    expression: ColumnElement[Any]
    quoted: bool
    change: Any = None
    region: ColumnElement[Any] | None = None
    is_anchor: bool = False


class NotInSql(Exception):
    """A column is of a type that only Python shows as it is shown elsewhere."""


def line_columns(
    resource: Resource,
    table: Table,
    keys: SubjectKeys,
    connection: Connection,
    *,
    query: sa.Select[Any],
    anchor: str,
) -> list[LineColumn] | None:
    """Return one column for each item of a line of `query`, whose anchor is named `anchor`.

    None where the source cannot write the lines exactly as Python would. A statement that reads
    no row asks for the types, a second one if the anchor is in another table.
    """
    if connection.dialect.name != "postgresql":
        return None
    selected = dict(query.selected_columns.items())
    types = dict(types_of(connection, table.name, (name for name in selected if name != anchor)))
    if anchor in selected:
        owner, column = _where_anchored(resource, table)
        here = types if owner == table.name else {}
        types[anchor] = here.get(column) or types_of(connection, owner, [column])[column]
    try:
        return _LineColumns(resource, table, keys, connection).of(selected, types, anchor)
    except NotInSql:
        return None


def _where_anchored(resource: Resource, table: Table) -> tuple[str, str]:
    """Return the names of the table and the column that the anchor of `table` is in the end."""
    anchor = table.retention.anchor
    while anchor is not None:
        if anchor.column is not None:
            return anchor.through or table.name, anchor.column
        table = resource.table(str(anchor.through))
        anchor = table.retention.anchor
    raise LookupError(f"{table.name} has no anchor of its own")  # the map was checked for it


class _LineColumns:
    def __init__(
        self, resource: Resource, table: Table, keys: SubjectKeys, connection: Connection
    ) -> None:
        raw = driver_connection(connection)
        if raw.get_parameter_status("server_encoding") == "SQL_ASCII":
            raise NotInSql("Its texts may be in any encoding.")
        self._in_utc = raw.get_parameter_status("TimeZone") in _IN_UTC
        self._known = {*extensions.string_types, *raw.string_types}
        self._resource, self._table, self._keys = resource, table, keys

    def of(
        self,
        selected: Mapping[str, ColumnElement[Any]],
        types: Mapping[str, int],
        anchor: str,
    ) -> list[LineColumn]:
        columns = [
            self._third_party(column, selected, types)
            if column.column_class is ColumnClass.THIRD_PARTY
            else self._plain(column, selected[column.name], types[column.name])
            for column in shown_columns(self._table)
        ]
        place = anchor_place(self._table)
        if place == len(columns):
            columns.append(self._anchor(selected[anchor], types[anchor]))
        if place is not None:
            columns[place] = _as_anchor(columns[place])
        return columns

    def _plain(self, column: Column, of: ColumnElement[Any], oid: int) -> LineColumn:
        if column.type in (ColumnType.DATE, ColumnType.DATETIME) and not _is_day_or_time(oid):
            raise NotInSql("The map reads a text as a date.")
        return self._typed(of, oid, zone=self._resource.zone(self._table, column))

    def _typed(self, of: ColumnElement[Any], oid: int, *, zone: ZoneInfo) -> LineColumn:
        if oid in _QUOTED or oid not in self._known:
            return LineColumn(of, quoted=True)
        if oid == _TIMESTAMP:
            return LineColumn(of, quoted=True, change=sql_fields.local_times(zone))
        if oid == _TIMESTAMP_WITH_ZONE and not self._in_utc:
            raise NotInSql("Its instants are written in another zone.")
        if oid in _AS_IT_IS:
            quoted, change = _AS_IT_IS[oid]
            return LineColumn(of, quoted=quoted, change=change)
        if oid == _BOOLEAN:
            return LineColumn(sa.cast(of, sa.Text), quoted=False)
        change = sql_fields.free_documents if oid == _FREE_JSON else sql_fields.documents
        return LineColumn(_document(of, oid), quoted=True, change=change)

    def _anchor(self, of: ColumnElement[Any], oid: int) -> LineColumn:
        if self._table.retention.anchor is None:
            raise NotInSql("There is no anchor.")
        found = anchor_column(self._resource, self._table, self._table.retention.anchor)
        owner, column = found or (self._table, None)
        if not _is_day_or_time(oid):
            raise NotInSql("The anchor is no date or time to the source.")
        return self._typed(of, oid, zone=self._resource.zone(owner, column))

    def _third_party(
        self,
        column: Column,
        selected: Mapping[str, ColumnElement[Any]],
        types: Mapping[str, int],
    ) -> LineColumn:
        of, oid = selected[column.name], types[column.name]
        is_text = oid in _TEXTS or oid not in self._known
        if column.mask is Mask.ALL and (is_text or oid not in _JSON):
            return _hidden(of)
        if not is_text:
            raise NotInSql("A number in a third party's column.")
        show = shown_by(self._resource, self._table, self._keys)[column.name]
        name, region = column.name, column.region_column
        if region is None:
            own = own_spellings(column, self._keys)(column.region)
            change = sql_fields.third_parties(lambda value: show({name: value}), column.mask, own)
            return LineColumn(of, quoted=True, change=change)
        if types[region] not in _TEXTS:
            raise NotInSql("A country that is no text.")
        both = sql_fields.third_parties_by_region(
            lambda value, country: show({name: value, region: country})
        )
        return LineColumn(of, quoted=True, change=both, region=selected[region])


def _is_day_or_time(oid: int) -> bool:
    return oid in (_DATE, _TIMESTAMP, _TIMESTAMP_WITH_ZONE)


def _hidden(of: ColumnElement[Any]) -> LineColumn:
    """What is not shown at all does not leave the source."""
    shown = sa.case((of.is_not(None), sa.literal(masked("", Mask.ALL))))
    return LineColumn(shown, quoted=True)


def _document(of: ColumnElement[Any], oid: int) -> ColumnElement[Any]:
    """Return the expression whose text is the JSON of a value."""
    if oid in _JSON:
        return of
    if oid in _ARRAYS:
        return sa.func.to_json(of)
    if oid == _NUMERIC_ARRAY:
        return sa.func.to_json(sa.cast(of, ARRAY(sa.Text)))
    if oid == _BYTES:
        encoded = sa.func.replace(sa.func.encode(of, "base64"), "\n", "")
        return sa.literal('{"base64":"') + encoded + sa.literal('"}')
    raise NotInSql("The driver makes something of its own of this type.")


def _as_anchor(column: LineColumn) -> LineColumn:
    return replace(column, is_anchor=True, change=column.change or sql_fields.bare)
