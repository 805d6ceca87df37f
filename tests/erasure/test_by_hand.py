"""An erasure of which part is done by hand: it waits, goes on, and we keep no copy."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.tasks import Verb
from datamap.models import ManualHolding, ManualTask
from erasure.models import Plan, ScheduledErasure
from erasure.services.approval import approve_plan, discard_plan
from erasure.services.schedule import erase_due_next
from erasure.services.work import work_next
from lib.blobs import Blob
from retention.domain.restricting import Reason
from retention.services.restrictions import restrict_person
from tests.datamap import archive
from tests.datamap.archive import CONTRACTS, VISITS, only_task
from tests.datamap.cabinet import answer
from tests.erasure.conftest import (
    AFTER,
    BEFORE,
    GIVEN,
    GOING,
    LATER,
    MAPS,
    NOW,
    REFERENCE,
    Sources,
    going,
    prepare,
    work,
)

FILES = {"contracts": CONTRACTS, "visits": VISITS}
NEW = "id,email,customer,signed_on,witness,blocked\n1,ana@example.com,AP-1,2026-03-01,,\n"


@pytest.fixture
def owner(sources: Sources, tmp_path: Path) -> User:
    archive.load(tmp_path, *(path.read_text() for path in sorted(MAPS.glob("*.yaml"))))
    return archive.make_owner()


def surveyed(handler: User, owner: User, files: dict[str, str]) -> Plan:
    """Return a plan that is ready, after the owner has searched."""
    plan = prepare(handler)
    work()
    unit = plan.units.get()
    assert (unit.status, unit.attempts, unit.error_code) == ("queued", 0, "awaiting_person")
    answer(only_task(), owner, files, at=NOW)
    work()
    plan.refresh_from_db()
    assert plan.state == "ready"
    return plan


def begun(handler: User, dpo: User, owner: User, files: dict[str, str] = FILES) -> Plan:
    """Return a plan that waits for the owner to erase."""
    plan = surveyed(handler, owner, files)
    approve_plan(plan=plan, seen_hash=plan.hash, by=dpo, at=NOW)
    work()
    return plan


def told(task: ManualTask) -> set[tuple[object, ...]]:
    """Return the records of a task: table, id, and the field that is changed."""
    given = task.wanted["instructions"]
    return {(one["table"], one["row"]["id"], one["column"]) for one in given}


def test_an_erasure_waits_until_the_paper_is_gone(
    sources: Sources, owner: User, handler: User, dpo: User
) -> None:
    plan = surveyed(handler, owner, FILES)
    assert going(plan) == {**GOING, "archive.contracts": 2, "archive.visits": 1}
    approve_plan(plan=plan, seen_hash=plan.hash, by=dpo, at=NOW)
    work()
    # Children before their parents, over all resources: so the owner is asked twice.
    for expected in ({("visits", 7, "note")}, {("contracts", 1, ""), ("contracts", 2, "")}):
        task = only_task()
        assert (task.verb, task.reference) == (Verb.ERASE, REFERENCE)
        assert told(task) == expected
        assert not work_next(clock=lambda: LATER)
        answer(task, owner, at=LATER)
        work()
    plan.refresh_from_db()
    assert (plan.state, plan.difference) == ("done", [])
    assert sources.all_ids() == AFTER
    # What was uploaded was a copy of what is gone now.
    assert not Blob.objects.exists()
    assert not ManualHolding.objects.exists()
    assert {one.state for one in ManualTask.objects.all()} == {"done"}
    assert [one.wanted for one in ManualTask.objects.all()] == [{}, {}, {}]


def test_a_restriction_takes_back_what_was_asked(owner: User, handler: User, dpo: User) -> None:
    plan = begun(handler, dpo, owner)
    task = only_task()
    restrict_person(keys=GIVEN, reason=Reason.CLAIM, by=Actor.system("x"), at=LATER)
    work()
    task.refresh_from_db()
    plan.refresh_from_db()
    assert (task.state, plan.state) == ("withdrawn", "stopped")


def test_a_database_that_fails_does_not_wait_for_a_person(
    sources: Sources, owner: User, handler: User
) -> None:
    sources.run("crm", "ALTER TABLE notes RENAME TO elsewhere")
    plan = prepare(handler)
    work()
    assert only_task().owner == owner
    assert plan.units.get().error_code == "mismatch"


def test_a_plan_that_is_stopped_asks_for_nothing_more(
    sources: Sources, owner: User, handler: User, dpo: User, tmp_path: Path
) -> None:
    plan = begun(handler, dpo, owner)
    task = only_task()
    (tmp_path / "0.yaml").write_text(archive.MAP.replace("place: Tallinn", "place: Tartu"))
    archive.load_directory(tmp_path)
    while work_next(clock=lambda: LATER + timedelta(days=400)):
        pass
    plan.refresh_from_db()
    task.refresh_from_db()
    assert (plan.state, task.state, task.wanted) == ("stopped", "withdrawn", {})
    assert sources.all_ids() != BEFORE


def test_a_plan_that_is_given_up_asks_for_nothing_more(owner: User, handler: User) -> None:
    plan = surveyed(handler, owner, FILES)
    ManualTask.objects.filter(verb="search").update(
        state="open",
        outcome="",
        answered_by=None,
        answered_at=None,
        signed_name="",
        sentence="",
        digest="",
        verb="erase",
    )
    discard_plan(plan=plan, by=handler, at=NOW)
    assert ManualTask.objects.get().state == "withdrawn"


def test_what_is_kept_is_asked_for_anew_when_its_date_has_come(
    owner: User, handler: User, dpo: User, tmp_path: Path
) -> None:
    (tmp_path / "0.yaml").write_text(archive.MAP.replace("category: uploaded", "category: logs"))
    archive.load_directory(tmp_path)
    begun_plan = surveyed(handler, owner, {"contracts": NEW})
    approve_plan(plan=begun_plan, seen_hash=begun_plan.hash, by=dpo, at=NOW)
    work()
    begun_plan.refresh_from_db()
    assert begun_plan.state == "done"
    scheduled = ScheduledErasure.objects.get(resource_id="archive")
    due = scheduled.due_at
    assert due.date() == date(2026, 4, 30)

    def look(days: int) -> None:
        while erase_due_next(clock=lambda: due + timedelta(days=days)):
            pass

    look(0)
    search = only_task()
    assert search.reference == f"schedule:{scheduled.pk}:{due.date()}"
    answer(search, owner, {"contracts": NEW}, at=due + timedelta(days=3))
    look(3)
    answer(only_task(), owner, at=due + timedelta(days=5))
    look(5)
    scheduled.refresh_from_db()
    assert scheduled.status == "done"
    assert not Blob.objects.exists()
