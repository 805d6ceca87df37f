"""The calendar of a company: its country's public holidays and the one-off days on top."""

from datetime import date

from requests_portal.domain.calendars import NationalCalendar, calendar_for
from requests_portal.models import DayOff


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
