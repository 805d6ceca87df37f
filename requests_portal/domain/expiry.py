"""Until when a collected row is kept: the map's anchor and the retention rule together."""

from datetime import date, datetime
from functools import lru_cache

from datamap.domain.lines import Anchors, is_countable
from datamap.domain.schema import Resource, Table
from lib.days import DayOutOfRange
from lib.entities import entity
from retention.domain.expiry import expires_at

_MODERN = "1970"
_REMEMBERED = 20_000


class KeptRange:
    """The span of end dates in a table, gathered while its rows stream by."""

    def __init__(self, *, table: Table, resource: Resource) -> None:
        self._table, self._resource = table, resource
        self.earliest: datetime | None = None
        self.latest: datetime | None = None
        #: True when a row has no end date yet, such as an invoice of a running contract.
        self.open_ended = False

    def add(self, anchors: Anchors) -> None:
        """Take in the anchors of further rows: the later the anchor, the later the end."""
        self.open_ended |= anchors.some_without
        for anchor in (anchors.earliest, anchors.latest):
            until = kept_until(anchor, table=self._table, resource=self._resource)
            if until is not None:
                self.earliest = until if self.earliest is None else min(self.earliest, until)
                self.latest = until if self.latest is None else max(self.latest, until)


class EndDates:
    """The end dates of many rows of one table, as texts; rows of one hour share one."""

    def __init__(self, *, table: Table, resource: Resource) -> None:
        self._table, self._resource = table, resource
        self._known: dict[str, str | None] = {}

    def of(self, anchor: str | None) -> str | None:
        """Return `kept_until` as an ISO instant."""
        if anchor is None:
            return None
        # A day begins with an hour, here and there, since clocks differ by whole hours.
        is_plain = anchor[-6:-5] in {"+", "-"} and anchor[-3:] == ":00" and anchor >= _MODERN
        key = anchor[:13] + anchor[-6:] if is_plain else anchor
        if key not in self._known:
            if len(self._known) == _REMEMBERED:
                self._known.clear()
            until = kept_until(anchor, table=self._table, resource=self._resource)
            self._known[key] = until.isoformat() if until else None
        return self._known[key]


def kept_until(anchor: str | None, *, table: Table, resource: Resource) -> datetime | None:
    """Return the instant from which the row is due for erasure; None while it has none yet.

    An anchor outside the calendar (year 9999 as "never") gives no end date either.
    """
    if anchor is None or not is_countable(anchor):
        return None
    return _expiry(_local_day(anchor, resource.entity), table.category.value, resource.entity)


def _local_day(anchor: str, entity_code: str) -> date:
    if "T" not in anchor:
        return date.fromisoformat(anchor)
    return datetime.fromisoformat(anchor).astimezone(entity(entity_code).tz).date()


@lru_cache(maxsize=4096)
def _expiry(day: date, category: str, entity_code: str) -> datetime | None:
    try:
        return expires_at(category=category, anchor=day, entity=entity(entity_code))
    except DayOutOfRange:
        return None
