"""Workers that lose their lease or die: the work ends complete, once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import uuid4

import pytest
from django.db.models import Manager

from accounts.models import User
from audit.domain.actor import Actor
from lib.blobs import Blob
from lib.units import LeasedUnit, Status
from outbox.queries import messages_for
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, CollectedTable, CollectionUnit, Letter, Package
from requests_portal.queries import collected_rows
from requests_portal.services.collection import LEASE, collect_next, start_collection
from requests_portal.services.decisions import decide
from requests_portal.services.packages import build_next, retry_package
from tests.requests_portal.conftest import NOW

U = TypeVar("U", bound=LeasedUnit)
LATER = NOW + timedelta(hours=1)
AFTER = LATER + LEASE + timedelta(minutes=1)


class Killed(BaseException):
    """What a worker meets that is killed: nothing catches it."""


def clock_that(act: Callable[[], None], *, at_reading: int) -> Callable[[], datetime]:
    """Return a clock that does something when it is read for the n-th time."""
    readings = iter(range(1, 1000))

    def read() -> datetime:
        if next(readings) == at_reading:
            act()
        return LATER

    return read


def steal(units: Manager[U]) -> Callable[[], None]:
    """Give the running unit to another worker, as happens when a lease has run out."""

    def act() -> None:
        units.filter(status=Status.RUNNING).update(lease_token=uuid4())

    return act


def kill() -> None:
    raise Killed


def assert_collected_once(case: Case) -> None:
    counts = {
        table.table_name: (table.row_count, len(list(collected_rows(table))))
        for table in CollectedTable.objects.filter(unit__case=case, is_ours=True)
    }
    assert counts == {"clients": (1, 1), "invoices": (2, 2), "notes": (1, 1)}
    assert Blob.objects.filter(kind="collection").count() == 3


@pytest.mark.parametrize("reading", range(2, 14))
def test_search_that_loses_its_lease_writes_no_more_and_the_next_completes(
    case: Case, handler: User, reading: int
) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    assert collect_next(clock=clock_that(steal(CollectionUnit.objects), at_reading=reading))
    if CollectionUnit.objects.get().status != Status.DONE:
        assert collect_next(clock=lambda: AFTER)
    assert CollectionUnit.objects.get().status == Status.DONE
    assert_collected_once(case)


@pytest.mark.parametrize("reading", range(2, 12))
def test_search_that_is_killed_is_completed_by_the_next(
    case: Case, handler: User, reading: int
) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    with pytest.raises(Killed):
        collect_next(clock=clock_that(kill, at_reading=reading))
    assert collect_next(clock=lambda: AFTER)
    assert CollectionUnit.objects.get().status == Status.DONE
    assert_collected_once(case)


def decided(case: Case, handler: User) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    collect_next(clock=lambda: LATER)
    case.refresh_from_db()
    decide(
        case=case, outcome=Outcome.GRANTED, message="", identity_checked=True, by=handler, at=LATER
    )


def assert_answered_once(case: Case) -> None:
    case.refresh_from_db()
    assert case.state == State.ANSWERED
    assert messages_for(f"case:{case.id}:answer").count() == 1
    assert Letter.objects.filter(case=case, kind="answer").count() == 1
    assert Blob.objects.filter(kind="package").count() == 1


@pytest.mark.parametrize("reading", range(2, 10))
def test_package_whose_builder_is_killed_is_completed_by_the_next(
    case: Case, handler: User, reading: int
) -> None:
    decided(case, handler)
    with pytest.raises(Killed):
        build_next(clock=clock_that(kill, at_reading=reading))
    assert build_next(clock=lambda: AFTER)
    assert_answered_once(case)


@pytest.mark.parametrize("reading", range(2, 10))
def test_package_whose_builder_loses_its_lease_is_told_once(
    case: Case, handler: User, reading: int
) -> None:
    decided(case, handler)
    assert build_next(clock=clock_that(steal(Package.objects), at_reading=reading))
    if Package.objects.get().status != Status.DONE:
        assert build_next(clock=lambda: AFTER)
    assert_answered_once(case)


def test_search_that_meets_an_unknown_fault_is_kept_and_logs_no_data(
    case: Case, handler: User, caplog: pytest.LogCaptureFixture
) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)

    text = f"no such thing: {case.email}"

    def fault() -> None:
        raise ValueError(text)

    assert collect_next(clock=clock_that(fault, at_reading=2))
    unit = CollectionUnit.objects.get()
    assert (unit.status, unit.error_code) == (Status.QUEUED, "internal")
    assert "ValueError" in caplog.text
    assert "ana@example.com" not in caplog.text


def test_package_that_failed_for_good_is_ordered_again(case: Case, handler: User) -> None:
    decided(case, handler)
    Package.objects.update(status=Status.FAILED, error_code="internal")
    retry_package(package=Package.objects.get(), by=Actor.staff(handler.pk), at=LATER)
    assert build_next(clock=lambda: LATER)
    assert_answered_once(case)
