"""What must hold on every day to 2040 and for any suspensions."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.entities import ENTITIES, Entity, entity
from requests_portal.domain.calendars import calendar_for, is_working_day
from requests_portal.domain.clock import Deadlines, Suspension, compute_deadlines

CODES = sorted(ENTITIES)
FIRST, LAST = date(2024, 1, 1), date(2040, 12, 31)
TODAY = date(2041, 1, 1)
#: The longest run of free days: in Latvia from Saturday 21 to Thursday 26 December 2024.
LONGEST_ROLL = 6

codes = st.sampled_from(CODES)
instants = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=datetime(2039, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
gaps = st.lists(
    st.tuples(st.integers(0, 100_000), st.one_of(st.none(), st.integers(0, 100_000))), max_size=5
)


def compute(received_at: datetime, code: str, suspensions: Sequence[Suspension] = ()) -> Deadlines:
    return compute_deadlines(
        received_at=received_at,
        entity=entity(code),
        suspensions=suspensions,
        calendar=calendar_for(code),
        today=TODAY,
    )


def spans_after(received_at: datetime, minutes: list[tuple[int, int | None]]) -> list[Suspension]:
    spans = []
    for before, during in minutes:
        asked_at = received_at + timedelta(minutes=before)
        answered_at = None if during is None else asked_at + timedelta(minutes=during)
        spans.append(Suspension(asked_at=asked_at, answered_at=answered_at))
    return spans


def days_of(suspension: Suspension, responsible: Entity) -> Iterator[date]:
    day = suspension.asked_at.astimezone(responsible.tz).date()
    end = TODAY
    if suspension.answered_at is not None:
        end = suspension.answered_at.astimezone(responsible.tz).date()
    while day < end:
        yield day
        day += timedelta(days=1)


def naive_month_later(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    return date(year, month, day.day)


def naive_roll(day: date, code: str) -> date:
    holidays = calendar_for(code)
    while day.strftime("%a") in {"Sat", "Sun"} or holidays.holiday_name(day):
        day = date.fromordinal(day.toordinal() + 1)
    return day


@pytest.mark.parametrize("code", CODES)
def test_invariants_hold_on_every_day(code: str) -> None:
    responsible, calendar = entity(code), calendar_for(code)
    before: Deadlines | None = None
    day = FIRST
    while day <= LAST:
        noon = datetime.combine(day, time(12), tzinfo=responsible.tz)
        now = compute(noon, code)

        assert now.received_on == day
        assert now.safe_on == naive_month_later(day, 1) == now.extension_notice_by
        assert now.sla_on == min(day + timedelta(days=30), now.safe_on)
        assert now.statutory_on == naive_roll(now.safe_on, code)
        assert now.extended_on == naive_roll(naive_month_later(day, 3), code)
        assert now.sla_on <= now.safe_on <= now.statutory_on < now.extended_on
        assert (now.statutory_on - now.safe_on).days <= LONGEST_ROLL
        assert is_working_day(now.statutory_on, calendar)
        assert is_working_day(now.extended_on, calendar)
        if before is not None:
            assert all(before.dates()[name] <= on for name, on in now.dates().items())
        before = now
        day += timedelta(days=1)


@settings(deadline=None, database=None, max_examples=150)
@given(received_at=instants, code=codes, minutes=gaps)
def test_suspensions_move_dates_by_the_days_of_their_union(
    received_at: datetime, code: str, minutes: list[tuple[int, int | None]]
) -> None:
    spans = spans_after(received_at, minutes)
    plain = compute(received_at, code)
    union = {day for span in spans for day in days_of(span, entity(code))}
    pause = timedelta(days=len(union))

    moved = compute(received_at, code, spans)

    assert moved.suspended_days == len(union)
    assert moved.safe_on == plain.safe_on == moved.extension_notice_by
    assert moved.sla_on == plain.sla_on + pause
    assert moved.statutory_on == naive_roll(plain.safe_on + pause, code)
    third_month = naive_month_later(plain.received_on, 3)
    assert moved.extended_on == naive_roll(third_month + pause, code)


@settings(deadline=None, database=None, max_examples=150)
@given(received_at=instants, code=codes, minutes=gaps, extra=gaps)
def test_another_suspension_never_makes_a_date_earlier(
    received_at: datetime,
    code: str,
    minutes: list[tuple[int, int | None]],
    extra: list[tuple[int, int | None]],
) -> None:
    spans = spans_after(received_at, minutes)
    fewer = compute(received_at, code, spans).dates()

    more = compute(received_at, code, [*spans_after(received_at, extra), *spans]).dates()

    assert all(fewer[name] <= more[name] for name in fewer)


@settings(deadline=None, database=None, max_examples=150)
@given(received_at=instants, code=codes, minutes=gaps, data=st.data())
def test_order_of_suspensions_does_not_matter(
    received_at: datetime, code: str, minutes: list[tuple[int, int | None]], data: st.DataObject
) -> None:
    spans = spans_after(received_at, minutes)
    shuffled = data.draw(st.permutations(spans))

    assert compute(received_at, code, shuffled) == compute(received_at, code, spans)


@settings(deadline=None, database=None, max_examples=150)
@given(received_at=instants, code=codes, later=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_later_receipt_never_has_an_earlier_date(
    received_at: datetime, code: str, later: timedelta
) -> None:
    first, second = compute(received_at, code), compute(received_at + later, code)

    assert all(first.dates()[name] <= second.dates()[name] for name in first.dates())
