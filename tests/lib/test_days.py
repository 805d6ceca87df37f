from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lib.days import (
    DayOutOfRange,
    MalformedInstant,
    NaiveInstant,
    add_days,
    add_months,
    local_day,
    local_midnight,
    parse_day,
    parse_day_or_instant,
    parse_instant,
    shown,
)

TALLINN = ZoneInfo("Europe/Tallinn")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2026, 5, 17), 0, date(2026, 5, 17)),
    ],
)
def test_add_months_keeps_the_number_or_takes_the_last_day(
    day: date, months: int, expected: date
) -> None:
    assert add_months(day, months) == expected


def test_add_months_past_the_calendar_is_refused() -> None:
    with pytest.raises(DayOutOfRange, match="lies outside the calendar"):
        add_months(date(9999, 12, 1), 1)


def test_add_days_past_the_calendar_is_refused() -> None:
    with pytest.raises(DayOutOfRange, match="lies outside the calendar"):
        add_days(date(9999, 12, 31), 1)


def test_local_day_is_the_day_of_the_zone() -> None:
    late = datetime(2026, 3, 5, 22, 30, tzinfo=UTC)

    assert local_day(late, TALLINN, what="It") == date(2026, 3, 6)
    assert local_day(late, ZoneInfo("Europe/Warsaw"), what="It") == date(2026, 3, 5)


def test_local_day_at_the_end_of_the_calendar_is_refused() -> None:
    with pytest.raises(DayOutOfRange, match=r"^It lies outside the years"):
        local_day(datetime.max.replace(tzinfo=UTC), TALLINN, what="It")


def test_local_day_of_a_naive_instant_is_refused() -> None:
    with pytest.raises(NaiveInstant, match=r"^It needs a UTC offset"):
        local_day(datetime(2026, 3, 5, 10), TALLINN, what="It")  # noqa: DTZ001 (the case)


def test_local_midnight_has_the_offset_of_that_night() -> None:
    assert local_midnight(date(2026, 3, 29), TALLINN).utcoffset() == timedelta(hours=2)
    assert local_midnight(date(2026, 3, 30), TALLINN).utcoffset() == timedelta(hours=3)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05T10:00:00+02:00",
        "2026-03-05T08:00:00Z",
        "2026-03-05 10:00+02:00",
        "20260305T100000+0200",
        "2026-03-05T10:00:00.000000+02:00",
    ],
)
def test_parse_instant_reads_iso_8601(text: str) -> None:
    assert parse_instant(text, what="It") == datetime(2026, 3, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-05T10:00:00+02:00", "2026-03-05x10:00+02:00", "2026-03-05T"]
)
def test_parse_instant_refuses_what_is_no_instant(text: str) -> None:
    with pytest.raises(MalformedInstant, match=r"^It must be an ISO 8601 date and time such as"):
        parse_instant(text, what="It")


@pytest.mark.parametrize("value", [None, 5, True, ["2026-03-05T10:00:00+02:00"]])
def test_parse_instant_refuses_what_is_no_text(value: object) -> None:
    with pytest.raises(MalformedInstant, match=r"^It must be an ISO 8601 date and time in text"):
        parse_instant(value, what="It")


@pytest.mark.parametrize("text", ["2026-03-05T10:00:00", "2026-03-05", "2026-03-05 10:00"])
def test_parse_instant_refuses_what_has_no_offset(text: str) -> None:
    with pytest.raises(NaiveInstant, match="UTC offset"):
        parse_instant(text, what="It")


def test_parse_day_reads_a_date() -> None:
    assert parse_day("2026-03-05", what="It") == date(2026, 3, 5)


@pytest.mark.parametrize("value", ["2026-02-30", "2026-03-05T10:00:00+02:00", "", 20260305])
def test_parse_day_refuses_anything_else(value: object) -> None:
    with pytest.raises(MalformedInstant, match=r"^It must be an ISO 8601 date such as"):
        parse_day(value, what="It")


def test_parse_day_or_instant_tells_a_day_from_an_instant() -> None:
    assert parse_day_or_instant("2026-03-05", what="It") == date(2026, 3, 5)
    assert parse_day_or_instant("2026-03-05T00:00Z", what="It") == datetime(2026, 3, 5, tzinfo=UTC)


def test_parse_day_or_instant_refuses_what_is_no_text() -> None:
    with pytest.raises(MalformedInstant, match="in text"):
        parse_day_or_instant(20260305, what="It")


def test_shown_stays_short_and_on_one_line() -> None:
    assert shown("a\nb") == "'a\\nb'"
    assert len(shown("x" * 500)) == 61
