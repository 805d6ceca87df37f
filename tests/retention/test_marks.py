"""Sources are brought in line with a restriction, whatever happens on the way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from pytest_django import Settings

from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.erasing import Scope, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category, Erasing
from ledger.services.booking import Booked
from lib.units import LeaseLost, NotFailed, Status, claim_next
from retention.domain.restricting import Reason
from retention.domain.treatments import rules_hash
from retention.models import Restriction, SourceMark
from retention.queries import is_restricted
from retention.services import marks
from retention.services.gate import permitted
from retention.services.marks import LEASE, MAX_ATTEMPTS, mark_next, renew_marks, retry_mark
from retention.services.restrictions import lift, note_notice_sent, restrict_person
from retention.tasks import mark_sources, renew_source_marks
from tests.retention.conftest import ANA, BEN, NOW, Sources, resource

BY = Actor.staff(3)
LATER = NOW + timedelta(minutes=5)
AFTER = LATER + LEASE + timedelta(minutes=1)
MARKED = "SELECT id FROM clients WHERE restricted ORDER BY id"
MARKED_NOTES = "SELECT id FROM notes WHERE restricted ORDER BY id"


class Killed(BaseException):
    """What a worker meets that is killed: nothing catches it."""


def restrict(keys: SubjectKeys = ANA, **changes: object) -> Restriction:
    return restrict_person(
        **{"keys": keys, "reason": Reason.ACCURACY, "by": BY, "at": NOW, **changes}  # type: ignore[arg-type]
    )


def lifted(restriction: Restriction) -> None:
    note_notice_sent(restriction=restriction, by=BY, at=LATER)
    lift(restriction=restriction, by=BY, at=LATER)


def work(at: datetime = LATER) -> int:
    """Do what is due; how many units that were."""
    done = 0
    while mark_next(clock=lambda: at):
        done += 1
    return done


def clock_that(act: Callable[[], object], *, at_reading: int) -> Callable[[], datetime]:
    readings = iter(range(1, 1000))

    def read() -> datetime:
        if next(readings) == at_reading:
            act()
        return LATER

    return read


def kill() -> None:
    raise Killed


def test_sources_own_marks_are_set_and_cleared(sources: Sources) -> None:
    restriction = restrict()
    assert work() == 1

    assert sources.rows("crm", MARKED) == [(1,)]
    assert sources.rows("crm", MARKED_NOTES) == [(1,), (2,)]
    mark = SourceMark.objects.get()
    assert (mark.status, mark.marked_rows) == (Status.DONE, 3)

    lifted(restriction)
    assert work() == 1
    assert sources.rows("crm", MARKED) == []
    assert sources.rows("crm", MARKED_NOTES) == []
    told = [event.data for event in events_of("restriction", str(restriction.pk))]
    assert {"resource": "crm", "rows": 3, "restricted": True} in told
    assert {"resource": "crm", "rows": 3, "restricted": False} in told


def test_tables_narrow_the_marks(sources: Sources) -> None:
    restrict(tables=["crm.notes"])
    work()

    assert sources.rows("crm", MARKED) == []
    assert sources.rows("crm", MARKED_NOTES) == [(1,), (2,)]


def test_categories_narrow_the_marks(sources: Sources) -> None:
    restrict(categories=[Category.COMMUNICATIONS])
    work()

    assert sources.rows("crm", MARKED) == []
    assert sources.rows("crm", MARKED_NOTES) == [(1,), (2,)]


def test_resources_narrow_the_marks_but_the_person_is_looked_up(sources: Sources) -> None:
    restrict(resources=["phone"])
    assert work() == 1

    assert sources.rows("crm", MARKED) == []
    assert is_restricted(SubjectKeys(customer_numbers=("AP-1",)))


def test_mark_stays_while_another_restriction_asks_for_it(sources: Sources) -> None:
    by_number = SubjectKeys(customer_numbers=("AP-1",))
    first, second = restrict(), restrict(by_number, categories=[Category.COMMUNICATIONS])
    work()
    lifted(first)
    work()

    assert sources.rows("crm", MARKED) == []
    assert sources.rows("crm", MARKED_NOTES) == [(1,), (2,)]
    lifted(second)
    work()
    assert sources.rows("crm", MARKED_NOTES) == []


def test_restriction_covers_what_another_source_knows_by_number_alone(sources: Sources) -> None:
    restriction = restrict()
    work()

    restriction.refresh_from_db()
    assert restriction.keys == SubjectKeys(emails=ANA.emails, customer_numbers=("AP-1",))
    assert is_restricted(SubjectKeys(customer_numbers=("AP-1",)))
    everybody = Scope(None, {"calls": Treatment(Erasing.DELETE)})
    gate = permitted(
        resource=resource("phone"),
        scope=everybody,
        rules_hash=rules_hash(),
        booked=Booked("test", "phone"),
    )
    with gate as permit:
        (exclusion,) = permit.scope.exclusions
    assert exclusion.keys == restriction.keys


def test_others_are_asked_again_with_what_one_source_knows(sources: Sources) -> None:
    restriction = restrict()
    other = SourceMark.objects.create(restriction=restriction, resource_id="phone", marked_rows=2)
    SourceMark.objects.filter(pk=other.pk).update(status=Status.DONE, finished_at=NOW)

    assert mark_next(clock=lambda: LATER)

    again = SourceMark.objects.get(resource_id="phone")
    assert (again.status, again.marked_rows) == (Status.QUEUED, 2)
    assert again.pk != other.pk


def test_map_that_joins_too_many_is_stopped(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(marks, "MOST_IDENTIFIERS", 1)
    restriction = restrict()
    work()

    mark = SourceMark.objects.get()
    assert (mark.status, mark.error_code) == (Status.QUEUED, "internal")
    assert "TooManyIdentifiers" in caplog.text
    restriction.refresh_from_db()
    assert restriction.keys == ANA


@pytest.mark.parametrize("reading", range(2, 8))
def test_worker_that_is_killed_is_followed_by_the_next(sources: Sources, reading: int) -> None:
    restrict()
    with pytest.raises(Killed):
        mark_next(clock=clock_that(kill, at_reading=reading))
    assert work(AFTER) == 1

    assert SourceMark.objects.get().status == Status.DONE
    assert sources.rows("crm", MARKED) == [(1,)]


@pytest.mark.parametrize("reading", range(2, 8))
def test_worker_that_loses_its_lease_leaves_it_to_the_next(sources: Sources, reading: int) -> None:
    restrict()

    def steal() -> None:
        SourceMark.objects.filter(status=Status.RUNNING).update(lease_token=uuid4())

    assert mark_next(clock=clock_that(steal, at_reading=reading))
    work(AFTER)

    assert SourceMark.objects.get().status == Status.DONE
    assert sources.rows("crm", MARKED) == [(1,)]


def test_restriction_that_is_lifted_under_way_marks_nothing(sources: Sources) -> None:
    restriction = restrict()
    claimed = claim_next(SourceMark.objects.all(), at=LATER, lease=LEASE)
    assert claimed is not None
    lifted(restriction)

    with pytest.raises(LeaseLost):
        marks._work(claimed, clock=lambda: LATER)  # noqa: SLF001 (a worker in the middle)
    assert sources.rows("crm", MARKED) == []
    assert work() == 1
    assert sources.rows("crm", MARKED) == []


def test_source_that_is_down_is_tried_again(sources: Sources, settings: Settings) -> None:
    restriction = restrict()
    addresses = settings.SOURCE_URLS
    settings.SOURCE_URLS = {}
    assert work() == 1

    mark = SourceMark.objects.get()
    assert (mark.status, mark.error_code) == (Status.QUEUED, "url_missing")
    assert "SOURCE_CRM_URL" in mark.error_text
    assert is_restricted(ANA)
    failed = events_of("restriction", str(restriction.pk)).get(verb="restriction.mark_failed")
    assert failed.data == {"resource": "crm", "code": "url_missing", "attempt": 1}
    settings.SOURCE_URLS = addresses
    assert work(AFTER) == 1
    assert sources.rows("crm", MARKED) == [(1,)]


def test_source_that_stays_down_waits_for_staff(sources: Sources, settings: Settings) -> None:
    restrict()
    addresses = settings.SOURCE_URLS
    settings.SOURCE_URLS = {}
    for attempt in range(MAX_ATTEMPTS):
        assert work(LATER + timedelta(days=attempt)) == 1
    mark = SourceMark.objects.get()
    assert (mark.status, mark.attempts) == (Status.FAILED, MAX_ATTEMPTS)
    assert work(LATER + timedelta(days=99)) == 0

    settings.SOURCE_URLS = addresses
    retry_mark(mark=mark, by=BY, at=AFTER)
    with pytest.raises(NotFailed):
        retry_mark(mark=mark, by=BY, at=AFTER)
    assert work(AFTER) == 1
    assert sources.rows("crm", MARKED) == [(1,)]


def test_unit_whose_workers_all_died_is_given_up(sources: Sources) -> None:
    restrict()
    SourceMark.objects.update(attempts=MAX_ATTEMPTS)
    assert work() == 1

    mark = SourceMark.objects.get()
    assert (mark.status, mark.error_code) == (Status.FAILED, "interrupted")


def test_failing_unit_that_is_ordered_anew_leaves_the_failure_behind(
    sources: Sources, settings: Settings
) -> None:
    restriction = restrict()
    settings.SOURCE_URLS = {}

    assert mark_next(clock=clock_that(lambda: lifted(restriction), at_reading=2))

    mark = SourceMark.objects.get()
    assert (mark.status, mark.attempts, mark.error_code) == (Status.QUEUED, 0, "")


def test_rows_that_came_since_are_marked_on_the_next_day(sources: Sources) -> None:
    restrict()
    work()
    sources.run("crm", "INSERT INTO notes VALUES (9, 1)")
    assert renew_marks(at=LATER + timedelta(hours=23)) == 0
    assert renew_marks(at=LATER + timedelta(hours=25)) == 1
    assert work(LATER + timedelta(hours=25)) == 1

    assert sources.rows("crm", MARKED_NOTES) == [(1,), (2,), (9,)]
    assert SourceMark.objects.get().marked_rows == 4


def test_source_that_the_map_names_later_is_reached(sources: Sources) -> None:
    restriction = restrict()
    restriction.marks.all().delete()
    assert renew_marks(at=LATER) == 1
    work()

    assert sources.rows("crm", MARKED) == [(1,)]


def test_restriction_that_is_lifted_while_marks_are_renewed_is_passed_over(
    sources: Sources,
) -> None:
    restriction = restrict()
    lifted(restriction)

    assert marks._renew(restriction.pk, at=LATER + timedelta(days=9)) == 0  # noqa: SLF001
    assert renew_marks(at=LATER + timedelta(days=9)) == 0


def test_lifted_restriction_is_not_renewed(sources: Sources) -> None:
    restriction = restrict()
    lifted(restriction)
    work()

    assert renew_marks(at=LATER + timedelta(days=9)) == 0


def test_tasks_do_what_is_due(sources: Sources) -> None:
    restrict(BEN)
    mark_sources()
    renew_source_marks()

    assert sources.rows("crm", MARKED) == [(2,)]
