import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.days import DayOutOfRange, NaiveInstant
from lib.entities import entity
from retention.domain.categories import Category, Length, UnknownCategory, rule_for
from retention.domain.expiry import (
    DECEMBER_31,
    InvalidDpaMonths,
    InvalidYearEnd,
    MissingAnchor,
    MonthDay,
    expires_at,
    is_due,
    length_of,
)

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "retention.json").read_text(encoding="utf-8")
)
EE, PL = entity("EE"), entity("PL")
SEVEN = "identity_billing"


def anchor_of(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def due(category: str, anchor: str, code: str = "EE", **more: Any) -> str | None:
    until = expires_at(category=category, anchor=anchor_of(anchor), entity=entity(code), **more)
    return None if until is None else until.isoformat()


@pytest.mark.parametrize("vector", VECTORS)
def test_expires_at_agrees_with_the_vector(vector: dict[str, Any]) -> None:
    more: dict[str, Any] = {}
    if "financial_year_end" in vector:
        more["financial_year_end"] = MonthDay.parse(vector["financial_year_end"])
    if "dpa_months" in vector:
        more["dpa_months"] = vector["dpa_months"]

    until = due(vector["category"], vector["anchor"], vector["entity"], **more)

    assert until == vector["expect"]["expires_at"]


@pytest.mark.parametrize(
    ("anchor", "year_end", "expected"),
    [
        ("2019-03-31", "03-31", "2026-04-01T00:00:00+03:00"),
        ("2019-04-01", "03-31", "2027-04-01T00:00:00+03:00"),
        ("2019-02-28", "02-29", "2026-03-01T00:00:00+02:00"),
        ("2020-02-29", "02-29", "2027-03-01T00:00:00+02:00"),
        ("2019-03-01", "02-29", "2027-03-01T00:00:00+02:00"),
        ("2021-02-28", "02-28", "2028-03-01T00:00:00+02:00"),
        # The first instant after 28 February 2020 is the 29th, which 2027 does not have.
        ("2020-02-28", "02-28", "2027-02-28T00:00:00+02:00"),
        ("2020-02-29", "02-28", "2028-03-01T00:00:00+02:00"),
        # A contract that ended at 22:30 UTC on the last day ended the next day in Tallinn.
        ("2019-06-30T22:30:00+00:00", "06-30", "2027-07-01T00:00:00+03:00"),
        ("2019-06-30T20:30:00+00:00", "06-30", "2026-07-01T00:00:00+03:00"),
    ],
)
def test_financial_year_is_the_first_that_ends_on_or_after_the_day(
    anchor: str, year_end: str, expected: str
) -> None:
    assert due(SEVEN, anchor, financial_year_end=MonthDay.parse(year_end)) == expected


def test_running_contract_never_expires() -> None:
    assert expires_at(category=SEVEN, anchor=None, entity=EE) is None


@pytest.mark.parametrize("category", sorted(set(Category) - {Category.IDENTITY_BILLING}))
def test_only_a_contract_can_be_running(category: Category) -> None:
    months = 3 if category is Category.ENTRUSTED else None

    with pytest.raises(MissingAnchor, match=r"^Only identity_billing can be without an anchor"):
        expires_at(category=category, anchor=None, entity=EE, dpa_months=months)


@pytest.mark.parametrize(
    ("category", "anchor", "expected"),
    [
        ("traffic", "2020-01-01", "2028-01-01T00:00:00+02:00"),
        ("communications", "2024-02-29", "2026-03-01T00:00:00+02:00"),
        ("communications", "2024-03-31T21:30:00+00:00", "2026-05-01T00:00:00+03:00"),
        ("communications", "2024-12-31", "2027-01-01T00:00:00+02:00"),
        ("uploaded", "2024-02-28", "2026-03-01T00:00:00+02:00"),
        ("uploaded", "2023-12-31T23:59:59+02:00", "2026-01-01T00:00:00+02:00"),
        ("logs", "2027-12-31T22:00:00+00:00", "2028-03-02T00:00:00+02:00"),
    ],
)
def test_periods_and_events_are_local(category: str, anchor: str, expected: str) -> None:
    assert due(category, anchor) == expected


@pytest.mark.parametrize("months", range(1, 13))
def test_entrusted_data_is_due_the_midnight_after_its_months(months: int) -> None:
    until = expires_at(category="entrusted", anchor=date(2026, 1, 15), entity=PL, dpa_months=months)

    month = months % 12 + 1
    assert until == datetime(2026 + months // 12, month, 16, tzinfo=PL.tz)


@pytest.mark.parametrize("months", [0, 13, -1, True, 6.0, "6", 10**30])
def test_dpa_period_outside_one_to_twelve_whole_months_is_refused(months: Any) -> None:
    with pytest.raises(InvalidDpaMonths, match="whole number of months from 1 to 12, not "):
        due("entrusted", "2026-01-31", dpa_months=months)


def test_dpa_period_is_required_for_entrusted_data() -> None:
    with pytest.raises(InvalidDpaMonths, match=r"^Entrusted data needs the period of its DPA"):
        due("entrusted", "2026-01-31")


def test_dpa_period_is_refused_for_other_data() -> None:
    with pytest.raises(InvalidDpaMonths, match="entrusted data only, not to logs"):
        due("logs", "2026-01-31", dpa_months=6)


def test_year_end_of_the_entity_does_not_concern_other_data() -> None:
    june = MonthDay(6, 30)

    assert due("traffic", "2020-05-05", financial_year_end=june) == due("traffic", "2020-05-05")


def test_unknown_category_is_refused() -> None:
    with pytest.raises(UnknownCategory):
        due("cookies", "2026-01-31")


def test_naive_anchor_is_refused() -> None:
    with pytest.raises(NaiveInstant, match=r"^The anchor needs a UTC offset"):
        due("logs", "2026-01-31T10:00:00")


@pytest.mark.parametrize("anchor", [date.min, date.max, datetime.max.replace(tzinfo=UTC)])
def test_anchor_at_the_ends_of_the_calendar_is_refused(anchor: date) -> None:
    with pytest.raises(DayOutOfRange, match=r"^The anchor lies outside the years"):
        expires_at(category="logs", anchor=anchor, entity=EE)


@pytest.mark.parametrize(
    "text", ["", "2-29", "13-01", "00-10", "04-31", "02-30", "06-00", "06-30\n", "0630", None, 630]
)
def test_year_end_that_is_no_day_is_refused(text: object) -> None:
    with pytest.raises(InvalidYearEnd, match="financial year"):
        MonthDay.parse(text)


def test_year_end_of_29_february_is_the_last_day_of_february() -> None:
    year_end = MonthDay.parse("02-29")

    assert [year_end.in_year(year) for year in (2023, 2024)] == [
        date(2023, 2, 28),
        date(2024, 2, 29),
    ]
    assert DECEMBER_31.in_year(2026) == date(2026, 12, 31)


def test_year_end_takes_whole_numbers_only() -> None:
    with pytest.raises(InvalidYearEnd):
        MonthDay(True, 1)


def test_length_of_entrusted_data_comes_from_its_dpa() -> None:
    assert length_of(rule_for("entrusted"), dpa_months=6) == Length(months=6)
    assert length_of(rule_for("logs"), dpa_months=None) == Length(days=60)


def test_record_is_due_at_the_instant_and_not_before() -> None:
    until = datetime(2026, 3, 1, tzinfo=EE.tz)

    assert not is_due(until - timedelta(microseconds=1), until)
    assert is_due(until, until)
    assert is_due(datetime(2026, 2, 28, 22, tzinfo=UTC), until)
    assert not is_due(datetime(2026, 2, 28, 21, 59, 59, tzinfo=UTC), until)


def test_record_without_an_end_date_is_not_due() -> None:
    assert not is_due(datetime(2099, 1, 1, tzinfo=UTC), None)


def test_naive_present_is_refused() -> None:
    with pytest.raises(NaiveInstant, match=r"^The present instant needs a UTC offset"):
        is_due(datetime(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC))  # noqa: DTZ001 (the case)
