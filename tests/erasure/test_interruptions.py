"""Workers that are killed or late: the erasure ends complete, exactly once, nothing doubled."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.db import connections
from pytest_django import Settings

from accounts.models import User
from audit.domain.actor import Actor
from erasure.domain.states import PlanState
from erasure.models import Plan, PlannedTable
from erasure.services.work import work_next
from lib.units import Status
from retention.domain.restricting import Reason
from retention.services.restrictions import restrict_person
from tests.erasure.conftest import AFTER, BEFORE, GIVEN, GOING, LATER, Sources, approved
from tests.erasure.interrupting import AFTER_LEASE, Killed, clock_that, kill, steal_plan

T = TypeVar("T")
#: Readings of the clock in one attempt, see test_every_instruction_was_tried.
TOGETHER, IN_STEPS = 43, 61


def executed(plan: Plan) -> dict[str, int]:
    counts = {str(one): int(one.executed.partition(":")[0]) for one in plan.tables.all()}
    return {name: rows for name, rows in counts.items() if rows}


def assert_done_once(plan: Plan, sources: Sources) -> None:
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    assert sources.all_ids() == AFTER
    assert executed(plan) == GOING
    assert not PlannedTable.objects.exclude(pending="").exists()


@pytest.fixture
def in_steps(settings: Settings) -> None:
    """Every row is a step of its own."""
    settings.ERASURE_TRANSACTION_ROWS = 0
    settings.ERASURE_STEP_ROWS = 1


def readings_of(plan: Plan) -> int:
    """Carry the plan out; return how often the clock was read."""
    readings = 0

    def read() -> object:
        nonlocal readings
        readings += 1
        return LATER

    assert work_next(clock=read)  # type: ignore[arg-type] # counts as it answers
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    return readings


def test_every_instruction_was_tried(sources: Sources, handler: User, dpo: User) -> None:
    assert readings_of(approved(handler, dpo)) == TOGETHER - 1


@pytest.mark.django_db(transaction=True)
def test_every_step_was_tried(sources: Sources, handler: User, dpo: User, in_steps: None) -> None:
    assert readings_of(approved(handler, dpo)) == IN_STEPS - 1


@pytest.mark.parametrize("reading", range(2, TOGETHER))
def test_erasure_that_is_killed_is_completed_by_the_next(
    sources: Sources, handler: User, dpo: User, reading: int
) -> None:
    plan = approved(handler, dpo)
    with pytest.raises(Killed):
        work_next(clock=clock_that(kill, at_reading=reading))
    assert work_next(clock=lambda: AFTER_LEASE)

    assert_done_once(plan, sources)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reading", range(19, IN_STEPS, 3))  # a step has five: each is met
def test_erasure_in_steps_that_is_killed_is_completed_by_the_next(
    sources: Sources, handler: User, dpo: User, in_steps: None, reading: int
) -> None:
    plan = approved(handler, dpo)
    with pytest.raises(Killed):
        work_next(clock=clock_that(kill, at_reading=reading))
    assert work_next(clock=lambda: AFTER_LEASE)

    assert_done_once(plan, sources)


@pytest.mark.parametrize("reading", range(2, TOGETHER, 3))
def test_worker_that_lost_its_lease_writes_no_more(
    sources: Sources, handler: User, dpo: User, reading: int
) -> None:
    plan = approved(handler, dpo)
    assert work_next(clock=clock_that(steal_plan, at_reading=reading))
    plan.refresh_from_db()
    if plan.state != PlanState.DONE:
        assert work_next(clock=lambda: AFTER_LEASE)

    assert_done_once(plan, sources)


def test_work_killed_again_and_again_ends(sources: Sources, handler: User, dpo: User) -> None:
    """An attempt that advances is not counted as futile, so that this needs no person."""
    plan = approved(handler, dpo)
    for reading in range(21, TOGETHER):
        try:
            work_next(clock=clock_that(kill, at_reading=reading, at=AFTER_LEASE))
        except Killed:
            plan.units.filter(status=Status.RUNNING).update(lease_until=LATER)
    work_next(clock=lambda: AFTER_LEASE)

    assert_done_once(plan, sources)


def test_rows_that_somebody_else_took_meanwhile_are_not_booked_as_ours(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    # The first transaction notes what it removes; then it dies.
    with pytest.raises(Killed):
        work_next(clock=clock_that(kill, at_reading=21))
    assert PlannedTable.objects.exclude(pending="").exists()
    sources.run("phone", "DELETE FROM recordings WHERE id = 1")
    assert work_next(clock=lambda: AFTER_LEASE)

    plan.refresh_from_db()
    assert plan.state == PlanState.STOPPED
    assert executed(plan) == {}
    assert sources.ids("phone.calls") == BEFORE["phone.calls"]


# --- changes between the look and the transaction ---------------------------------------------
NOTE = "INSERT INTO recordings VALUES (9, 1, 'new')"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rows", [100, 1])
def test_row_that_comes_after_the_look_stops_the_plan_and_the_step_changes_nothing(
    sources: Sources, handler: User, dpo: User, settings: Settings, rows: int
) -> None:
    settings.ERASURE_TRANSACTION_ROWS = settings.ERASURE_STEP_ROWS = rows
    plan = approved(handler, dpo)
    came = clock_that(lambda: sources.run("phone", NOTE), at_reading=19)
    assert work_next(clock=came)

    plan.refresh_from_db()
    assert plan.state == PlanState.STOPPED
    ids = sources.all_ids()
    # In steps, those before the last have gone: the last would have taken the new row too.
    gone = executed(plan)
    assert gone == ({} if rows == 100 else {"phone.recordings": 1})
    assert len(ids["phone.recordings"]) == 4 - sum(gone.values())
    planned = GOING["phone.recordings"] - sum(gone.values())
    assert plan.difference == [
        {
            "resource": "phone",
            "table": "recordings",
            "part": "going",
            "planned": planned,
            "present": planned + 1,
        }
    ]


@pytest.mark.django_db(transaction=True)
def test_row_that_goes_after_the_look_stops_the_plan(
    sources: Sources, handler: User, dpo: User, in_steps: None
) -> None:
    plan = approved(handler, dpo)
    delete = "DELETE FROM recordings WHERE id = 2"
    assert work_next(clock=clock_that(lambda: sources.run("phone", delete), at_reading=19))

    plan.refresh_from_db()
    assert plan.state == PlanState.STOPPED
    assert sources.ids("phone.calls") == BEFORE["phone.calls"]


def test_restriction_set_while_it_runs_holds_the_next_step(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)

    def restrict() -> None:
        actor = Actor.staff(handler.pk)
        restrict_person(keys=GIVEN, reason=Reason.CLAIM, by=actor, at=LATER, resources=["crm"])

    assert work_next(clock=clock_that(restrict, at_reading=22))
    plan.refresh_from_db()
    assert plan.state == PlanState.STOPPED
    crm = {name: ids for name, ids in BEFORE.items() if name.startswith("crm")}
    assert sources.all_ids() == AFTER | crm
    held = {(one["table"], one["part"], one["present"]) for one in plan.difference}
    assert {one for one in held if one[1] == "held"} == {
        ("mails", "held", 1),
        ("notes", "held", 2),
        ("contracts", "held", 2),
        ("clients", "held", 1),
    }


@pytest.mark.django_db(transaction=True)
def test_plan_that_is_gone_removes_nothing(
    sources: Sources, handler: User, dpo: User, in_steps: None
) -> None:
    """Somebody has deleted its tables by hand; the note of the step has nowhere to go."""
    plan = approved(handler, dpo)

    def delete() -> None:
        with ThreadPoolExecutor(1) as pool:
            in_thread(pool, PlannedTable.objects.all().delete).result(20)

    assert work_next(clock=clock_that(delete, at_reading=19))

    assert plan.units.latest("pk").error_code == "internal"
    assert sources.all_ids() == BEFORE


# --- really two -------------------------------------------------------------------------------
def in_thread(pool: ThreadPoolExecutor, work: Callable[[], T]) -> Future[T]:
    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return pool.submit(run)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reading", [11, 18, 19, 20, 21, 23])
def test_second_worker_does_not_take_a_step_that_is_under_way(
    sources: Sources, handler: User, dpo: User, reading: int
) -> None:
    """Even when the lease has run out by its clock: the first one lives, and holds the row."""
    plan = approved(handler, dpo)
    reached, go_on = threading.Event(), threading.Event()

    def pause() -> None:
        reached.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor(1) as pool:
        first = in_thread(pool, lambda: work_next(clock=clock_that(pause, at_reading=reading)))
        assert reached.wait(20)
        try:
            took = work_next(clock=lambda: AFTER_LEASE)
        finally:
            go_on.set()
        assert first.result(20)
    if took:  # it was between two steps
        plan.refresh_from_db()
        assert plan.state == PlanState.DONE
    assert_done_once(plan, sources)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once(sources: Sources, handler: User, dpo: User) -> None:
    plan = approved(handler, dpo)
    with ThreadPoolExecutor(2) as pool:
        both = [in_thread(pool, lambda: work_next(clock=lambda: LATER)) for _ in range(2)]
        assert sorted(one.result(30) for one in both) == [False, True]

    assert_done_once(plan, sources)


_WORKER = """
import django
django.setup()
from django.utils import timezone
from erasure.services.work import work_next
work_next(clock=timezone.now)
"""


@pytest.fixture
def worker(sources: Sources) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a worker as a process of its own; none is left afterwards."""
    started: list[subprocess.Popen[bytes]] = []
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = django_settings.DATABASES["default"]["NAME"]
    addresses = {"DATABASE_URL": f"{server}/{name}", **django_settings.SOURCE_URLS}

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", _WORKER], env=os.environ | addresses)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.django_db(transaction=True)
def test_process_killed_amid_its_transaction(
    sources: Sources,
    handler: User,
    dpo: User,
    worker: Callable[[], subprocess.Popen[bytes]],
) -> None:
    """The source makes it wait for a row of the last table; there it gets SIGKILL."""
    plan = approved(handler, dpo)
    holder = psycopg2.connect(sources.urls["crm"].replace("+psycopg2", ""))
    with holder.cursor() as cursor:
        cursor.execute("SELECT FROM clients WHERE id = 1 FOR UPDATE")
        process = worker()
        wait_until(lambda: waits_for_a_lock(sources))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    holder.rollback()
    holder.close()
    assert sources.ids("crm.notes") == BEFORE["crm.notes"]
    assert plan.units.latest("pk").status == Status.RUNNING
    assert PlannedTable.objects.exclude(pending="").count() == 4
    plan.units.filter(status=Status.RUNNING).update(lease_until=LATER)

    assert worker().wait() == 0
    assert_done_once(plan, sources)


def waits_for_a_lock(sources: Sources) -> bool:
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return bool(sources.run("crm", query + " AND datname = current_database()"))


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
