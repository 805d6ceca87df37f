from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis.strategies import datetimes, just, timedeltas

from accounts.domain.sign_in import oldest_kept
from lib.entities import ENTITIES
from retention.domain.categories import Category
from retention.domain.expiry import expires_at

TALLINN = ZoneInfo("Europe/Tallinn")


def test_oldest_kept_is_the_local_midnight_sixty_days_ago() -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    assert oldest_kept(at=at, tz=TALLINN) == datetime(2026, 9, 23, 21, 0, tzinfo=UTC)


def test_oldest_kept_counts_local_days_and_not_utc_days() -> None:
    before = datetime(2026, 11, 22, 21, 59, 59, tzinfo=UTC)
    after = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)

    assert oldest_kept(at=before, tz=TALLINN) == datetime(2026, 9, 22, 21, 0, tzinfo=UTC)
    assert oldest_kept(at=after, tz=TALLINN) == datetime(2026, 9, 23, 21, 0, tzinfo=UTC)


@given(
    attempt=datetimes(datetime(2020, 1, 1), datetime(2039, 12, 31), timezones=just(UTC)),  # noqa: DTZ001 (the strategy adds the zone)
    age=timedeltas(timedelta(0), timedelta(days=70)),
)
def test_oldest_kept_ends_when_the_retention_rule_for_logs_does(
    attempt: datetime, age: timedelta
) -> None:
    end = expires_at(category=Category.LOGS, anchor=attempt, entity=ENTITIES["EE"])

    assert end is not None
    assert (attempt < oldest_kept(at=attempt + age, tz=TALLINN)) == (attempt + age >= end)
