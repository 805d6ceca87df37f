"""Runs of a purge beside holds and open requests: what they keep, and that it goes afterwards."""

from datamap.domain.keys import SubjectKeys
from retention.domain.purge_stages import RunState, Stage
from retention.services.evidence import freeze_evidence, lift_freeze
from retention.services.purge_runs import start_run
from retention.services.purge_work import purge_next
from tests.retention.conftest import ANA, NOW, Sources
from tests.retention.test_holds import ONE, place, released
from tests.retention.test_purge_runs import due_notes, filled, run_of, table, work

BOTH = SubjectKeys(emails=("ana@example.com", "ben@example.com"))


def test_run_takes_after_the_release_what_a_hold_held_back(sources: Sources) -> None:
    filled(sources)
    hold = place(keys=ANA)
    first = table(run_of(), "notes")
    assert (first.due, first.held, first.erased, first.left) == (10, 20, 10, 0)

    released(hold)
    second = table(run_of(), "notes")
    assert (second.due, second.held, second.erased) == (20, 0, 20)
    assert due_notes(sources) == 0


def test_hold_placed_since_the_count_keeps_its_rows_in_the_same_run(sources: Sources) -> None:
    filled(sources)
    run = start_run(by=ONE, at=NOW)
    while table(run, "notes").stage == Stage.PLAN.value:
        assert purge_next(clock=lambda: NOW)
    assert table(run, "notes").due == 30
    place(keys=BOTH)
    work()

    run.refresh_from_db()
    notes = table(run, "notes")
    assert (run.state, notes.erased, notes.left) == (RunState.DONE, 0, 0)
    assert due_notes(sources) == 30


def test_run_takes_the_evidence_of_a_request_once_it_is_closed(sources: Sources) -> None:
    filled(sources)
    freeze_evidence(reference="case:1", keys=ANA, by=ONE, at=NOW)
    assert table(run_of(), "notes").held == 20

    lift_freeze(reference="case:1", by=ONE, at=NOW)
    assert table(run_of(), "notes").erased == 20
