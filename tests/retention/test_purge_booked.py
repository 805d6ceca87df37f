"""A purge is in the ledger before its first row goes, or nothing goes."""

import pytest
from pytest_django import Settings

from audit.domain.actor import Actor
from ledger.domain.entries import Gone, Kind, Line
from ledger.models import Booking
from ledger.services.booking import ReplayPending
from ledger.services.file import reading_ledger
from retention.domain.purge_stages import RunState
from retention.models import PurgePart, PurgeRun
from retention.services.purge_runs import start_run
from retention.services.purge_work import purge_next
from tests.retention.conftest import NOW, Sources
from tests.retention.test_purge_runs import due_calls, filled, run_of, work


def lines() -> list[Line]:
    with reading_ledger() as ledger:
        return list(ledger.lines())


def test_purge_is_booked_once_for_each_table_from_which_rows_go(sources: Sources) -> None:
    filled(sources)
    run = run_of()

    assert [(line.entry.resource, line.entry.tables[0].table) for line in lines()] == [
        ("crm", "notes"),
        ("phone", "calls"),
    ]
    for line in lines():
        entry = line.entry
        assert (entry.kind, entry.reference, entry.as_of) == (Kind.PURGE, f"purge:{run.pk}", NOW)
        assert (entry.rules, entry.who) == (run.rules_hash, ())


def test_table_that_waits_for_a_person_is_not_booked(sources: Sources) -> None:
    filled(sources)
    sources.run("crm", "UPDATE notes SET at = NULL WHERE id > 50")  # asks
    start_run(by=Actor.staff(1), at=NOW)
    work()

    [calls] = [line.entry for line in lines()]
    assert calls.resource == "phone"
    assert calls.tables == (Gone("calls", "delete", calls.tables[0].due_before),)


def test_nothing_is_purged_that_cannot_be_booked(sources: Sources, settings: Settings) -> None:
    filled(sources)
    due = due_calls(sources)
    path, settings.ERASURE_LEDGER = settings.ERASURE_LEDGER, "/dev/full"
    run = run_of()

    assert due_calls(sources) == due > 0
    assert run.state == RunState.RUNNING
    codes = set(run.tables.exclude(due=0).values_list("error_code", flat=True))
    assert codes == {"ledger_unwritable"}
    assert not PurgePart.objects.exists()

    settings.ERASURE_LEDGER = path
    run.tables.update(not_before=NOW)
    work()
    assert due_calls(sources) == 0
    assert len(lines()) == 2


def test_no_run_begins_or_goes_on_while_a_restore_is_not_made_good(sources: Sources) -> None:
    filled(sources)
    run_of()
    Booking.objects.all().delete()  # as a backup of before has it

    with pytest.raises(ReplayPending):
        start_run(by=Actor.staff(1), at=NOW)
    with pytest.raises(ReplayPending):
        purge_next(clock=lambda: NOW)
    assert PurgeRun.objects.count() == 1
