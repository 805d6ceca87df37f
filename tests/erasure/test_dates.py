"""When what a plan has left is looked at again."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from datamap.domain.erasing import Survey, Tally
from erasure.domain.dates import end_of, next_look, rows_staying

AT = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
TALLINN = ZoneInfo("Europe/Tallinn")
MONTH, DAY = timedelta(days=30), timedelta(days=1)


def kept(**days: int) -> Survey:
    """Return a survey with kept rows by day; `none` has no anchor."""
    by_day = {
        None if name == "none" else date.fromisoformat(name.strip("d").replace("_", "-")): rows
        for name, rows in days.items()
    }
    return Survey(kept=by_day, kept_tally=Tally(sum(days.values()), (1, 1)))


def look(survey: Survey) -> datetime | None:
    return next_look(survey, category="traffic", entity_code="EE", at=AT)


def test_nothing_left_is_not_looked_at() -> None:
    assert look(Survey(going=Tally(3, (1, 1)), done=Tally(2, (1, 1)))) is None


@pytest.mark.parametrize(
    ("survey", "expected"),
    [
        (kept(d2024_06_01=1, d2025_01_01=4), datetime(2032, 1, 1, tzinfo=TALLINN)),
        (kept(none=2), AT + MONTH),
        (kept(none=2, d2024_06_01=1), AT + MONTH),
        (kept(d2010_01_01=1), AT),  # has become due meanwhile
        (kept(d9999_12_31=1), AT + MONTH),  # "never", in some systems
        (Survey(needed=Tally(1, (1, 1))), AT + MONTH),
        (Survey(held=Tally(1, (1, 1))), AT + DAY),
        (Survey(held=Tally(1, (1, 1)), needed=Tally(1, (1, 1))), AT + DAY),
    ],
)
def test_next_look(survey: Survey, expected: datetime) -> None:
    assert look(survey) == expected


def test_row_without_a_day_has_no_end() -> None:
    assert end_of(None, category="traffic", entity_code="EE") is None


def test_rows_staying_are_kept_needed_and_held() -> None:
    survey = Survey(
        going=Tally(100), kept_tally=Tally(1), needed=Tally(2), held=Tally(4), done=Tally(100)
    )

    assert rows_staying(survey) == 7
