"""Days of anchors in the source's own terms: is one before a local day, and which day is it.

What a column holds (a date, an instant, a local time, text) is asked of the source, not guessed.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.sql import ColumnElement

from datamap.connectors.sql_anchors import anchor_column
from datamap.domain.schema import Resource, Table
from lib.entities import entity

_SQLITE_LOCAL_DAY, _SQLITE_INSTANT = "privacy_local_day", "privacy_instant"
_DAY_ONLY = len("2026-01-31")
_QUARTER = 900  # seconds: the offset of every zone is a multiple of it
_STEP = timedelta(seconds=_QUARTER)


class ColumnTypes:
    """The types of columns as the source has them, asked once a schema for all of `tables`."""

    def __init__(self, connection: Connection, tables: Iterable[Table] = ()) -> None:
        self._connection = connection
        self._tables = frozenset(table.name for table in tables)
        self._known: dict[str, Mapping[str, sa.types.TypeEngine[Any]]] = {}

    @property
    def backend(self) -> str:
        """Return postgresql, mysql (MariaDB too) or sqlite."""
        name = self._connection.dialect.name
        return "mysql" if name == "mariadb" else name

    def of(self, table: str, column: str) -> sa.types.TypeEngine[Any]:
        """Return the type of a column; raise NoSuchTableError or NoSuchColumnError."""
        if table not in self._known:
            self._ask(table)
        if column not in self._known[table]:
            raise sa.exc.NoSuchColumnError
        return self._known[table][column]

    def _ask(self, table: str) -> None:
        schema = table.rpartition(".")[0]
        wanted = {table, *(one for one in self._tables if one.rpartition(".")[0] == schema)}
        bare = {name.rpartition(".")[2]: name for name in wanted}
        found = sa.inspect(self._connection).get_multi_columns(
            schema=schema or None, filter_names=list(bare), kind=ObjectKind.ANY
        )
        for (_schema, name), columns in found.items():
            self._known[bare[name]] = {str(one["name"]): one["type"] for one in columns}
        if table not in self._known:
            raise sa.exc.NoSuchTableError(table)

    def clock(self, kind: sa.types.TypeEngine[Any], zone: ZoneInfo) -> ZoneInfo:
        """Return in which zone a timestamp without one is shown, where the map says `zone`.

        A MariaDB TIMESTAMP is shown in the session's zone, which is UTC with us.
        """
        utc = self.backend == "mysql" and isinstance(kind, sa.TIMESTAMP)
        return ZoneInfo("UTC") if utc else zone


def types_in(connection: Connection, resource: Resource) -> ColumnTypes:
    """Return the column types of a resource, asked once for as long as the connection is open."""
    known: dict[str, ColumnTypes] = connection.info.setdefault("column_types", {})
    if resource.id not in known:
        known[resource.id] = ColumnTypes(connection, resource.tables)
    return known[resource.id]


@dataclass(frozen=True)
class AnchorDays:
    """How the anchor of one table is compared with days, and turned into them."""

    before: Callable[[ColumnElement[Any], date], ColumnElement[bool]]
    day: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    #: From what `day` gives to a date; None stays None.
    read: Callable[[Any], date | None]
    of_text: bool = False

    def least(self, of: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the earliest day of a group of rows, as `day` gives it."""
        if self.of_text:  # texts of one instant differ
            return sa.func.min(self.day(of))
        return self.day(sa.func.min(of))


def anchor_days(resource: Resource, table: Table, types: ColumnTypes) -> AnchorDays:
    """Return how anchors of `table` are read; the table has one."""
    anchor = table.retention.anchor
    if anchor is None:
        raise LookupError(f"{table.name} has no anchor")
    owner, column = anchor_column(resource, table, anchor) or (table, None)
    zone, local = resource.zone(owner, column), entity(resource.entity).tz
    if types.backend == "sqlite":
        return _by_function(zone, local)
    name, owning = _stands_in(resource, table)
    kind = types.of(owning, name)
    if isinstance(kind, sa.Date):
        days = AnchorDays(lambda of, day: of < day, lambda of: of, lambda value: value)
    elif types.backend == "postgresql":
        return _of_postgres(zone, local, aware=bool(getattr(kind, "timezone", False)))
    else:
        days = _of_mysql(types.clock(kind, zone), local)
    return _without_zero_dates(days) if types.backend == "mysql" else days


def _without_zero_dates(days: AnchorDays) -> AnchorDays:
    """Take the 0000-00-00 of MariaDB for what it means: there is no date, so nothing is due."""

    def before(of: ColumnElement[Any], day: date) -> ColumnElement[bool]:
        return sa.and_(days.before(of, day), of > date.min)

    return replace(days, before=before)


def _stands_in(resource: Resource, table: Table) -> tuple[str, str]:
    """Return the name of the anchor's column and of the table it stands in."""
    anchor, owner = table.retention.anchor, table.name
    while anchor is not None and anchor.column is None:
        owner = str(anchor.through)
        anchor = resource.table(owner).retention.anchor
    if anchor is None:
        raise LookupError(f"{owner} has no anchor of its own")
    return str(anchor.column), anchor.through or owner


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _of_postgres(zone: ZoneInfo, local: ZoneInfo, *, aware: bool) -> AnchorDays:
    def before(of: ColumnElement[Any], day: date) -> ColumnElement[bool]:
        instant = _midnight(day, local)
        # An instant as UTC, a local time as the clock in its zone shows it at that instant.
        shown = instant.astimezone(UTC)
        return of < (shown if aware else instant.astimezone(zone).replace(tzinfo=None))

    def local_day(of: ColumnElement[Any]) -> ColumnElement[Any]:
        instant = of if aware else sa.func.timezone(zone.key, of)
        return sa.cast(sa.func.timezone(local.key, instant), sa.Date)

    return AnchorDays(before, local_day, lambda value: value)


def _of_mysql(zone: ZoneInfo, local: ZoneInfo) -> AnchorDays:
    """MariaDB may not know zones by name: it counts quarters of an hour, we make days of them."""

    def before(of: ColumnElement[Any], day: date) -> ColumnElement[bool]:
        return of < _midnight(day, local).astimezone(zone).replace(tzinfo=None)

    if zone == local:
        return AnchorDays(before, lambda of: sa.cast(of, sa.Date), lambda value: value)

    def quarter(of: ColumnElement[Any]) -> ColumnElement[Any]:
        seconds = sa.func.timestampdiff(sa.text("SECOND"), sa.literal_column("'2000-01-01'"), of)
        return sa.func.floor(seconds / _QUARTER)

    def read(value: int | None) -> date | None:
        if value is None:
            return None
        shown = datetime(2000, 1, 1) + int(value) * _STEP  # noqa: DTZ001 (the zone comes next)
        return shown.replace(tzinfo=zone).astimezone(local).date()

    return AnchorDays(before, quarter, read)


def _by_function(zone: ZoneInfo, local: ZoneInfo) -> AnchorDays:
    def local_day(of: ColumnElement[Any]) -> ColumnElement[Any]:
        return sa.Function(_SQLITE_LOCAL_DAY, of, zone.key, local.key, type_=sa.String())

    def before(of: ColumnElement[Any], day: date) -> ColumnElement[bool]:
        return local_day(of) < day.isoformat()

    return AnchorDays(
        before,
        local_day,
        lambda text: None if text is None else date.fromisoformat(text),
        of_text=True,
    )


@lru_cache(maxsize=16)
def _zone(key: str) -> ZoneInfo:
    return ZoneInfo(key)


def sqlite_instant(of: ColumnElement[Any], zone: str) -> ColumnElement[str]:
    """Return the instant of an ISO text in one form, however it is written."""
    return sa.Function(_SQLITE_INSTANT, of, zone, type_=sa.String())


def sqlite_day(value: object, zone: str, local: str) -> str | None:
    """Return the local day of an ISO text; None for what is no date, which so has no anchor."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == _DAY_ONLY:
            return date.fromisoformat(value).isoformat()
        return _aware(value, zone).astimezone(_zone(local)).date().isoformat()
    except ValueError:
        return None


def _instant(value: object, zone: str) -> str | None:
    """Return an ISO text in UTC; what is no instant as it is."""
    try:
        return None if value is None else _aware(str(value), zone).astimezone(UTC).isoformat()
    except ValueError:
        return str(value)


def _aware(text: str, zone: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=_zone(zone))


def register_days(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the functions that the expressions above call."""
    connection.create_function(_SQLITE_LOCAL_DAY, 3, sqlite_day, deterministic=True)
    connection.create_function(_SQLITE_INSTANT, 2, _instant, deterministic=True)
