import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.days import DayOutOfRange, NaiveInstant
from lib.entities import ENTITIES, entity
from requests_portal.domain.calendars import calendar_for
from requests_portal.domain.clock import (
    DATE_NAMES,
    Deadlines,
    InvalidSuspension,
    Reason,
    ReasonCode,
    Suspension,
    compute_deadlines,
)

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "deadlines.json").read_text(encoding="utf-8")
)
TODAY = date(2026, 11, 23)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def span(asked: str, answered: str | None) -> Suspension:
    return Suspension(asked_at=at(asked), answered_at=at(answered) if answered else None)


def deadlines(
    received: str, *suspensions: Suspension, code: str = "EE", today: date = TODAY
) -> Deadlines:
    return compute_deadlines(
        received_at=at(received),
        entity=entity(code),
        suspensions=suspensions,
        calendar=calendar_for(code),
        today=today,
    )


@pytest.mark.parametrize("vector", VECTORS)
def test_compute_deadlines_agrees_with_the_vector(vector: dict[str, Any]) -> None:
    spans = [span(each["asked_at"], each["answered_at"]) for each in vector["suspensions"]]

    computed = deadlines(vector["received_at"], *spans, code=vector["entity"])

    assert {name: day.isoformat() for name, day in computed.dates().items()} == vector["expect"]


def test_day_moved_by_decree_moves_the_statutory_date() -> None:
    assert deadlines("2026-05-22T09:00:00+03:00", code="LV").statutory_on == date(2026, 6, 25)
    assert deadlines("2025-12-02T09:00:00+02:00", code="LV").statutory_on == date(2026, 1, 5)


def test_substitute_monday_in_latvia_moves_the_statutory_date() -> None:
    assert deadlines("2028-10-18T09:00:00+03:00", code="LV").statutory_on == date(2028, 11, 21)


def test_polish_christmas_eve_is_a_working_day_until_2024() -> None:
    assert deadlines("2024-11-24T09:00:00+01:00", code="PL").statutory_on == date(2024, 12, 24)
    assert deadlines("2025-11-24T09:00:00+01:00", code="PL").statutory_on == date(2025, 12, 29)


def test_one_off_day_moves_the_statutory_date() -> None:
    calendar = calendar_for("EE", extra_days={date(2026, 4, 6): "One-off day"})

    computed = compute_deadlines(
        received_at=at("2026-03-05T10:00:00+02:00"),
        entity=entity("EE"),
        suspensions=(),
        calendar=calendar,
        today=TODAY,
    )

    assert computed.statutory_on == date(2026, 4, 7)
    assert computed.safe_on == date(2026, 4, 5)


def test_extension_is_counted_from_receipt_and_not_from_the_clipped_month() -> None:
    computed = deadlines("2026-12-31T12:00:00+02:00")

    assert computed.safe_on == date(2027, 1, 31)
    assert computed.extended_on == date(2027, 3, 31)


def test_open_suspension_counts_to_today() -> None:
    asked = span("2026-03-10T09:00:00+02:00", None)

    computed = deadlines("2026-03-05T10:00:00+02:00", asked, today=date(2026, 3, 13))

    assert computed.suspended_days == 3
    assert computed.sla_on == date(2026, 4, 7)
    assert computed.safe_on == date(2026, 4, 5)


def test_open_suspension_asked_today_counts_none() -> None:
    asked = span("2026-03-10T09:00:00+02:00", None)

    assert (
        deadlines("2026-03-05T10:00:00+02:00", asked, today=date(2026, 3, 10)).suspended_days == 0
    )
    assert deadlines("2026-03-05T10:00:00+02:00", asked, today=date(2026, 3, 6)).suspended_days == 0


def test_suspended_days_are_local_days() -> None:
    # 22:30 UTC is the next day in Tallinn and still the same in Warsaw.
    asked = span("2026-03-10T22:30:00+00:00", "2026-03-12T12:00:00+00:00")

    assert deadlines("2026-03-05T10:00:00+02:00", asked).suspended_days == 1
    assert deadlines("2026-03-05T10:00:00+02:00", asked, code="PL").suspended_days == 2


def test_touching_contained_and_repeated_spans_count_once() -> None:
    computed = deadlines(
        "2026-03-05T10:00:00+02:00",
        span("2026-03-20T09:00:00+02:00", "2026-03-22T09:00:00+02:00"),
        span("2026-03-10T09:00:00+02:00", "2026-03-20T09:00:00+02:00"),
        span("2026-03-12T09:00:00+02:00", "2026-03-13T09:00:00+02:00"),
        span("2026-03-10T09:00:00+02:00", "2026-03-20T09:00:00+02:00"),
        span("2026-03-25T09:00:00+02:00", "2026-03-26T09:00:00+02:00"),
    )

    assert computed.suspended_days == 13


def test_suspension_answered_before_it_was_asked_is_refused() -> None:
    backwards = span("2026-03-10T09:00:00+02:00", "2026-03-10T08:59:59+02:00")

    with pytest.raises(InvalidSuspension, match="answered before it was asked"):
        deadlines("2026-03-05T10:00:00+02:00", backwards)


def test_suspension_before_receipt_is_refused() -> None:
    early = span("2026-03-05T09:59:59+02:00", "2026-03-10T09:00:00+02:00")

    with pytest.raises(InvalidSuspension, match="before the request was received"):
        deadlines("2026-03-05T10:00:00+02:00", early)


@pytest.mark.parametrize(
    ("received", "asked", "answered"),
    [
        ("2026-03-05T10:00:00", "2026-03-10T09:00:00+02:00", None),
        ("2026-03-05T10:00:00+02:00", "2026-03-10T09:00:00", None),
        ("2026-03-05T10:00:00+02:00", "2026-03-10T09:00:00+02:00", "2026-03-11T09:00:00"),
    ],
)
def test_naive_times_are_refused(received: str, asked: str, answered: str | None) -> None:
    with pytest.raises(NaiveInstant, match="needs a UTC offset"):
        deadlines(received, span(asked, answered))


@pytest.mark.parametrize(
    "received",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime(1990, 12, 31, tzinfo=UTC),
        datetime(2100, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_receipt_in_a_year_without_calendar_is_refused(received: datetime) -> None:
    with pytest.raises(DayOutOfRange, match=r"^The time of receipt must lie in the years"):
        deadlines(received.isoformat())


def test_suspension_and_today_in_a_year_without_calendar_are_refused() -> None:
    received = "2026-03-05T10:00:00+02:00"

    with pytest.raises(DayOutOfRange, match=r"^The time of asking must lie"):
        deadlines(received, span("9999-12-31T23:00:00+00:00", None))
    with pytest.raises(DayOutOfRange, match=r"^The time of the answer must lie"):
        deadlines(received, span("2026-03-10T09:00:00+02:00", "9999-12-31T23:00:00+00:00"))
    with pytest.raises(DayOutOfRange, match=r"^Today must lie"):
        deadlines(received, today=date.max)


def test_longest_possible_suspension_stays_within_the_calendar() -> None:
    decades = span("1991-06-01T09:00:00+02:00", None)

    computed = deadlines("1991-06-01T09:00:00+02:00", decades, today=date(2099, 12, 31))

    assert computed.suspended_days == (date(2099, 12, 31) - date(1991, 6, 1)).days
    assert computed.extended_on.year == 2100


def test_explanations_name_every_date() -> None:
    explained = deadlines("2026-03-05T10:00:00+02:00").explanations

    assert tuple(explained) == DATE_NAMES
    assert all(explained.values())


def test_explanation_of_a_roll_names_every_day_stepped_over() -> None:
    computed = deadlines("2026-03-05T10:00:00+02:00", code="LV")

    assert computed.explanations["statutory_on"] == (
        Reason(ReasonCode.MONTHS, {"months": 1, "from": date(2026, 3, 5)}),
        Reason(
            ReasonCode.ROLLED,
            {"from": date(2026, 4, 5), "because": "sunday", "holiday": "Easter Sunday"},
        ),
        Reason(
            ReasonCode.ROLLED,
            {"from": date(2026, 4, 6), "because": "holiday", "holiday": "Easter Monday"},
        ),
    )


def test_explanation_tells_a_clipped_month_and_a_suspension() -> None:
    paused = span("2026-02-03T09:00:00+01:00", "2026-02-05T09:00:00+01:00")

    explained = deadlines("2026-01-31T09:00:00+01:00", paused, code="PL").explanations

    clipped = Reason(ReasonCode.MONTH_END, {"months": 1, "from": date(2026, 1, 31)})
    suspended = Reason(ReasonCode.SUSPENDED, {"days": 2})
    assert explained["safe_on"] == (clipped,)
    assert explained["statutory_on"] == (clipped, suspended)
    assert explained["sla_on"] == (
        Reason(ReasonCode.SAFE_IS_EARLIER, {"days": 30, "safe_on": date(2026, 2, 28)}),
        suspended,
    )
    assert explained["extension_notice_by"] == (
        Reason(ReasonCode.NOTICE, {"safe_on": date(2026, 2, 28)}),
    )


def test_explanation_of_a_saturday_says_so() -> None:
    (_, saturday, sunday) = deadlines("2026-01-14T09:00:00+02:00").explanations["statutory_on"]

    assert saturday.params == {
        "from": date(2026, 2, 14),
        "because": "saturday",
        "holiday": None,
    }
    assert sunday.params["because"] == "sunday"


def test_midnight_belongs_to_the_day_that_begins() -> None:
    for code, each in ENTITIES.items():
        midnight = datetime(2026, 6, 1, tzinfo=each.tz)
        just_before = midnight.astimezone(UTC) - timedelta(microseconds=1)

        assert deadlines(midnight.isoformat(), code=code).received_on == date(2026, 6, 1)
        assert deadlines(just_before.isoformat(), code=code).received_on == date(2026, 5, 31)
