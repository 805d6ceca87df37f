"""What a plan has left: erased unattended, each row when its date comes."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from datamap.domain.keys import SubjectKeys
from erasure.models import Plan, ScheduledErasure, ScheduledTable
from erasure.services.overview import overview
from erasure.services.schedule import erase_due_next
from erasure.signals import schedule_completed
from erasure.texts import UNDER_HOLD
from lib.units import Status
from retention.domain.holding import HoldKind
from retention.domain.restricting import Reason
from retention.models import Restriction
from retention.services.holds import (
    HoldScope,
    Order,
    place_hold,
    propose_release,
    release_hold,
)
from retention.services.restrictions import lift, note_notice_sent, restrict_person
from tests.erasure.conftest import AFTER, ANA, GIVEN, LATER, NOW, Sources, approved, work
from tests.erasure.interrupting import Killed, clock_that, kill

TALLINN = ZoneInfo("Europe/Tallinn")
#: When the calls of 2024 and of 2025 are due: seven years after the year's end.
FIRST = datetime(2032, 1, 1, tzinfo=TALLINN)
SECOND = datetime(2033, 1, 1, tzinfo=TALLINN)
HOUR = timedelta(hours=1)


def left(sources: Sources, handler: User, dpo: User, **changes: object) -> Plan:
    """Return a plan that was carried out."""
    plan = approved(handler, dpo, **changes)
    work()
    plan.refresh_from_db()
    assert plan.state == "done"
    return plan


def look(at: datetime) -> bool:
    return erase_due_next(clock=lambda: at)


@pytest.fixture
def completed() -> Iterator[list[tuple[object, object, datetime]]]:
    told: list[tuple[object, object, datetime]] = []

    def receive(plan: Plan, scheduled: ScheduledErasure, at: datetime, **_: object) -> None:
        told.append((plan, scheduled, at))

    schedule_completed.connect(receive)
    yield told
    schedule_completed.disconnect(receive)


def test_only_what_stays_and_is_ours_is_scheduled(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = left(sources, handler, dpo)

    unit = plan.scheduled.get()
    assert (unit.resource_id, unit.due_at, unit.not_before) == ("phone", FIRST, FIRST)
    assert unit.subject_keys == ANA
    assert [(one.table_name, one.left_behind[:2]) for one in unit.tables.all()] == [("calls", "2:")]
    assert not look(FIRST - HOUR)


def test_each_row_goes_when_its_date_comes(
    sources: Sources,
    handler: User,
    dpo: User,
    completed: list[tuple[object, object, datetime]],
) -> None:
    plan = left(sources, handler, dpo)
    assert look(FIRST)

    assert sources.all_ids() == AFTER | {"phone.calls": [2, 4]}
    unit = plan.scheduled.get()
    assert (unit.status, unit.due_at, unit.not_before) == (Status.QUEUED, SECOND, SECOND)
    assert (unit.attempts, unit.as_of, completed) == (0, None, [])
    assert not look(SECOND - HOUR)

    assert look(SECOND)
    assert sources.all_ids() == AFTER | {"phone.calls": [4]}
    unit.refresh_from_db()
    assert (unit.status, unit.keys, unit.finished_at) == (Status.DONE, [], SECOND)
    table = unit.tables.get()
    assert (table.rows_erased, table.finished_at) == (2, SECOND)
    assert table.left_behind.startswith("0:")
    assert completed == [(plan, unit, SECOND)]
    assert not look(SECOND + timedelta(days=900))


def test_looks_are_on_record_in_counts(sources: Sources, handler: User, dpo: User) -> None:
    plan = left(sources, handler, dpo)
    look(FIRST)

    data = Event.objects.get(verb="erasure.schedule_looked").data
    assert {name: data[name] for name in data if name != "rules"} == {
        "plan": str(plan.pk),
        "resource": "phone",
        "rows_erased": 1,
        "rows_due_now": 0,
        "rows_staying": 1,
    }


def test_rows_of_the_person_that_came_since_have_their_own_date(
    sources: Sources, handler: User, dpo: User
) -> None:
    left(sources, handler, dpo)
    sources.run("phone", "INSERT INTO calls VALUES (9, 1, NULL, '2031-01-01')")
    sources.run("phone", "INSERT INTO recordings VALUES (9, 9, 'new')")
    look(SECOND)

    assert sources.ids("phone.calls") == [4, 9]
    assert sources.ids("phone.recordings") == [3, 9]
    unit = ScheduledErasure.objects.get()
    assert unit.status == Status.QUEUED
    assert unit.due_at == datetime(2039, 1, 1, tzinfo=TALLINN)


def test_row_on_which_a_new_one_hangs_stays(sources: Sources, handler: User, dpo: User) -> None:
    left(sources, handler, dpo)
    sources.run("phone", "INSERT INTO recordings VALUES (9, 3, 'new')")
    look(FIRST)

    assert sources.ids("phone.calls") == [2, 3, 4]
    assert ScheduledErasure.objects.get().due_at == FIRST + timedelta(days=30)


def test_source_that_is_down_on_the_day_is_tried_until_it_answers(
    sources: Sources, handler: User, dpo: User, settings: Settings
) -> None:
    left(sources, handler, dpo)
    up = dict(settings.SOURCE_URLS)
    settings.SOURCE_URLS = up | {"SOURCE_PHONE_URL": "postgresql+psycopg2://x@127.0.0.1:9/x"}
    at = FIRST
    for attempt in range(1, 21):
        assert look(at)
        unit = ScheduledErasure.objects.get()
        assert (unit.status, unit.error_code, unit.attempts) == ("queued", "unavailable", attempt)
        assert unit.not_before is not None
        at = unit.not_before

    settings.SOURCE_URLS = up
    assert look(at)
    assert sources.ids("phone.calls") == [2, 4]
    unit = ScheduledErasure.objects.get()
    assert (unit.error_code, unit.attempts, unit.due_at) == ("", 0, SECOND)


def test_unknown_fault_is_kept(sources: Sources, handler: User, dpo: User) -> None:
    left(sources, handler, dpo)

    def fault() -> None:
        raise ValueError

    assert erase_due_next(clock=clock_that(fault, at_reading=2, at=FIRST))
    unit = ScheduledErasure.objects.get()
    assert (unit.status, unit.error_code) == ("queued", "internal")


def test_table_that_is_no_longer_in_the_map_is_told(
    sources: Sources, handler: User, dpo: User
) -> None:
    left(sources, handler, dpo)
    ScheduledTable.objects.update(table_name="gone")
    assert look(FIRST)

    unit = ScheduledErasure.objects.get()
    assert (unit.status, unit.error_code) == ("queued", "mismatch")


# --- rows without a date of their own ---------------------------------------------------------
def restricted(handler: User, **changes: object) -> Restriction:
    actor = Actor.staff(handler.pk)
    return restrict_person(keys=GIVEN, reason=Reason.CLAIM, by=actor, at=NOW, **changes)  # type: ignore[arg-type] # a factory's freedom


def lifted(restriction: Restriction, handler: User) -> None:
    actor = Actor.staff(handler.pk)
    note_notice_sent(restriction=restriction, by=actor, at=LATER)
    lift(restriction=restriction, by=actor, at=LATER)


def test_held_rows_go_soon_after_their_restriction_is_lifted(
    sources: Sources,
    handler: User,
    dpo: User,
    completed: list[tuple[object, object, datetime]],
) -> None:
    restriction = restricted(handler, resources=["crm"])
    plan = left(sources, handler, dpo)
    unit = plan.scheduled.get(resource_id="crm")
    tomorrow = LATER + timedelta(days=1)
    assert unit.due_at == tomorrow
    assert look(tomorrow)
    assert sources.ids("crm.clients") == [1, 2]

    lifted(restriction, handler)
    assert look(tomorrow + timedelta(days=1))
    crm = {name: ids for name, ids in AFTER.items() if name.startswith("crm")}
    assert {name: sources.ids(name) for name in crm} == crm
    unit.refresh_from_db()
    assert unit.status == Status.DONE
    assert completed == []  # calls are kept yet
    look(FIRST)
    look(SECOND)
    assert [plan for plan, _, _ in completed] == [plan]


def test_rows_under_a_legal_hold_go_as_soon_as_it_is_released(
    sources: Sources, handler: User, dpo: User
) -> None:
    hold = place_hold(
        scope=HoldScope(keys=GIVEN, resources=["crm"]),
        order=Order(
            kind=HoldKind.COURT, authority="Court", reason="Claim", review_on=date(2027, 1, 1)
        ),
        by=Actor.staff(dpo.pk),
        at=NOW,
    )
    plan = left(sources, handler, dpo)
    unit = plan.scheduled.get(resource_id="crm")
    phone = plan.scheduled.get(resource_id="phone").due_at
    assert look(LATER + timedelta(days=1))
    assert sources.ids("crm.clients") == [1, 2]
    told = {one.ground for part in overview(plan, "en").resources for one in part.tables}
    assert UNDER_HOLD in told
    unit.refresh_from_db()
    later = LATER + timedelta(days=1, minutes=5)
    assert unit.due_at > later

    propose_release(hold=hold, reason="settled", by=Actor.staff(handler.pk), at=later)
    assert not look(later)
    release_hold(hold=hold, by=Actor.staff(dpo.pk), at=later)

    assert look(later)
    crm = {name: ids for name, ids in AFTER.items() if name.startswith("crm")}
    assert {name: sources.ids(name) for name in crm} == crm
    assert plan.scheduled.get(resource_id="phone").due_at == phone


def test_undated_rows_stay_when_others_joined_them(
    sources: Sources, handler: User, dpo: User
) -> None:
    """The person is back: nobody could tell the new note from those that were held."""
    restriction = restricted(handler, resources=["crm"])
    left(sources, handler, dpo)
    lifted(restriction, handler)
    sources.run("crm", "INSERT INTO notes VALUES (9, 1, 'back', '2026-03-06')")
    tomorrow = LATER + timedelta(days=1)
    assert look(tomorrow)

    assert sources.ids("crm.notes") == [1, 2, 3, 9]
    assert sources.ids("crm.clients") == [1, 2]  # the notes hang on it
    ((email,),) = sources.run("crm", "SELECT email FROM mails WHERE id = 1")
    assert email != "ana@example.com"
    unit = ScheduledErasure.objects.get(resource_id="crm")
    assert unit.status == Status.QUEUED
    mixed = unit.tables.filter(is_mixed=True)
    assert [one.table_name for one in mixed] == ["notes"]

    sources.run("crm", "DELETE FROM notes WHERE id = 9")
    assert look(unit.due_at)
    assert sources.ids("crm.notes") == [3]
    assert sources.ids("crm.clients") == [2]


def test_needed_rows_go_with_what_needed_them(sources: Sources, handler: User, dpo: User) -> None:
    plan = left(sources, handler, dpo, claims={"crm.notes": "Court case"})
    assert sources.ids("crm.clients") == [1, 2]
    unit = plan.scheduled.get(resource_id="crm")
    # The note of 2026 is needed for two years from the end of its month.
    assert unit.due_at == LATER + timedelta(days=30)
    end = datetime(2028, 2, 1, tzinfo=TALLINN)
    assert look(end - HOUR)
    assert sources.ids("crm.notes") == [1, 3]
    unit.refresh_from_db()
    assert unit.due_at == end
    assert look(end)

    assert sources.ids("crm.notes") == [3]
    assert sources.ids("crm.clients") == [2]
    unit.refresh_from_db()
    assert unit.status == Status.DONE


def test_newer_plan_takes_over_what_an_older_had_ordered(
    sources: Sources, handler: User, dpo: User
) -> None:
    first = left(sources, handler, dpo)
    second = left(sources, handler, dpo)

    assert not first.scheduled.exists()
    assert second.scheduled.get().due_at == FIRST


# --- interrupted ------------------------------------------------------------------------------
def assert_first_went_once(sources: Sources) -> None:
    assert sources.all_ids() == AFTER | {"phone.calls": [2, 4]}
    unit = ScheduledErasure.objects.get()
    assert (unit.status, unit.due_at, unit.as_of) == (Status.QUEUED, SECOND, None)
    assert unit.tables.get().rows_erased == 1


@pytest.mark.parametrize("reading", range(2, 14))
def test_look_that_is_killed_is_completed_by_the_next(
    sources: Sources, handler: User, dpo: User, reading: int
) -> None:
    left(sources, handler, dpo)
    with pytest.raises(Killed):
        erase_due_next(clock=clock_that(kill, at_reading=reading, at=FIRST))
    assert look(FIRST + HOUR)

    assert_first_went_once(sources)


@pytest.mark.parametrize("reading", range(2, 14, 2))
def test_look_that_lost_its_lease_writes_no_more(
    sources: Sources, handler: User, dpo: User, reading: int
) -> None:
    def steal() -> None:
        ScheduledErasure.objects.filter(status=Status.RUNNING).update(lease_token=uuid4())

    left(sources, handler, dpo)
    assert erase_due_next(clock=clock_that(steal, at_reading=reading, at=FIRST))
    if ScheduledErasure.objects.get().due_at == FIRST:
        assert look(FIRST + HOUR)

    assert_first_went_once(sources)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reading", range(2, 12))
def test_look_in_steps_that_is_killed_is_completed_by_the_next(
    sources: Sources, handler: User, dpo: User, settings: Settings, reading: int
) -> None:
    left(sources, handler, dpo)
    sources.run("phone", "INSERT INTO calls VALUES (5, 1, NULL, '2024-06-02')")
    settings.ERASURE_TRANSACTION_ROWS, settings.ERASURE_STEP_ROWS = 0, 1
    with pytest.raises(Killed):
        erase_due_next(clock=clock_that(kill, at_reading=reading, at=FIRST))
    assert look(FIRST + HOUR)

    assert sources.ids("phone.calls") == [2, 4]
    assert ScheduledTable.objects.get().rows_erased == 2


def test_rows_that_change_meanwhile_are_counted_anew(
    sources: Sources, handler: User, dpo: User
) -> None:
    left(sources, handler, dpo)
    change = "INSERT INTO calls VALUES (5, 1, NULL, '2024-06-02')"
    assert erase_due_next(
        clock=clock_that(lambda: sources.run("phone", change), at_reading=4, at=FIRST)
    )
    unit = ScheduledErasure.objects.get()
    assert (unit.status, unit.error_code, unit.as_of) == (Status.QUEUED, "", None)
    assert look(FIRST + HOUR)

    assert sources.ids("phone.calls") == [2, 4]
    assert ScheduledTable.objects.get().rows_erased == 2


def test_keys_are_those_of_the_search_afterwards(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = left(sources, handler, dpo, keys=ANA, given=SubjectKeys(phones=("+37251234567",)))

    assert plan.scheduled.get().subject_keys == ANA
