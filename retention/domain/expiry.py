"""When a record is due for erasure. Pure; everything that purges goes by this answer.

A record is kept while `now < expires_at` and is due at that instant. Doubt is never settled
here: an anchor that cannot be read is refused, and a running contract has no end date.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from lib.days import (
    DayOutOfRange,
    add_days,
    add_months,
    local_day,
    local_midnight,
    require_offset,
    shown,
)
from lib.entities import Entity
from lib.refusals import Refusal
from retention.domain.categories import (
    DPA_MONTHS,
    AnchorKind,
    Category,
    Length,
    RetentionRule,
    rule_for,
)

_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")
_LEAP_YEAR = 2000
#: Room at both ends of the calendar for any length and any zone.
_YEARS: Final = range(2, 9990)
#: The first and the last anchor day whose end date can be computed.
ANCHOR_DAYS: Final = (date(_YEARS[0], 1, 1), date(_YEARS[-1], 12, 31))


class InvalidYearEnd(Refusal):
    """No year ends on such a day."""


class MissingAnchor(Refusal):
    """Only a running contract has no anchor."""


class InvalidDpaMonths(Refusal):
    """The period of a DPA is missing, out of its bounds, or given where there is no DPA."""


@dataclass(frozen=True)
class MonthDay:
    """The day on which a financial year ends; 29 February means the last day of February."""

    month: int
    day: int

    def __post_init__(self) -> None:
        months_are_whole = type(self.month) is int and type(self.day) is int
        if (
            not months_are_whole
            or not 1 <= self.month <= 12  # noqa: PLR2004 (months of a year)
            or not 1 <= self.day <= monthrange(_LEAP_YEAR, self.month)[1]
        ):
            raise InvalidYearEnd(f"No financial year ends on month {self.month}, day {self.day}.")

    @classmethod
    def parse(cls, text: object) -> "MonthDay":
        """Read a text such as ``06-30``; raise InvalidYearEnd otherwise."""
        match = _MONTH_DAY.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise InvalidYearEnd(
                f"The financial year end must be written MM-DD, such as 06-30, not {shown(text)}."
            )
        return cls(int(match[1]), int(match[2]))

    def in_year(self, year: int) -> date:
        """Return the year end in `year`."""
        return date(year, self.month, min(self.day, monthrange(year, self.month)[1]))


DECEMBER_31: Final = MonthDay(12, 31)


def expires_at(
    *,
    category: str,
    anchor: date | datetime | None,
    entity: Entity,
    financial_year_end: MonthDay = DECEMBER_31,
    dpa_months: int | None = None,
) -> datetime | None:
    """Return the instant at which a record is due: a midnight in the entity's zone.

    `anchor` is a local day or an instant; None is a running contract, which is never due. The
    year end matters to `identity_billing` alone. `dpa_months` (1 to 12) belongs to `entrusted`
    alone. Raises UnknownCategory, MissingAnchor, InvalidDpaMonths, NaiveInstant, DayOutOfRange.
    """
    rule = rule_for(category)
    length = length_of(rule, dpa_months=dpa_months)
    if anchor is None:
        if rule.category is not Category.IDENTITY_BILLING:
            raise MissingAnchor(
                f"Only {Category.IDENTITY_BILLING.value} can be without an anchor, "
                f"while its contract runs; {rule.category.value} needs one."
            )
        return None
    day = _anchor_day(anchor, entity)
    period_end = _PERIOD_ENDS[rule.anchor]
    if period_end is None:
        # The event's day is not counted: the length runs from it, and its last day is whole.
        due_on = add_days(_add(day, length), 1)
    else:
        due_on = _add(add_days(period_end(day, financial_year_end), 1), length)
    return local_midnight(due_on, entity.tz)


def is_due(now: datetime, expires_at: datetime | None) -> bool:
    """Tell whether a record is due for erasure at the instant `now`; without a date it is not.

    Raises NaiveInstant.
    """
    if expires_at is None:
        return False
    # In UTC, because two instants of one zone are otherwise compared by their wall clocks.
    instant = require_offset(now, what="The present instant").astimezone(UTC)
    return instant >= require_offset(expires_at, what="The end date").astimezone(UTC)


def length_of(rule: RetentionRule, *, dpa_months: int | None) -> Length:
    """Return how long a record is kept; for entrusted data its DPA says so.

    Raises InvalidDpaMonths.
    """
    if rule.length is not None:
        if dpa_months is not None:
            raise InvalidDpaMonths(
                f"A DPA period belongs to {Category.ENTRUSTED.value} data only, "
                f"not to {rule.category.value}."
            )
        return rule.length
    if dpa_months is None:
        raise InvalidDpaMonths("Entrusted data needs the period of its DPA, 1 to 12 months.")
    # A bool is an int and 6.0 equals 6 in Python; neither is a number of months.
    if type(dpa_months) is not int or dpa_months not in DPA_MONTHS:
        raise InvalidDpaMonths(
            f"The DPA period must be a whole number of months from {DPA_MONTHS[0]} "
            f"to {DPA_MONTHS[-1]}, not {shown(dpa_months)}."
        )
    return Length(months=dpa_months)


def _anchor_day(anchor: date | datetime, entity: Entity) -> date:
    if anchor.year not in _YEARS:
        raise DayOutOfRange("The anchor lies outside the years that can be computed.")
    if isinstance(anchor, datetime):
        return local_day(anchor, entity.tz, what="The anchor")
    return anchor


def _financial_year_end(day: date, year_end: MonthDay) -> date:
    this_year = year_end.in_year(day.year)
    return this_year if day <= this_year else year_end.in_year(day.year + 1)


def _calendar_year_end(day: date, _year_end: MonthDay) -> date:
    return DECEMBER_31.in_year(day.year)


def _month_end(day: date, _year_end: MonthDay) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


#: The last day of an anchor's period; None where the anchor is an event. Every kind is named,
#: so that a new one fails here rather than being taken for an event.
_PERIOD_ENDS: Final[Mapping[AnchorKind, Callable[[date, MonthDay], date] | None]] = {
    AnchorKind.FINANCIAL_YEAR_OF_CONTRACT_END: _financial_year_end,
    AnchorKind.CALENDAR_YEAR_OF_COMMUNICATION: _calendar_year_end,
    AnchorKind.MONTH_OF_COMMUNICATION: _month_end,
    AnchorKind.UPLOAD: None,
    AnchorKind.DPA_END: None,
    AnchorKind.ENTRY: None,
}


def _add(day: date, length: Length) -> date:
    return add_days(add_months(day, length.months), length.days)
