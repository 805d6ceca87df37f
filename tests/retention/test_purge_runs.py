"""Runs that erase what is due on real databases: planned, guarded, carried out, searched again."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from pytest_django import Settings

from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.keys import SubjectKeys
from datamap.models import MapVersion
from datamap.services import load_map
from lib.units import Status
from retention.domain.purge_stages import RunState, Stage
from retention.domain.restricting import Reason
from retention.models import PurgeRun, PurgeStop, PurgeTable
from retention.services import purge_parts
from retention.services.purge_runs import (
    ClockMovedBack,
    NoSuchResource,
    NotYet,
    PurgeRefused,
    PurgesStopped,
    RunUnderWay,
    start_nightly,
    start_run,
    waits_for_person,
)
from retention.services.purge_steering import (
    allow_table,
    end_run,
    pause_run,
    release_stop,
    resume_run,
    stop_purges,
)
from retention.services.purge_work import purge_next
from retention.services.restrictions import restrict_person
from tests.retention.conftest import NOW, Sources

BY = Actor.staff(3)
#: Every morning the rows of three days before 2024-03-01 are due, and of that day none.
_NOTES = """
DELETE FROM notes;
INSERT INTO notes SELECT n, 1 + n % 2, date '2024-02-27' + n % 6, false
    FROM generate_series(1, {rows}) AS n;
"""


def note_days(sources: Sources) -> list[object]:
    return [day for (day,) in sources.rows("crm", "SELECT DISTINCT at FROM notes ORDER BY at")]


def filled(sources: Sources, rows: int = 60) -> None:
    """Half of the notes are due, all calls of 2010."""
    sources.run("crm", _NOTES.format(rows=rows))
    young = "SELECT n, 'AP-9', '2026-01-01' FROM generate_series(10, 40) n"
    sources.run("phone", f"INSERT INTO calls {young}")


def due_notes(sources: Sources) -> int:
    return len(sources.rows("crm", "SELECT id FROM notes WHERE at < '2024-03-01'"))


def due_calls(sources: Sources) -> int:
    return len(sources.rows("phone", "SELECT id FROM calls WHERE at < '2019-01-01'"))


def work(at: datetime = NOW) -> int:
    done = 0
    while purge_next(clock=lambda: at):
        done += 1
    return done


def run_of(**changes: Any) -> PurgeRun:
    run = start_run(**{"by": BY, "at": NOW, **changes})
    work()
    run.refresh_from_db()
    return run


def table(run: PurgeRun, name: str) -> PurgeTable:
    return run.tables.get(table_name=name)


def test_what_is_due_goes_and_nothing_else(sources: Sources) -> None:
    filled(sources)
    run = run_of()

    assert run.state == RunState.DONE
    assert note_days(sources) == [date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 3)]
    notes, calls, clients = (table(run, name) for name in ("notes", "calls", "clients"))
    assert (notes.rows, notes.due, notes.erased, notes.left) == (60, 30, 30, 0)
    assert (notes.oldest_on, notes.due_before) == (date(2024, 2, 27), date(2024, 3, 1))
    assert (calls.due, calls.erased, calls.rows) == (2, 2, 33)
    assert (clients.action, clients.due, clients.no_anchor, clients.left) == ("keep", 0, 0, 0)
    told = events_of("purge", str(run.pk)).get(verb="purge.ended").data
    assert told == {
        "certificate_sha256": sha256(run.certificate.document.encode()).hexdigest(),
        "state": "done",
        "rows_erased": 32,
        "rows_left": 0,
        "tables_failed": 0,
        "tables_asking": 0,
    }


def test_a_second_run_finds_nothing(sources: Sources) -> None:
    filled(sources)
    run_of()
    again = run_of()
    assert (again.state, sum(one.due for one in again.tables.all())) == (RunState.DONE, 0)


def test_at_its_instant_and_not_a_microsecond_before(sources: Sources) -> None:
    sources.run("phone", "INSERT INTO calls VALUES (9, 'AP-9', '2018-12-31')")
    sources.run("crm", "DELETE FROM notes")
    due_at = datetime(2025, 12, 31, 22, 0, tzinfo=UTC)  # midnight in Tallinn
    early = run_of(as_of=due_at - timedelta(microseconds=1))
    assert table(early, "calls").erased == 2
    assert sources.rows("phone", "SELECT id FROM calls") == [(9,)]
    assert table(run_of(as_of=due_at), "calls").erased == 1
    assert sources.rows("phone", "SELECT id FROM calls") == []


def test_a_dry_run_counts_what_the_run_erases_to_the_row(sources: Sources) -> None:
    filled(sources)
    before = (note_days(sources), sources.rows("phone", "SELECT count(*) FROM calls"))
    dry = told("--dry-run", "--now", NOW.isoformat())
    assert (note_days(sources), sources.rows("phone", "SELECT count(*) FROM calls")) == before
    assert not PurgeRun.objects.exists()

    run = run_of()
    counted = {one["table"]: (one["rows"], one["due"], one["held"]) for one in dry["tables"]}
    assert counted == {one.table_name: (one.rows, one.erased, one.held) for one in run.tables.all()}


def test_who_is_restricted_keeps_what_is_due(sources: Sources) -> None:
    filled(sources)
    ana = SubjectKeys(emails=("ana@example.com",))
    restrict_person(keys=ana, reason=Reason.CLAIM, by=BY, at=NOW)
    run = run_of()
    notes = table(run, "notes")
    assert (run.state, notes.due, notes.held) == (RunState.DONE, 10, 20)
    assert (notes.erased, notes.left) == (10, 0)
    kept = sources.rows("crm", "SELECT DISTINCT client_id FROM notes WHERE at < '2024-03-01'")
    assert kept == [(1,)]


def test_many_small_steps_erase_the_same(sources: Sources, settings: Settings) -> None:
    settings.PURGE_STEP_ROWS = 7
    filled(sources, rows=600)
    run = run_of()
    assert (table(run, "notes").erased, note_days(sources)[0]) == (300, date(2024, 3, 1))


# --- guards ------------------------------------------------------------------------------------
def test_more_than_its_share_waits_for_a_person_and_goes_when_allowed(sources: Sources) -> None:
    filled(sources, rows=600)
    sources.run("crm", "DELETE FROM notes WHERE at > '2024-03-01'")
    run = run_of()
    notes = table(run, "notes")
    assert (notes.alarms, notes.asks, run.state) == (["share"], True, RunState.RUNNING)
    assert waits_for_person(run)
    assert due_notes(sources) == 300
    assert table(run, "calls").erased == 2  # the others need not wait

    allow_table(table=notes, by=BY, at=NOW)
    work()
    run.refresh_from_db()
    assert (run.state, table(run, "notes").erased) == (RunState.DONE, 300)
    allowed = events_of("purge", str(run.pk)).get(verb="purge.allowed")
    assert allowed.data == {"resource": "crm", "table": "notes", "alarms": ["share"], "due": 300}
    with pytest.raises(PurgeRefused):
        allow_table(table=notes, by=BY, at=NOW)


def test_rows_without_a_usable_date_stay_and_are_asked_about_once(sources: Sources) -> None:
    filled(sources)
    odd = "INSERT INTO notes VALUES (901, 1, NULL), (902, 1, '1985-01-01'), (903, 1, '2999-01-01')"
    sources.run("crm", odd)
    run = run_of()
    notes = table(run, "notes")
    assert notes.alarms == ["no_anchor", "future_anchor", "early_anchor"]
    assert (notes.no_anchor, notes.early, notes.future) == (1, 1, 1)
    allow_table(table=notes, by=BY, at=NOW)
    work()
    assert sources.rows("crm", "SELECT id FROM notes WHERE id > 900 ORDER BY id") == [
        (901,),
        (902,),
        (903,),
    ]
    sources.run("crm", "INSERT INTO notes VALUES (990, 1, '2020-01-01')")
    assert run_of().state == RunState.DONE  # they were accepted
    sources.run("crm", "INSERT INTO notes VALUES (991, 1, '2020-01-01'), (904, 1, NULL)")
    assert table(run_of(), "notes").alarms == ["no_anchor"]


# --- steering ----------------------------------------------------------------------------------
def test_a_paused_run_goes_on_where_it_stopped(sources: Sources) -> None:
    filled(sources)
    run = start_run(by=BY, at=NOW)
    purge_next(clock=lambda: NOW)
    pause_run(run=run, by=BY, at=NOW)
    assert work() == 0
    with pytest.raises(PurgeRefused):
        pause_run(run=run, by=BY, at=NOW)
    resume_run(run=run, by=BY, at=NOW)
    work()
    run.refresh_from_db()
    assert run.state == RunState.DONE


def test_the_stop_holds_every_step_until_it_is_released(sources: Sources) -> None:
    filled(sources)
    run = start_run(by=BY, at=NOW)
    stop = stop_purges(reason="Restoring a backup", by=BY, at=NOW)
    with pytest.raises(PurgesStopped):
        stop_purges(reason="again", by=BY, at=NOW)
    assert work() == 0
    release_stop(stop=stop, by=BY, at=NOW)
    with pytest.raises(PurgeRefused):
        release_stop(stop=stop, by=BY, at=NOW)
    work()
    run.refresh_from_db()
    assert run.state == RunState.DONE


def test_a_stop_set_in_the_middle_ends_the_work_after_its_step(
    sources: Sources, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PURGE_STEP_ROWS = 64  # one block
    filled(sources, rows=600)
    start_run(by=BY, at=NOW, resource_id="crm")
    noted: Any = purge_parts._PartPurge._note  # noqa: SLF001 (the end of a step)

    def stopping(*given: Any) -> None:
        noted(*given)
        if not PurgeStop.objects.exists():
            stop_purges(reason="Now", by=BY, at=NOW)

    monkeypatch.setattr(purge_parts._PartPurge, "_note", stopping)  # noqa: SLF001
    work()
    assert 0 < due_notes(sources) < 300  # one step of it
    assert not PurgeRun.objects.filter(finished_at__isnull=False).exists()


def test_an_ended_run_leaves_what_is_due_for_the_next(sources: Sources) -> None:
    filled(sources)
    run = start_run(by=BY, at=NOW)
    end_run(run=run, by=BY, at=NOW)
    run.refresh_from_db()
    assert (run.state, run.stage, work()) == (RunState.ENDED, Stage.OVER, 0)
    with pytest.raises(PurgeRefused):
        end_run(run=run, by=BY, at=NOW)
    assert run_of().state == RunState.DONE


# --- what begins no run ------------------------------------------------------------------------
def test_one_run_at_a_time(sources: Sources) -> None:
    run = start_run(by=BY, at=NOW)
    with pytest.raises(RunUnderWay):
        start_run(by=BY, at=NOW)
    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        PurgeRun.objects.create(
            as_of=NOW,
            started_at=NOW,
            started_by="x",
            map_version=MapVersion.objects.get(pk=run.map_version_id),
            rules_hash="0" * 64,
        )


def test_times_to_come_and_clocks_moved_back_begin_nothing(sources: Sources) -> None:
    with pytest.raises(NotYet):
        start_run(by=BY, at=NOW, as_of=NOW + timedelta(seconds=1))
    run_of()
    before = NOW - timedelta(days=400)
    with pytest.raises(ClockMovedBack):
        start_run(by=BY, at=before)
    with pytest.raises(NoSuchResource, match=r"“crn” to purge, but crm, phone"):
        start_run(by=BY, at=NOW, resource_id="crn")
    assert PurgeRun.objects.count() == 1


def test_one_resource_alone(sources: Sources) -> None:
    filled(sources)
    run = run_of(resource_id="phone")
    assert {one.resource_id for one in run.tables.all()} == {"phone"}
    assert note_days(sources)[0] == date(2024, 2, 27)


def test_a_night_begins_once_when_its_hour_has_come(sources: Sources, settings: Settings) -> None:
    filled(sources)
    assert start_nightly(at=NOW) is None  # no hour is set
    settings.PURGE_AT, settings.PURGE_TIME_ZONE = "02:30", "Europe/Tallinn"
    assert start_nightly(at=datetime(2026, 3, 5, 0, 29, tzinfo=UTC)) is None
    first = start_nightly(at=datetime(2026, 3, 5, 0, 31, tzinfo=UTC))
    assert first is not None
    assert (first.night, first.started_by) == (date(2026, 3, 5), "system:purge")
    assert start_nightly(at=NOW) is None  # it is under way
    work()
    assert start_nightly(at=NOW) is None  # it was done today


def test_a_run_that_still_asks_is_ended_by_the_next_night(
    sources: Sources, settings: Settings
) -> None:
    settings.PURGE_AT = "02:30"
    sources.run("crm", "INSERT INTO notes VALUES (901, 1, NULL)")
    first = start_nightly(at=NOW)
    assert first is not None
    work()
    second = start_nightly(at=NOW + timedelta(days=1))
    first.refresh_from_db()
    assert second is not None
    assert first.state == RunState.INCOMPLETE


# --- sources that do not go along --------------------------------------------------------------
def test_a_source_that_is_away_keeps_no_other_back_and_nothing_is_called_done(
    sources: Sources, settings: Settings
) -> None:
    filled(sources)
    settings.SOURCE_URLS = {"SOURCE_PHONE_URL": settings.SOURCE_URLS["SOURCE_PHONE_URL"]}
    run = start_run(by=BY, at=NOW)
    at = NOW
    for _ in range(12):
        work(at)
        at += timedelta(hours=5)
    run.refresh_from_db()
    assert run.state == RunState.INCOMPLETE
    assert {one.table_name for one in run.tables.filter(status=Status.FAILED)} == {
        "clients",
        "notes",
    }
    assert table(run, "calls").erased == 2
    assert table(run, "notes").error_code


def test_a_table_dropped_since_the_plan_fails_alone(sources: Sources) -> None:
    filled(sources)
    run = start_run(by=BY, at=NOW)
    while run.stage == Stage.PLAN:
        purge_next(clock=lambda: NOW)
        run.refresh_from_db()
    sources.run("crm", "DROP TABLE notes")
    at = NOW
    for _ in range(12):
        work(at)
        at += timedelta(hours=5)
    run.refresh_from_db()
    assert (run.state, table(run, "notes").status) == (RunState.INCOMPLETE, Status.FAILED)
    assert table(run, "calls").left == 0


def test_a_worker_that_dies_after_a_step_is_continued_and_counted(
    sources: Sources, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PURGE_STEP_ROWS = 64
    filled(sources, rows=600)
    run = start_run(by=BY, at=NOW, resource_id="crm")

    class Killed(BaseException):
        pass

    def killed(*_given: object) -> None:
        raise Killed

    monkeypatch.setattr(purge_parts._PartPurge, "_note", killed)  # noqa: SLF001
    with pytest.raises(Killed):
        work()
    monkeypatch.undo()
    assert 0 < due_notes(sources) < 300
    assert work() == 0  # its lease still holds
    work(NOW + timedelta(hours=1))
    run.refresh_from_db()
    assert (run.state, table(run, "notes").erased) == (RunState.DONE, 300)


# --- the command -------------------------------------------------------------------------------
def told(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("purge", *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_the_command_erases_and_says_what(sources: Sources) -> None:
    filled(sources)
    done = told("--now", NOW.isoformat())
    assert done["state"] == "done"
    assert {one["table"]: one["erased"] for one in done["tables"]} == {
        "clients": 0,
        "notes": 30,
        "calls": 2,
    }
    out = StringIO()
    call_command("purge", "--dry-run", stdout=out)
    assert "phone.calls: 0 of 31 rows due" in out.getvalue()


def test_the_command_says_what_waits_and_ends_with_an_error(sources: Sources) -> None:
    filled(sources)
    sources.run("crm", "INSERT INTO notes VALUES (901, 1, NULL)")
    out = StringIO()
    with pytest.raises(CommandError, match="Not all that is due was erased"):
        call_command("purge", stdout=out)
    assert "1 without a date; waits for a person: no_anchor" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--now", "yesterday"], "write it as 2026-03-05T02:30"),
        (["--now", "2026-03-05T02:30"], "add the UTC offset"),
        (["--now", "2999-01-01T00:00:00+00:00"], "lies in the future"),
        (["--resource", "crn"], "no resource “crn”"),
    ],
)
def test_the_command_refuses_in_a_sentence(
    sources: Sources, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("purge", *arguments)
    assert not PurgeRun.objects.exists()


# --- data of other controllers -----------------------------------------------------------------
_SHARED = """
controllers:
  acme: {name: Acme, contact_email: a@acme.example, dpa_months: 6, dpa_ended_on: 2025-09-04,
         source_key: "42"}
  kiosk: {name: Kiosk, contact_email: k@kiosk.example, dpa_months: 6, source_key: "43"}
resource:
  id: shared
  title: {en: Shared, pl: Shared, et: Shared, lv: Shared}
  connector: {kind: sql, url_env: SOURCE_SHARED_URL}
  entity: EE
  time_zone: Europe/Tallinn
  location: {place: Tallinn, country: EE}
  owner: {name: Register, email: register@example.org}
tables:
  answers:
    title: {en: A, pl: A, et: A, lv: A}
    description: {en: A, pl: A, et: A, lv: A}
    category: entrusted
    data: content
    role: processor
    controller_column: tenant
    purpose: {en: A, pl: A, et: A, lv: A}
    source: {en: A, pl: A, et: A, lv: A}
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {dpa_end: true}
    erasure: delete
    columns: {id: technical, tenant: technical, email: personal}
"""


@pytest.mark.parametrize("kind", ["int", "text"])
def test_of_a_shared_table_only_those_go_whose_agreement_is_over(
    db: None, make_database: Callable[[], str], settings: Settings, tmp_path: Path, kind: str
) -> None:
    found = Sources({"shared": make_database()})
    found.run("shared", f"CREATE TABLE answers (id int PRIMARY KEY, tenant {kind}, email text)")
    rows = f"SELECT n, (42 + n % 3)::text::{kind}, 'a' FROM generate_series(1, 90) n"  # noqa: S608 (our own)
    found.run("shared", f"INSERT INTO answers {rows}")
    found.run("shared", "INSERT INTO answers VALUES (999, NULL, 'a')")
    settings.SOURCE_URLS = {"SOURCE_SHARED_URL": found.urls["shared"]}
    (tmp_path / "shared.yaml").write_text(_SHARED)
    load_map(directory=tmp_path, by=Actor.system("test"), at=NOW)

    before = run_of(as_of=datetime(2026, 3, 4, 21, 59, 59, 999_999, tzinfo=UTC))
    assert table(before, "answers").due == 0
    run = run_of(as_of=datetime(2026, 3, 4, 22, 0, tzinfo=UTC))

    assert (table(run, "answers").erased, run.state) == (30, RunState.DONE)
    left = found.rows("shared", "SELECT tenant::text, count(*) FROM answers GROUP BY 1 ORDER BY 1")
    assert left == [("43", 30), ("44", 30), (None, 1)]
