"""One-off public holidays: who adds them, what they move, and what stays on record."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event as AuditEvent
from audit.queries import events_of
from requests_portal.domain.calendars import calendar_for
from requests_portal.domain.days_off import DayIsFree, DayTooFar, require_addable
from requests_portal.domain.lifecycle import OPEN_STATES, Event, State
from requests_portal.models import Case, DayOff
from requests_portal.services.calendars import calendar_of
from requests_portal.services.cases import receive_case
from requests_portal.services.clock import date_lines
from requests_portal.services.days_off import (
    SETTLED_AFTER,
    AlreadyRemoved,
    add_day_off,
    count_after_changes,
    remove_day_off,
)
from requests_portal.services.moves import move
from requests_portal.services.reopening import reopen
from requests_portal.services.withdrawing import withdraw_request
from requests_portal.tasks import count_calendars
from tests.accounts.factories import make_user
from tests.lib.commands import run_in_fresh_clone
from tests.requests_portal.conftest import NOW, intake

pytestmark = pytest.mark.django_db
#: The last day by law of a request received on 5 March 2026: Sunday 5 April, rolled (EE).
MONDAY, TUESDAY = date(2026, 4, 6), date(2026, 4, 7)
ADDED = NOW + timedelta(days=3)


def add(on: date = MONDAY, *, code: str = "EE", at: datetime = ADDED) -> DayOff:
    return add_day_off(
        entity_code=code,
        on=on,
        name="Singing day",
        reason="Government order 12",
        by=make_user(Role.DPO),
        at=at,
    )


def received(**changes: object) -> Case:
    return receive_case(intake=intake(**changes), by=Actor.person(), at=NOW)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


# --- the rule ----------------------------------------------------------------------------------
def test_a_working_day_within_reach_can_be_added() -> None:
    for day in (MONDAY, date(2025, 3, 10), date(2031, 3, 7)):
        require_addable(day, calendar=calendar_for("EE"), today=date(2026, 3, 8))


@pytest.mark.parametrize("day", [date(2025, 3, 7), date(2031, 3, 10), date(2062, 4, 6)])
def test_a_day_too_far_away_is_a_slip(day: date) -> None:
    with pytest.raises(DayTooFar):
        require_addable(day, calendar=calendar_for("EE"), today=date(2026, 3, 8))


@pytest.mark.parametrize(
    ("day", "name"),
    [(date(2026, 4, 4), None), (date(2026, 4, 3), "Good Friday"), (MONDAY, "Singing day")],
)
def test_a_day_that_is_free_already_is_refused(day: date, name: str | None) -> None:
    calendar = calendar_for("EE", extra_days={MONDAY: "Singing day"})
    with pytest.raises(DayIsFree) as refused:
        require_addable(day, calendar=calendar, today=date(2026, 3, 8))
    assert refused.value.holiday == name


# --- adding and taking out -----------------------------------------------------------------------
def test_a_new_holiday_moves_the_open_cases_of_its_company_alone() -> None:
    ours, others = received(), received(entity_code="PL")
    assert (ours.statutory_on, others.statutory_on) == (MONDAY, TUESDAY)
    day_off = add()
    assert calendar_of("EE").holiday_name(MONDAY) == "Singing day"
    assert calendar_of("LV").holiday_name(date(2026, 4, 8)) is None
    assert count_after_changes(at=ADDED) == 1
    moved = fresh(ours)
    assert (moved.safe_on, moved.sla_on, moved.statutory_on, moved.extended_on) == (
        ours.safe_on,
        ours.sla_on,
        TUESDAY,
        ours.extended_on,
    )
    event = events_of("case", str(ours.pk)).get(verb="case.dates_changed")
    assert (event.actor_kind, event.actor_ref) == ("system", "calendar")
    assert event.data == {
        "suspended_days": 0,
        "because": "calendar",
        "statutory_on": ["2026-04-06", "2026-04-07"],
    }
    assert not events_of("case", str(others.pk)).filter(verb="case.dates_changed").exists()
    added = events_of("day_off", str(day_off.pk)).get()
    assert (added.verb, added.actor_ref) == ("day_off.added", str(day_off.added_by_id))
    assert added.data == {"entity": "EE", "on": "2026-04-06"}


def test_taking_it_out_moves_them_back_and_keeps_the_evidence(handler: User) -> None:
    case, day_off = received(), add()
    count_after_changes(at=ADDED)
    later = ADDED + timedelta(days=1)
    remove_day_off(day_off=day_off, reason="The order was annulled", by=handler, at=later)
    assert calendar_of("EE").holiday_name(MONDAY) is None
    assert count_after_changes(at=later) == 1
    assert fresh(case).statutory_on == MONDAY
    day_off.refresh_from_db()
    assert (day_off.removed_by, day_off.removed_at, day_off.removed_because) == (
        handler,
        later,
        "The order was annulled",
    )
    changes = events_of("case", str(case.pk)).filter(verb="case.dates_changed").order_by("id")
    assert [one.data["statutory_on"] for one in changes] == [
        ["2026-04-06", "2026-04-07"],
        ["2026-04-07", "2026-04-06"],
    ]
    with pytest.raises(AlreadyRemoved):
        remove_day_off(day_off=day_off, reason="again", by=handler, at=later)
    day_off.refresh_from_db()
    assert day_off.removed_because == "The order was annulled"
    assert add(at=later).pk != day_off.pk  # it may be declared free once more


def test_every_open_state_follows_and_no_ended_one_does() -> None:
    template = received()
    values = {
        field.attname: getattr(template, field.attname)
        for field in Case._meta.concrete_fields  # noqa: SLF001 (Django's public name)
        if field.attname not in {"id", "reference", "state"}
    }
    stamps = {
        State.ANSWERED: {"started_at": NOW, "decided_at": NOW, "answered_at": NOW},
        State.CLOSED: {"closed_at": NOW},
        State.WITHDRAWN: {"withdrawn_at": NOW},
        State.FORWARDED: {"forwarded_at": NOW},
        State.IN_PROGRESS: {"started_at": NOW},
        State.AWAITING_IDENTITY: {"started_at": NOW},
        State.AWAITING_CLARIFICATION: {"started_at": NOW},
        State.DECIDED: {"started_at": NOW, "decided_at": NOW},
        State.FULFILLING: {"started_at": NOW, "decided_at": NOW},
    }
    for number, state in enumerate(State):
        Case.objects.create(
            **values | stamps.get(state, {}), reference=f"AP-0000-{number:04}", state=state.value
        )
    template.delete()
    add()
    assert count_after_changes(at=ADDED) == len(OPEN_STATES)
    moved = {State(one.state) for one in Case.objects.filter(statutory_on=TUESDAY)}
    assert moved == OPEN_STATES


def test_a_sweep_that_comes_again_records_nothing_twice() -> None:
    case, _day = received(), add()
    count_after_changes(at=ADDED)
    late = ADDED + SETTLED_AFTER
    assert count_after_changes(at=late) == 1  # once more, for who was filing meanwhile
    assert count_after_changes(at=late + timedelta(days=1)) == 0
    events = events_of("case", str(case.pk)).filter(verb="case.dates_changed")
    assert events.count() == 1


def test_a_request_filed_with_the_calendar_of_before_is_caught_up() -> None:
    add()
    count_after_changes(at=ADDED)
    slow = received()
    Case.objects.filter(pk=slow.pk).update(statutory_on=MONDAY)  # read before, committed after
    count_after_changes(at=ADDED + SETTLED_AFTER)
    assert fresh(slow).statutory_on == TUESDAY


def test_what_ended_before_is_counted_when_it_begins_anew() -> None:
    case = received()
    withdraw_request(case=case, at=NOW)
    add()
    count_after_changes(at=ADDED)
    assert fresh(case).statutory_on == MONDAY
    reopen(case=case, words="After all.", by=None, at=ADDED)
    assert fresh(case).statutory_on == TUESDAY


def test_a_killed_count_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [received() for _ in range(3)]
    add()
    counted: list[object] = []

    def dies(**given: object) -> None:
        counted.append(given)
        if len(counted) == 2:
            raise KeyboardInterrupt
        from requests_portal.services import suspending  # noqa: PLC0415

        suspending.count_dates(**given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("requests_portal.services.days_off.count_dates", dies)
        with pytest.raises(KeyboardInterrupt):
            count_after_changes(at=ADDED)
    assert Case.objects.filter(statutory_on=TUESDAY).count() == 1
    count_calendars()
    assert Case.objects.filter(statutory_on=TUESDAY).count() == len(cases)
    assert AuditEvent.objects.filter(verb="case.dates_changed").count() == len(cases)


def test_the_calendar_is_read_once_for_many_cases() -> None:
    def queries_with(cases: int) -> int:
        for _ in range(cases):
            received()
        DayOff.objects.update(counted_at=None)
        with CaptureQueriesContext(connection) as counted:
            count_after_changes(at=ADDED)
        return sum("dayoff" in one["sql"] for one in counted)

    add()
    assert queries_with(1) == queries_with(3)


def test_a_new_request_is_counted_with_the_days_at_once() -> None:
    add(at=NOW)
    case = received()
    assert case.statutory_on == TUESDAY
    reasons = {line.name: line.why for line in date_lines(case)}
    assert "One month ends on 5 April 2026" in reasons["statutory"]


def test_the_command_counts_with_the_days_where_it_is_asked_to() -> None:
    def ask(*, with_days_off: bool) -> dict[str, Any]:
        out = StringIO()
        call_command(
            "explain_deadline",
            received_at="2026-03-05T10:00:00+02:00",
            entity="EE",
            json=True,
            with_days_off=with_days_off,
            stdout=out,
        )
        answer: dict[str, Any] = json.loads(out.getvalue())
        return answer

    add()
    assert ask(with_days_off=False)["statutory_on"] == MONDAY.isoformat()
    counted = ask(with_days_off=True)
    assert counted["statutory_on"] == TUESDAY.isoformat()
    assert "2026-04-06 is a public holiday (Singing day)" in counted["explanations"]["statutory_on"]


def test_the_command_says_that_the_days_need_the_database(tmp_path: Path) -> None:
    asked = ("--received-at", "2026-03-05T10:00:00+02:00", "--entity", "EE")
    bare = run_in_fresh_clone(tmp_path, "explain_deadline", *asked, "--with-days-off")
    assert (bare.status, bare.out) == (2, "")
    assert bare.err == (
        "The days off that are recorded at the desk cannot be read: its database does not answer. "
        "Leave out --with-days-off to count without them.\n"
    )


def test_the_reason_names_the_day_also_after_it_was_taken_out(handler: User) -> None:
    code = "PL"  # Tuesday 7 April is the first working day there after Easter
    day_off = add(TUESDAY, code=code, at=NOW)
    case = received(entity_code=code, received_at=datetime(2026, 3, 7, 9, tzinfo=UTC))
    assert case.statutory_on == date(2026, 4, 8)
    told = "One month ends on 7 April 2026 (Article 12(3) GDPR). That is a public holiday"

    def why(language: str = "en") -> str:
        with translation.override(language):
            return next(line.why for line in date_lines(case) if line.name == "statutory")

    assert f"{told} (Singing day)" in why()
    assert "Singing day" in why("pl")
    move(case=case, event=Event.WITHDRAW, by=Actor.person(), at=ADDED)
    remove_day_off(day_off=day_off, reason="x", by=handler, at=ADDED)
    count_after_changes(at=ADDED)
    assert fresh(case).statutory_on == date(2026, 4, 8)  # it ended before
    assert f"{told} (Singing day)" in why()


def test_of_two_who_add_the_same_day_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    monkeypatch.setattr(  # the other looked before the first had committed
        "requests_portal.services.days_off.require_addable", lambda *_given, **_named: None
    )
    with pytest.raises(DayIsFree) as refused:
        add()
    assert (refused.value.holiday, DayOff.objects.count()) == ("Singing day", 1)


def test_the_database_knows_each_day_once_and_who_took_it_out(handler: User) -> None:
    day_off = add()
    with pytest.raises(DayIsFree):
        add()
    with pytest.raises(IntegrityError, match="dayoff_once_per_day"), transaction.atomic():
        DayOff.objects.create(
            entity_code="EE", on=MONDAY, name="x", reason="x", added_by=handler, added_at=NOW
        )
    with pytest.raises(IntegrityError, match="dayoff_removed_by"), transaction.atomic():
        DayOff.objects.filter(pk=day_off.pk).update(removed_at=ADDED)
    with pytest.raises(IntegrityError, match="dayoff_entity_known"), transaction.atomic():
        DayOff.objects.filter(pk=day_off.pk).update(entity_code="DE")
