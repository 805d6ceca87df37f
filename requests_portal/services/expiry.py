"""Until when a collected row is kept: the map's anchor and the retention rule together."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from datamap.domain.schema import Resource, Table
from lib.days import DayOutOfRange, parse_day_or_instant
from lib.entities import entity
from retention.domain.expiry import expires_at


class KeptRange:
    """The span of end dates in a table, gathered while its rows stream by."""

    def __init__(self) -> None:
        self.earliest: datetime | None = None
        self.latest: datetime | None = None
        #: True when a row has no end date yet, such as an invoice of a running contract.
        self.open_ended = False

    def watch(self, lines: Iterable[tuple[bytes, datetime | None]]) -> Iterator[bytes]:
        for line, until in lines:
            self._add(until)
            yield line

    def _add(self, until: datetime | None) -> None:
        if until is None:
            self.open_ended = True
            return
        self.earliest = until if self.earliest is None else min(self.earliest, until)
        self.latest = until if self.latest is None else max(self.latest, until)


def kept_until(anchor: str | None, *, table: Table, resource: Resource) -> datetime | None:
    """Return the instant from which the row is due for erasure; None while it has none yet.

    An anchor outside the calendar (year 9999 as "never") gives no end date either.
    """
    if anchor is None:
        return None
    try:
        return _expiry(anchor, table.category.value, resource.entity)
    except DayOutOfRange:
        return None


@lru_cache(maxsize=4096)
def _expiry(anchor: str, category: str, entity_code: str) -> datetime | None:
    moment = parse_day_or_instant(anchor, what="The anchor")
    return expires_at(category=category, anchor=moment, entity=entity(entity_code))
