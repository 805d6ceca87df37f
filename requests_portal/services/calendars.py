"""The calendar of a company: its country's public holidays and the one-off days on top."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import get_language

from requests_portal.domain.calendars import NationalCalendar, calendar_for
from requests_portal.models import DayOff

_AHEAD_DAYS = 366


def calendar_of(entity_code: str, language: str = "en") -> NationalCalendar:
    """Return the calendar by which dates are counted now; one query.

    A one-off day bears the name under which it was entered, in every language.
    """
    days = DayOff.objects.filter(entity_code=entity_code, removed_at__isnull=True)
    return calendar_for(
        entity_code, language=language, extra_days=dict(days.values_list("on", "name"))
    )


def removed_name(entity_code: str, day: date) -> str | None:
    """Return the name of a one-off day that was taken out again: a case that ended before keeps
    the dates that were counted with it.
    """
    removed = DayOff.objects.filter(entity_code=entity_code, on=day, removed_at__isnull=False)
    return removed.order_by("-removed_at").values_list("name", flat=True).first()


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """A public holiday, as the desk lists it."""

    on: date
    name: str
    is_one_off: bool


def holidays_ahead(entity_code: str, *, today: date) -> list[Holiday]:
    """Return the public holidays of the twelve months from `today` on, in the active language."""
    calendar = calendar_of(entity_code, get_language() or "en")
    days = (today + timedelta(days=number) for number in range(_AHEAD_DAYS))
    return [
        Holiday(on=day, name=name, is_one_off=day in calendar.extra_days)
        for day in days
        if (name := calendar.holiday_name(day))
    ]
