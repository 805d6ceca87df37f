"""What must hold for every category on every day to 2040."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.entities import ENTITIES, entity
from retention.domain.categories import Category
from retention.domain.expiry import DECEMBER_31, MonthDay, expires_at, is_due

CODES = sorted(ENTITIES)
#: Summer and winter time of the three countries, as hours from UTC.
OFFSETS = {"EE": {2, 3}, "LV": {2, 3}, "PL": {1, 2}}
FIRST, LAST = date(2015, 1, 1), date(2040, 12, 31)

codes = st.sampled_from(CODES)
categories = st.sampled_from(list(Category))
days = st.dates(FIRST, LAST)
year_ends = st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(
    lambda day: MonthDay(day.month, day.day)
)


def due(
    category: Category,
    anchor: date | datetime,
    code: str = "EE",
    year_end: MonthDay = DECEMBER_31,
    months: int = 6,
) -> datetime:
    until = expires_at(
        category=category,
        anchor=anchor,
        entity=entity(code),
        financial_year_end=year_end,
        dpa_months=months if category is Category.ENTRUSTED else None,
    )
    assert until is not None
    return until


def naive_due(category: Category, day: date) -> date:
    """The rule again, by walking days and months one at a time (year end 31 December)."""
    if category is Category.LOGS:
        for _ in range(61):
            day += timedelta(days=1)
        return day
    if category in {Category.IDENTITY_BILLING, Category.TRAFFIC}:
        return date(day.year + 8, 1, 1)
    if category is Category.COMMUNICATIONS:
        month_of_it = day.month
        while day.month == month_of_it:
            day += timedelta(days=1)
        return date(day.year + 2, day.month, 1)
    year, month = day.year, day.month
    for _ in range(24 if category is Category.UPLOADED else 6):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1])) + timedelta(days=1)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("category", list(Category))
def test_end_date_on_every_day(category: Category, code: str) -> None:
    tz = entity(code).tz
    day, before = FIRST, datetime.min.replace(tzinfo=UTC)
    while day <= LAST:
        until = due(category, day, code)

        assert until.tzinfo is tz
        assert until.time() == time(0)
        offset = until.utcoffset()
        assert offset is not None
        assert offset / timedelta(hours=1) in OFFSETS[code]
        assert until.date() > day
        assert until >= before
        before = until
        day += timedelta(days=1)


@settings(deadline=None, database=None, max_examples=300)
@given(day=days, category=categories)
def test_end_date_agrees_with_walking_the_calendar(day: date, category: Category) -> None:
    assert due(category, day).date() == naive_due(category, day)


@settings(deadline=None, database=None, max_examples=200)
@given(day=days, year_end=year_ends)
def test_financial_year_ends_on_or_after_the_day_and_within_a_year(
    day: date, year_end: MonthDay
) -> None:
    until = due(Category.IDENTITY_BILLING, day, year_end=year_end).date()

    ends = [year_end.in_year(year) for year in range(2014, 2043)]
    first = next(end for end in ends if end >= day) + timedelta(days=1)
    expected_day = min(first.day, monthrange(first.year + 7, first.month)[1])
    assert until == date(first.year + 7, first.month, expected_day)


@settings(deadline=None, database=None, max_examples=200)
@given(day=days, clock=st.times(), category=categories, code=codes)
def test_an_instant_counts_as_its_local_day(
    day: date, clock: time, category: Category, code: str
) -> None:
    instant = datetime.combine(day, clock, tzinfo=UTC)
    local = instant.astimezone(entity(code).tz).date()

    assert due(category, instant, code) == due(category, local, code)


@settings(deadline=None, database=None, max_examples=200)
@given(day=days, category=categories, code=codes, months=st.integers(1, 11))
def test_a_record_becomes_due_once_and_for_all(
    day: date, category: Category, code: str, months: int
) -> None:
    until = due(category, day, code, months=months).astimezone(UTC)

    assert not is_due(until - timedelta(microseconds=1), until)
    assert is_due(until, until)
    assert is_due(until + timedelta(days=1), until)
    if category is Category.ENTRUSTED:
        assert due(category, day, code, months=months + 1) > until
