"""The number to watch: how long the oldest record of each table is past its date."""

from datetime import UTC, date, datetime, timedelta

import pytest

from datamap.queries import current_map
from lib.entities import entity
from retention.domain.overdue import past_date
from retention.domain.purging import Outlook
from retention.models import OverdueSample
from retention.queries import latest_samples
from retention.services.overdue import KEPT, sample_overdue
from tests.retention.conftest import NOW, Sources
from tests.retention.test_purge_runs import filled, run_of

EVERY = timedelta(hours=1)


def look(at: datetime = NOW) -> int:
    return sample_overdue(clock=lambda: at)


def sample(table: str) -> OverdueSample:
    return latest_samples().get(table_name=table)


def test_a_table_that_is_behind_is_told_with_its_age(sources: Sources) -> None:
    filled(sources, rows=600)
    assert look() > 1
    notes = sample("notes")
    table = current_map().resource("crm").table("notes")
    seen = run_of(at=NOW).tables.get(table_name="notes")
    oldest = Outlook(
        rows=1, due=1, held=0, needed=0, no_anchor=0, early=0, future=0, oldest=seen.oldest_on
    )
    age = past_date(oldest, table=table, data_map=current_map(), entity=entity("EE"), now=NOW)
    assert age is not None
    assert age > timedelta(days=1)
    assert (notes.due, notes.seconds) == (seen.due, int(age.total_seconds()))


def test_nothing_is_overdue_once_it_went(sources: Sources) -> None:
    filled(sources, rows=600)
    run_of()
    look(NOW + EVERY)
    assert (sample("notes").due, sample("notes").seconds, sample("notes").error_code) == (0, 0, "")


def test_a_table_is_looked_at_once_an_hour(sources: Sources) -> None:
    filled(sources, rows=600)
    first = look()
    assert look(NOW + timedelta(minutes=59)) == 0
    assert look(NOW + EVERY + timedelta(seconds=1)) == first
    assert OverdueSample.objects.count() == 2 * first


def test_a_source_that_cannot_be_read_is_told_and_is_not_zero(sources: Sources) -> None:
    filled(sources, rows=600)
    sources.run("crm", "ALTER TABLE notes RENAME TO elsewhere")
    look()
    assert sample("notes").error_code != ""
    assert sample("notes").due is None
    others = [one for one in latest_samples() if one.table_name != "notes"]
    assert any(one.due is not None for one in others)


def test_history_ends_after_its_time(sources: Sources) -> None:
    filled(sources, rows=600)
    look()
    look(NOW + KEPT + timedelta(days=1))
    assert not OverdueSample.objects.filter(at=NOW).exists()


@pytest.mark.django_db
def test_without_a_map_nothing_is_looked_at() -> None:
    assert look() == 0


@pytest.mark.parametrize(
    ("oldest", "hours"),
    [
        (date(2024, 2, 29), 24 * 31),  # two years from the end of February: 1 March 2026
        (date(2024, 3, 1), 0),
    ],
)
def test_the_age_counts_from_the_instant_at_which_a_record_was_due(
    sources: Sources, oldest: date, hours: int
) -> None:
    data_map = current_map()
    table = data_map.resource("crm").table("notes")
    now = datetime(2026, 3, 31, 21, tzinfo=UTC)  # midnight in Tallinn
    seen = Outlook(rows=2, due=1, held=0, needed=0, no_anchor=0, early=0, future=0, oldest=oldest)
    age = past_date(seen, table=table, data_map=data_map, entity=entity("EE"), now=now)
    assert age == timedelta(hours=hours - (1 if hours else 0))  # the clock went forward in March
