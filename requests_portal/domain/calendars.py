"""Which days are public holidays, and which day is the next working day. Pure.

Only public holidays count (Regulation 1182/71, Art. 2): Estonia's shortened days are working
days. Latvia's substitute Mondays and the bridge days it moves by decree are days off; the
Saturday worked instead stays a Saturday.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Protocol

import holidays

from lib.refusals import Refusal

SATURDAY: Final = 5
SUNDAY: Final = 6

#: The years in which the three countries' holidays are known.
FIRST_YEAR: Final = 1991
LAST_YEAR: Final = 2100

_AMERICAN_DATE = re.compile(r"\b(\d\d)/(\d\d)/(\d{4})\b")


class OutsideCalendar(Refusal):
    """Nobody knows the public holidays of that year."""


class Calendar(Protocol):
    """The public holidays of one country."""

    def holiday_name(self, day: date) -> str | None:
        """Return the name of the public holiday on `day`, None if there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class NationalCalendar:
    """The public holidays of `country` (EE, LV, PL), with one-off days on top.

    `extra_days` maps days that were declared free after the holiday tables were published to
    their names. Names are in `language`: the country's own, otherwise English.
    """

    country: str
    language: str = "en"
    extra_days: Mapping[date, str] = field(default_factory=dict, hash=False)

    def holiday_name(self, day: date) -> str | None:
        """Return the name of the public holiday on `day`, None if there is none.

        Raises OutsideCalendar before 1991 and after 2100.
        """
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise OutsideCalendar(
                f"The public holidays of {day.year} are not known: "
                f"the calendar reaches from {FIRST_YEAR} to {LAST_YEAR}."
            )
        if day in self.extra_days:
            return self.extra_days[day]
        return public_holidays(self.country, day.year, self.language).get(day)


def calendar_for(
    code: str, *, language: str = "en", extra_days: Mapping[date, str] | None = None
) -> NationalCalendar:
    """Return the calendar of an entity's country, with holiday names in `language`."""
    return NationalCalendar(country=code, language=language, extra_days=dict(extra_days or {}))


def next_working_day(day: date, calendar: Calendar) -> date:
    """Return `day` if it is a working day, otherwise the first working day after it.

    Regulation 1182/71, Art. 3(4).
    """
    while not is_working_day(day, calendar):
        day += timedelta(days=1)
    return day


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Tell whether `day` is neither a Saturday, a Sunday nor a public holiday (Art. 2)."""
    # The calendar is asked first, so that a year it does not know is refused on any weekday.
    return calendar.holiday_name(day) is None and day.weekday() not in (SATURDAY, SUNDAY)


@lru_cache(maxsize=1024)
def public_holidays(country: str, year: int, language: str) -> Mapping[date, str]:
    """Return the public holidays of one country and year, weekends included, with names."""
    table = holidays.country_holidays(
        country,
        years=year,
        expand=False,
        observed=True,
        categories=(holidays.PUBLIC,),
        language=_table_language(country, language),
    )
    return MappingProxyType({day: _readable(name) for day, name in table.items()})


def _table_language(country: str, language: str) -> str:
    own = {"EE": "et", "LV": "lv", "PL": "pl"}[country]
    return own if language == own else "en_US"


def _readable(name: str) -> str:
    # "substituted from 05/10/2025" is a day in May to some readers and in October to others.
    return _AMERICAN_DATE.sub(r"\3-\1-\2", name)
