"""The clock of a request: six dates and the reason of each. Pure.

GDPR Art. 12(3), Regulation 1182/71 Arts. 2-3, EDPB Guidelines 01/2022. All days are local days
of the responsible entity. The safe date knows no suspension and no roll: work to that one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from lib.days import DayOutOfRange, add_days, add_months, local_day
from lib.entities import Entity
from lib.refusals import Refusal
from requests_portal.domain.calendars import (
    FIRST_YEAR,
    LAST_YEAR,
    SATURDAY,
    SUNDAY,
    Calendar,
    is_working_day,
)

STATUTORY_MONTHS: Final = 1
EXTENDED_MONTHS: Final = 3  # counted from receipt: never one month and then two more
PROMISED_DAYS: Final = 30

#: The dates in the order in which they are shown.
DATE_NAMES: Final = (
    "received_on",
    "safe_on",
    "sla_on",
    "statutory_on",
    "extended_on",
    "extension_notice_by",
)


class InvalidSuspension(Refusal):
    """A suspension cannot have happened as it is told."""


@dataclass(frozen=True, kw_only=True)
class Suspension:
    """A time in which the person was asked for something; `answered_at` is None while open."""

    asked_at: datetime
    answered_at: datetime | None = None


class ReasonCode(StrEnum):
    """Why a date is what it is. The parameters of each are named behind it."""

    DAY_ZERO = "day_zero"
    MONTHS = "months"  # months: int, from: date
    MONTH_END = "month_end"  # months: int, from: date (the month has no such day)
    PROMISED_DAYS = "promised_days"  # days: int, from: date
    SAFE_IS_EARLIER = "safe_is_earlier"  # days: int, safe_on: date
    SUSPENDED = "suspended"  # days: int
    ROLLED = "rolled"  # from: date, because: saturday|sunday|holiday, holiday: str | None
    NOTICE = "notice"  # safe_on: date


@dataclass(frozen=True)
class Reason:
    """A stable code with its parameters; words are chosen where it is shown."""

    code: ReasonCode
    params: Mapping[str, date | int | str | None] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """The six dates of a request, as local days of the responsible entity.

    `explanations` holds for each date's name its reasons, in the order in which they applied;
    a roll over several days has one "rolled" reason for each day stepped over.
    """

    received_on: date
    safe_on: date
    sla_on: date
    statutory_on: date
    extended_on: date
    extension_notice_by: date
    suspended_days: int
    explanations: Mapping[str, tuple[Reason, ...]] = field(hash=False)

    def dates(self) -> dict[str, date]:
        """Return the six dates by name, in the order in which they are shown."""
        return {name: getattr(self, name) for name in DATE_NAMES}


def compute_deadlines(
    *,
    received_at: datetime,
    entity: Entity,
    suspensions: Sequence[Suspension],
    calendar: Calendar,
    today: date,
) -> Deadlines:
    """Compute the six dates of a request received at `received_at` (GDPR Art. 12(3)).

    `today` is the local day to which an open suspension counts. Raises NaiveInstant for a time
    without UTC offset, InvalidSuspension, and DayOutOfRange for years in which no deadline can
    be computed.
    """
    _require_known_year(received_at.year, what="The time of receipt")
    received_on = local_day(received_at, entity.tz, what="The time of receipt")
    _require_known_year(today.year, what="Today")
    suspended = count_suspended_days(
        suspensions, received_at=received_at, entity=entity, today=today
    )
    paused = (Reason(ReasonCode.SUSPENDED, {"days": suspended}),) if suspended else ()

    safe_on, safe_why = _months_from(received_on, STATUTORY_MONTHS)
    third_month, third_why = _months_from(received_on, EXTENDED_MONTHS)
    promise, promise_why = _promise(received_on, safe_on)
    statutory_on, statutory_roll = _roll(add_days(safe_on, suspended), calendar)
    extended_on, extended_roll = _roll(add_days(third_month, suspended), calendar)
    return Deadlines(
        received_on=received_on,
        safe_on=safe_on,
        sla_on=add_days(promise, suspended),
        statutory_on=statutory_on,
        extended_on=extended_on,
        extension_notice_by=safe_on,
        suspended_days=suspended,
        explanations={
            "received_on": (Reason(ReasonCode.DAY_ZERO),),
            "safe_on": (safe_why,),
            "sla_on": (promise_why, *paused),
            "statutory_on": (safe_why, *paused, *statutory_roll),
            "extended_on": (third_why, *paused, *extended_roll),
            "extension_notice_by": (Reason(ReasonCode.NOTICE, {"safe_on": safe_on}),),
        },
    )


def count_suspended_days(
    suspensions: Sequence[Suspension], *, received_at: datetime, entity: Entity, today: date
) -> int:
    """Count the local days in the union of the spans [day asked, day answered).

    An open span ends at `today`, which is not counted. Raises InvalidSuspension when an answer
    precedes its question or a question the request, and NaiveInstant.
    """
    spans = sorted(_span(each, received_at, entity, today) for each in suspensions)
    counted = 0
    counted_until = date.min
    for begin, end in spans:
        counted += max(0, (end - max(begin, counted_until)).days)
        counted_until = max(counted_until, end)
    return counted


def _span(
    suspension: Suspension, received_at: datetime, entity: Entity, today: date
) -> tuple[date, date]:
    _require_known_year(suspension.asked_at.year, what="The time of asking")
    asked_on = local_day(suspension.asked_at, entity.tz, what="The time of asking")
    if suspension.asked_at < received_at:
        raise InvalidSuspension("A suspension cannot begin before the request was received.")
    if suspension.answered_at is None:
        return asked_on, today
    _require_known_year(suspension.answered_at.year, what="The time of the answer")
    answered_on = local_day(suspension.answered_at, entity.tz, what="The time of the answer")
    if suspension.answered_at < suspension.asked_at:
        raise InvalidSuspension("A suspension cannot be answered before it was asked.")
    return asked_on, answered_on


def _months_from(received_on: date, months: int) -> tuple[date, Reason]:
    day = add_months(received_on, months)
    code = ReasonCode.MONTHS if day.day == received_on.day else ReasonCode.MONTH_END
    return day, Reason(code, {"months": months, "from": received_on})


def _promise(received_on: date, safe_on: date) -> tuple[date, Reason]:
    promised = add_days(received_on, PROMISED_DAYS)
    if safe_on < promised:
        why = Reason(ReasonCode.SAFE_IS_EARLIER, {"days": PROMISED_DAYS, "safe_on": safe_on})
        return safe_on, why
    why = Reason(ReasonCode.PROMISED_DAYS, {"days": PROMISED_DAYS, "from": received_on})
    return promised, why


def _roll(day: date, calendar: Calendar) -> tuple[date, tuple[Reason, ...]]:
    reasons = tuple(_days_stepped_over(day, calendar))
    return day + timedelta(days=len(reasons)), reasons


def _days_stepped_over(day: date, calendar: Calendar) -> Iterator[Reason]:
    while not is_working_day(day, calendar):
        because = {SATURDAY: "saturday", SUNDAY: "sunday"}.get(day.weekday(), "holiday")
        holiday = calendar.holiday_name(day)
        yield Reason(ReasonCode.ROLLED, {"from": day, "because": because, "holiday": holiday})
        day += timedelta(days=1)


def _require_known_year(year: int, *, what: str) -> None:
    # No pause outlasts the time since receipt, so that one year left over is room enough.
    if not FIRST_YEAR <= year < LAST_YEAR:
        raise DayOutOfRange(f"{what} must lie in the years {FIRST_YEAR} to {LAST_YEAR - 1}.")
