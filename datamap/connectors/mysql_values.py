"""How values of MariaDB and MySQL reach Python, where the driver's own way would lose something.

A TIMESTAMP is an instant, and the session's zone is UTC; a DATETIME has no zone and gets that of
the map. A date that is no date (0000-00-00) is nothing, a time of day keeps its text.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions, convert_date, convert_datetime


def _instant(text: str) -> datetime | None:
    moment = _datetime(text)
    return None if moment is None else moment.replace(tzinfo=UTC)


def _datetime(text: str) -> datetime | None:
    moment = convert_datetime(text)
    return moment if isinstance(moment, datetime) else None


def _date(text: str) -> date | None:
    day = convert_date(text)
    return day if isinstance(day, date) else None


def _bits(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


#: For the driver: from a type of field to a function of its text, beside what it has for writing.
CONVERSIONS: dict[Any, Callable[..., Any]] = {
    **conversions,
    FIELD_TYPE.TIMESTAMP: _instant,
    FIELD_TYPE.DATETIME: _datetime,
    FIELD_TYPE.DATE: _date,
    FIELD_TYPE.TIME: str,
    FIELD_TYPE.BIT: _bits,
}
