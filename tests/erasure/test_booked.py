"""An erasure is in the ledger before its first row goes, or nothing goes."""

from datetime import date

import pytest
from pytest_django import Settings

from accounts.models import User
from datamap.domain.keys import SubjectKeys
from erasure.domain.states import PlanState
from erasure.models import ScheduledErasure
from erasure.services.schedule import erase_due_next
from erasure.services.work import work_next
from ledger.domain.entries import Gone, Kind, Line, standing_orders
from ledger.models import Booking
from ledger.services.booking import ReplayPending, hash_of
from ledger.services.file import reading_ledger
from lib.units import Status
from tests.erasure.conftest import ANA, BEFORE, GIVEN, LATER, REFERENCE, Sources, approved, work
from tests.erasure.interrupting import clock_that

NOTE = "INSERT INTO recordings VALUES (9, 1, 'new')"


def lines() -> list[Line]:
    with reading_ledger() as ledger:
        return list(ledger.lines())


def test_erasure_is_booked_for_each_resource(sources: Sources, handler: User, dpo: User) -> None:
    approved(handler, dpo)
    assert lines() == []
    work()

    booked = {line.entry.resource: line.entry for line in lines()}
    assert set(booked) == {"crm", "phone"}
    assert booked["phone"].tables == (
        Gone("calls", "delete", date(2019, 1, 1)),
        Gone("recordings", "delete"),
    )
    everyone = sorted(hash_of(*pair) for pair in SubjectKeys.of_pairs([*ANA, *GIVEN]))
    for entry in booked.values():
        assert (entry.kind, entry.reference, entry.at) == (Kind.ERASURE, REFERENCE, LATER)
        assert list(entry.who) == everyone


def test_what_is_erased_later_is_booked_when_it_goes(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    work()
    due = ScheduledErasure.objects.get(plan=plan).due_at
    before = len(lines())
    assert erase_due_next(clock=lambda: due)

    [line] = lines()[before:]
    assert line.entry.reference.startswith("schedule:")
    assert [one.table for one in line.entry.tables] == ["calls"]
    assert sources.ids("phone.calls") != BEFORE["phone.calls"]


def test_nothing_goes_that_cannot_be_booked(
    sources: Sources, handler: User, dpo: User, settings: Settings
) -> None:
    plan = approved(handler, dpo)
    path, settings.ERASURE_LEDGER = settings.ERASURE_LEDGER, "/dev/full"
    work()

    unit = plan.units.exclude(status=Status.DONE).get()
    assert (unit.status, unit.error_code) == (Status.QUEUED, "ledger_unwritable")
    assert sources.all_ids() == BEFORE

    settings.ERASURE_LEDGER = path
    plan.units.filter(pk=unit.pk).update(not_before=None)
    work()
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    assert sources.all_ids() != BEFORE


def test_erasure_that_stops_before_a_row_went_is_given_up_and_booked_anew(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    came = clock_that(lambda: sources.run("phone", NOTE), at_reading=19)
    assert work_next(clock=came)
    plan.refresh_from_db()
    assert plan.state == PlanState.STOPPED
    assert [(line.entry.kind, line.entry.resource) for line in lines()] == [
        (Kind.ERASURE, "phone"),
        (Kind.DROPPED, "phone"),
    ]
    assert standing_orders(lines()) == []

    sources.run("phone", "DELETE FROM recordings WHERE id = 9")
    approved(handler, dpo)
    work()

    assert {line.entry.resource for line in standing_orders(lines())} == {"crm", "phone"}


@pytest.mark.parametrize("worker", [work_next, erase_due_next])
def test_workers_rest_while_a_restore_is_not_made_good(
    sources: Sources, handler: User, dpo: User, worker: object
) -> None:
    approved(handler, dpo)
    work()
    Booking.objects.all().delete()  # as a backup of before has it

    with pytest.raises(ReplayPending):
        worker(clock=lambda: LATER)  # type: ignore[operator] # one of two alike
