"""Which one-off days can be added to the public holidays of a country. Pure.

A day that changes no date is refused, so that nobody believes they have moved one.
"""

from datetime import date
from typing import Final

from lib.days import add_months
from requests_portal.domain.calendars import SATURDAY, SUNDAY, Calendar

#: How far from today a day may lie: what is further away is a slip of the pen.
MONTHS_BACK: Final = 12
MONTHS_AHEAD: Final = 60


class DayTooFar(Exception):
    """The day lies so far from today that its year must be a mistake."""


class DayIsFree(Exception):
    """Nobody works on that day as it is; `holiday` names it, None for a weekend."""

    def __init__(self, holiday: str | None) -> None:
        super().__init__(holiday)
        self.holiday = holiday


def require_addable(day: date, *, calendar: Calendar, today: date) -> None:
    """Raise DayTooFar, or DayIsFree where `calendar` knows the day, one-off days included."""
    if not add_months(today, -MONTHS_BACK) <= day <= add_months(today, MONTHS_AHEAD):
        raise DayTooFar
    holiday = calendar.holiday_name(day)
    if holiday is not None or day.weekday() in (SATURDAY, SUNDAY):
        raise DayIsFree(holiday)
