"""Calendar arithmetic in local days, shared by the clock and by retention. Pure.

A deadline or an end date is a matter of local days; an instant only says which day it was.
"""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lib.refusals import Refusal

_BARE_DATE = re.compile(r"[0-9W-]{7,10}")
_DATE_AND_TIME = re.compile(r"[0-9W-]{7,10}[Tt ][0-9:.,+\-Zz]+")
_LONGEST_SHOWN = 60


class NaiveInstant(Refusal):
    """A date and time came without its offset from UTC, so that its day is unknown."""


class MalformedInstant(Refusal):
    """A text is not an ISO 8601 date or date and time."""


class DayOutOfRange(Refusal):
    """A day lies outside the years that can be computed."""


def require_offset(instant: datetime, *, what: str) -> datetime:
    """Return `instant` if it has a UTC offset; raise NaiveInstant otherwise."""
    if instant.utcoffset() is None:
        raise NaiveInstant(
            f"{what} needs a UTC offset, such as 2026-03-05T10:00:00+02:00, "
            f"but {instant.isoformat()} has none."
        )
    return instant


def local_day(instant: datetime, tz: ZoneInfo, *, what: str) -> date:
    """Return the day on which `instant` falls in `tz`.

    Raises NaiveInstant without a UTC offset, DayOutOfRange at the ends of the calendar.
    """
    try:
        return require_offset(instant, what=what).astimezone(tz).date()
    except OverflowError:
        raise DayOutOfRange(f"{what} lies outside the years that can be computed.") from None


def local_midnight(day: date, tz: ZoneInfo) -> datetime:
    """Return the instant at which `day` begins in `tz`, with that zone attached."""
    return datetime.combine(day, time.min, tzinfo=tz)


def add_months(day: date, months: int) -> date:
    """Return the same-numbered day `months` later, or that month's last day.

    So counts Regulation 1182/71, Art. 3(2)(c). Raises DayOutOfRange past the year 9999.
    """
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    if not date.min.year <= year <= date.max.year:
        raise DayOutOfRange(f"{months} months from {day} lies outside the calendar.")
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def add_days(day: date, days: int) -> date:
    """Return the day `days` later; raise DayOutOfRange past the year 9999."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise DayOutOfRange(f"{days} days from {day} lies outside the calendar.") from None


def parse_instant(text: object, *, what: str) -> datetime:
    """Read an ISO 8601 date and time with its UTC offset.

    Raises MalformedInstant, or NaiveInstant for a time without an offset or a bare date.
    """
    if not isinstance(text, str):
        raise MalformedInstant(f"{what} must be an ISO 8601 date and time in text.")
    if _BARE_DATE.fullmatch(text):
        raise NaiveInstant(f"{what} needs a time of day and a UTC offset, not only {shown(text)}.")
    instant = _read_instant(text)
    if instant is None:
        raise MalformedInstant(
            f"{what} must be an ISO 8601 date and time such as 2026-03-05T10:00:00+02:00, "
            f"not {shown(text)}."
        )
    return require_offset(instant, what=what)


def _read_instant(text: str) -> datetime | None:
    # fromisoformat alone would take any character between date and time.
    if not _DATE_AND_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def parse_day(text: object, *, what: str) -> date:
    """Read an ISO 8601 date; raise MalformedInstant for anything else."""
    if isinstance(text, str):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise MalformedInstant(
        f"{what} must be an ISO 8601 date such as 2026-03-05, not {shown(text)}."
    )


def parse_day_or_instant(text: object, *, what: str) -> date | datetime:
    """Read an ISO 8601 date, or a date and time with its UTC offset.

    Raises MalformedInstant or NaiveInstant.
    """
    if not isinstance(text, str):
        raise MalformedInstant(f"{what} must be an ISO 8601 date or date and time in text.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        instant = _read_instant(text)
    if instant is None:
        raise MalformedInstant(
            f"{what} must be an ISO 8601 date or date and time, not {shown(text)}."
        )
    return require_offset(instant, what=what)


def shown(value: object) -> str:
    """Return `value` as a refusal may repeat it: quoted, on one line, never long."""
    quoted = repr(value)
    return quoted if len(quoted) <= _LONGEST_SHOWN else f"{quoted[:_LONGEST_SHOWN]}…"
