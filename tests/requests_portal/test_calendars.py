"""The holiday tables we rely on, written out for one year each."""

from datetime import date, timedelta

import pytest

from requests_portal.domain.calendars import (
    OutsideCalendar,
    calendar_for,
    is_working_day,
    next_working_day,
    public_holidays,
)

EE_2026 = "01-01 02-24 04-03 04-05 05-01 05-24 06-23 06-24 08-20 12-24 12-25 12-26"
# 2 January and 22 June were moved by decree.
LV_2026 = (
    "01-01 01-02 04-03 04-05 04-06 05-01 05-04 05-10 05-24 06-22 06-23 06-24 11-18 12-24 12-25 "
    "12-26 12-31"
)
# 18 November is a Saturday, so that Monday the 20th is free.
LV_2028 = (
    "01-01 04-14 04-16 04-17 05-01 05-04 05-14 06-04 06-23 06-24 11-18 11-20 12-24 12-25 12-26 "
    "12-31"
)
# Christmas Eve is a public holiday since 2025.
PL_2024 = "01-01 01-06 03-31 04-01 05-01 05-03 05-19 05-30 08-15 11-01 11-11 12-25 12-26"
PL_2026 = "01-01 01-06 04-05 04-06 05-01 05-03 05-24 06-04 08-15 11-01 11-11 12-24 12-25 12-26"


@pytest.mark.parametrize(
    ("country", "year", "expected"),
    [
        ("EE", 2026, EE_2026),
        ("LV", 2026, LV_2026),
        ("LV", 2028, LV_2028),
        ("PL", 2024, PL_2024),
        ("PL", 2026, PL_2026),
    ],
)
def test_public_holidays_of_a_year_are_exactly_these(
    country: str, year: int, expected: str
) -> None:
    days = sorted(public_holidays(country, year, "en"))

    assert " ".join(f"{day:%m-%d}" for day in days) == expected
    assert {day.year for day in days} == {year}


#: Days that are free in every year, as month and day.
FIXED = {
    "EE": "01-01 02-24 05-01 06-23 06-24 08-20 12-24 12-25 12-26",
    "LV": "01-01 05-01 05-04 06-23 06-24 11-18 12-24 12-25 12-26 12-31",
    "PL": "01-01 01-06 05-01 05-03 08-15 11-01 11-11 12-25 12-26",
}
#: Days that follow Easter Sunday by so many days.
AFTER_EASTER = {"EE": (-2, 0, 49), "LV": (-2, 0, 1, 49), "PL": (0, 1, 49, 60)}
#: Latvia's days moved by decree, as far as decrees are known.
DECREED = {
    date(2024, 12, 23),
    date(2024, 12, 30),
    date(2025, 5, 2),
    date(2025, 11, 17),
    date(2026, 1, 2),
    date(2026, 6, 22),
}


def _easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computus (Meeus, Jones, Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - moon_shift + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _expected(country: str, year: int) -> set[date]:
    days = {date.fromisoformat(f"{year}-{text}") for text in FIXED[country].split()}
    days |= {_easter(year) + timedelta(days=shift) for shift in AFTER_EASTER[country]}
    if country == "PL" and year >= 2025:
        days.add(date(year, 12, 24))
    if country == "LV":
        days |= {day for day in DECREED if day.year == year}
        first_of_may = date(year, 5, 1)
        days.add(first_of_may + timedelta(days=(6 - first_of_may.weekday()) % 7 + 7))
        for day in (date(year, 5, 4), date(year, 11, 18)):
            if day.weekday() >= 5:
                days.add(day + timedelta(days=7 - day.weekday()))
    return days


@pytest.mark.parametrize("country", ["EE", "LV", "PL"])
@pytest.mark.parametrize("year", range(2024, 2041))
def test_public_holidays_follow_the_statutes(country: str, year: int) -> None:
    assert set(public_holidays(country, year, "en")) == _expected(country, year)


def test_shortened_days_in_estonia_are_working_days() -> None:
    for day in (date(2026, 2, 23), date(2026, 6, 22), date(2026, 12, 23), date(2026, 12, 31)):
        assert is_working_day(day, calendar_for("EE"))


def test_the_saturday_worked_for_a_moved_day_stays_a_saturday() -> None:
    assert not is_working_day(date(2026, 1, 17), calendar_for("LV"))


def test_next_working_day_of_a_working_day_is_that_day() -> None:
    assert next_working_day(date(2026, 3, 5), calendar_for("EE")) == date(2026, 3, 5)


def test_next_working_day_steps_over_weekend_and_holidays() -> None:
    assert next_working_day(date(2026, 4, 3), calendar_for("LV")) == date(2026, 4, 7)
    assert next_working_day(date(2026, 4, 3), calendar_for("PL")) == date(2026, 4, 3)
    assert next_working_day(date(2025, 12, 24), calendar_for("LV")) == date(2025, 12, 29)
    assert next_working_day(date(2026, 1, 1), calendar_for("LV")) == date(2026, 1, 5)


def test_one_off_days_are_free() -> None:
    calendar = calendar_for("LV", extra_days={date(2028, 7, 10): "Song festival"})

    assert calendar.holiday_name(date(2028, 7, 10)) == "Song festival"
    assert next_working_day(date(2028, 7, 8), calendar) == date(2028, 7, 11)
    assert calendar_for("LV").holiday_name(date(2028, 7, 10)) is None


@pytest.mark.parametrize(
    ("country", "language", "name"),
    [
        ("EE", "et", "jõululaupäev"),
        ("EE", "pl", "Christmas Eve"),
        ("LV", "lv", "Ziemassvētku vakars"),
        ("PL", "pl", "Wigilia Bożego Narodzenia"),
        ("PL", "en", "Christmas Eve"),
    ],
)
def test_names_are_in_the_countrys_own_language_or_in_english(
    country: str, language: str, name: str
) -> None:
    assert calendar_for(country, language=language).holiday_name(date(2026, 12, 24)) == name


def test_name_of_a_moved_day_has_an_unmistakable_date() -> None:
    name = calendar_for("LV").holiday_name(date(2025, 5, 2))

    assert name == "Day off (substituted from 2025-05-10)"


@pytest.mark.parametrize("year", [1990, 2101])
def test_a_year_without_known_holidays_is_refused(year: int) -> None:
    with pytest.raises(OutsideCalendar, match=f"^The public holidays of {year} are not known"):
        calendar_for("EE").holiday_name(date(year, 6, 1))
