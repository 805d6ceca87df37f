"""Computing a plan: nothing goes, and nobody can approve before every source has answered."""

from datetime import date

import pytest
from pytest_django import Settings

from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from erasure.domain.states import Phase, PlanState
from erasure.models import Plan, PlannedTable, PlanUnit
from erasure.queries import plan_of, unit_of
from erasure.services.planning import PlanUnderWay
from erasure.services.work import MAX_ATTEMPTS, retry, work_next
from lib.units import NotFailed, Status
from retention.domain.restricting import Reason
from retention.domain.treatments import Ground, rules_hash
from retention.services.restrictions import restrict_person
from tests.erasure.conftest import (
    ANA,
    BEFORE,
    GIVEN,
    GOING,
    LATER,
    NOW,
    REFERENCE,
    Sources,
    approved,
    going,
    prepare,
    ready,
    work,
)
from tests.erasure.interrupting import AFTER_LEASE, Killed, clock_that, kill, steal_plan


def table(plan: Plan, name: str) -> PlannedTable:
    return plan.tables.get(table_name=name)


def parts(planned: PlannedTable) -> dict[str, int]:
    names = ("going", "kept", "needed", "held", "done")
    counts = {name: int(getattr(planned, name).partition(":")[0]) for name in names}
    return {name: rows for name, rows in counts.items() if rows}


def test_plan_tells_per_table_what_goes_and_what_stays(sources: Sources, handler: User) -> None:
    plan = ready(handler)

    assert plan.state == PlanState.READY
    assert len(plan.hash) == 64
    assert plan.rules_hash == rules_hash()
    assert (plan.prepared_by, plan.prepared_at, plan.as_of) == (handler, NOW, NOW)
    assert going(plan) == GOING
    assert parts(table(plan, "calls")) == {"going": 1, "kept": 2}
    calls = table(plan, "calls")
    assert (calls.action, calls.due_before) == ("delete", date(2019, 1, 1))
    assert (calls.ground, calls.third_party_rows) == (Ground.POLICY, 1)
    assert calls.kept_days == [["2024-06-01", 1], ["2025-01-01", 1]]
    assert parts(table(plan, "surveys")) == {"kept": 1}
    assert table(plan, "surveys").is_entrusted
    assert sources.all_ids() == BEFORE


def test_order_is_global_children_first_and_who_it_is_last(sources: Sources, handler: User) -> None:
    order = [str(one) for one in ready(handler).tables.all()]

    assert order == [
        *("phone.recordings", "phone.calls", "phone.surveys"),
        *("crm.mails", "crm.notes", "crm.contracts", "crm.clients"),
    ]


def test_claim_keeps_a_table(sources: Sources, handler: User) -> None:
    plan = ready(handler, claims={"crm.notes": "Court case 2-26-1"})

    notes = table(plan, "notes")
    assert notes.ground == Ground.CLAIM
    assert parts(notes) == {"going": 1, "kept": 1}
    assert parts(table(plan, "clients")) == {"needed": 1}
    assert plan.keeps_rows


def test_restriction_holds_rows_in_the_plan(sources: Sources, handler: User) -> None:
    restrict_person(
        keys=GIVEN,
        reason=Reason.CLAIM,
        by=Actor.staff(handler.pk),
        at=NOW,
        categories=[Category.COMMUNICATIONS],
    )
    plan = ready(handler)

    assert parts(table(plan, "mails")) == {"held": 1}
    assert parts(table(plan, "notes")) == {"held": 2}
    assert parts(table(plan, "clients")) == {"needed": 1}


def test_plan_is_bound_to_the_restrictions_in_force(sources: Sources, handler: User) -> None:
    first = ready(handler)
    again = ready(handler)
    assert again.hash == first.hash
    restrict_person(
        keys=SubjectKeys(emails=("somebody@example.com",)),
        reason=Reason.CLAIM,
        by=Actor.staff(handler.pk),
        at=NOW,
    )

    assert ready(handler).hash != first.hash


def test_plan_has_its_events_in_the_story_of_the_case(sources: Sources, handler: User) -> None:
    plan = ready(handler)

    kind, _, name = REFERENCE.partition(":")
    events = Event.objects.filter(object_kind=kind, object_id=name).order_by("pk")
    assert [one.verb for one in events] == ["erasure.plan_ordered", "erasure.plan_ready"]
    assert events[1].data == {
        "plan": str(plan.pk),
        "hash": plan.hash,
        "rows_going": 9,
        "rows_staying": 3,
    }


def test_new_plan_takes_the_place_of_the_older(sources: Sources, handler: User) -> None:
    first = ready(handler)
    second = prepare(handler)

    first.refresh_from_db()
    assert first.state == PlanState.DISCARDED
    assert (first.discarded_by, first.discarded_at) == (handler, NOW)
    assert (first.given, first.keys, first.passed_over) == ([], [], [])
    assert not first.units.exists()
    assert plan_of(REFERENCE) == second
    unit = unit_of(second)
    assert unit is not None
    assert unit.phase == Phase.SURVEY


def test_plan_that_is_carried_out_is_not_replaced(
    sources: Sources, handler: User, dpo: User
) -> None:
    approved(handler, dpo)

    with pytest.raises(PlanUnderWay):
        prepare(handler)


def test_plan_of_nothing(db: None) -> None:
    assert plan_of(REFERENCE) is None


# --- sources that do not answer ---------------------------------------------------------------
def test_source_that_is_down_leaves_the_plan_open_with_advice(
    sources: Sources, handler: User, settings: Settings
) -> None:
    up = dict(settings.SOURCE_URLS)
    settings.SOURCE_URLS = up | {"SOURCE_CRM_URL": "postgresql+psycopg2://x@127.0.0.1:9/x"}
    plan = ready(handler)

    unit = plan.units.get()
    assert plan.state == PlanState.SURVEYING
    assert plan.hash == ""
    assert (unit.status, unit.error_code) == (Status.QUEUED, "unavailable")
    assert unit.error_text.startswith("Crm system does not answer.")
    failed = plan.tables.exclude(error_code="")
    assert {str(one) for one in failed} == {f"crm.{one}" for one in CRM}

    settings.SOURCE_URLS = up
    assert work_next(clock=lambda: AFTER_LEASE)
    plan.refresh_from_db()
    assert plan.state == PlanState.READY
    assert going(plan) == GOING
    assert not plan.tables.exclude(error_code="").exists()


CRM = ("clients", "contracts", "notes", "mails")


def test_survey_that_fails_for_good_waits_for_a_person(
    sources: Sources, handler: User, settings: Settings
) -> None:
    up = dict(settings.SOURCE_URLS)
    settings.SOURCE_URLS = {}
    plan = prepare(handler)
    with pytest.raises(NotFailed):
        retry(plan=plan, by=Actor.staff(handler.pk), at=NOW)
    plan.units.update(attempts=MAX_ATTEMPTS - 1)
    work()
    assert plan.units.get().status == Status.FAILED
    assert not work_next(clock=lambda: AFTER_LEASE)

    settings.SOURCE_URLS = up
    retry(plan=plan, by=Actor.staff(handler.pk), at=LATER)
    work()
    plan.refresh_from_db()
    assert plan.state == PlanState.READY
    assert Event.objects.filter(verb="erasure.requeued").count() == 1


def test_table_that_the_source_does_not_have_is_named(sources: Sources, handler: User) -> None:
    sources.run("crm", "DROP TABLE mails")
    plan = ready(handler)

    assert plan.state == PlanState.SURVEYING
    failed = plan.tables.exclude(error_code="")
    assert [(str(one), one.error_code) for one in failed] == [("crm.mails", "mismatch")]


def test_survey_whose_worker_died_every_time_is_left_to_a_person(
    sources: Sources, handler: User
) -> None:
    plan = prepare(handler)
    plan.units.update(attempts=MAX_ATTEMPTS)
    work()

    assert (plan.units.get().status, plan.units.get().error_code) == ("failed", "interrupted")


def test_unknown_fault_is_kept_and_logs_no_data(
    sources: Sources, handler: User, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"no such thing: {GIVEN.emails[0]}"

    def fault() -> None:
        raise ValueError(text)

    plan = prepare(handler)
    assert work_next(clock=clock_that(fault, at_reading=3))

    assert (plan.units.get().status, plan.units.get().error_code) == ("queued", "internal")
    assert "ValueError" in caplog.text
    assert "ana@example.com" not in caplog.text


@pytest.mark.parametrize("reading", range(2, 11))
def test_survey_that_is_killed_is_completed_by_the_next(
    sources: Sources, handler: User, reading: int
) -> None:
    plan = prepare(handler)
    with pytest.raises(Killed):
        work_next(clock=clock_that(kill, at_reading=reading))
    assert work_next(clock=lambda: AFTER_LEASE)

    plan.refresh_from_db()
    assert plan.state == PlanState.READY
    assert going(plan) == GOING


@pytest.mark.parametrize("reading", [2, 6, 10])
def test_survey_that_loses_its_lease_writes_no_more(
    sources: Sources, handler: User, reading: int
) -> None:
    plan = prepare(handler)
    assert work_next(clock=clock_that(steal_plan, at_reading=reading))
    plan.refresh_from_db()
    assert plan.state == PlanState.SURVEYING

    assert work_next(clock=lambda: AFTER_LEASE)
    plan.refresh_from_db()
    assert plan.state == PlanState.READY


def test_survey_of_a_plan_that_is_replaced_meanwhile_ends(sources: Sources, handler: User) -> None:
    prepare(handler)
    second: list[Plan] = []

    assert work_next(clock=clock_that(lambda: second.append(prepare(handler)), at_reading=4))
    assert second[0].units.get().status == Status.QUEUED
    work()
    assert plan_of(REFERENCE) == second[0]
    assert PlanState(Plan.objects.get(pk=second[0].pk).state) is PlanState.READY


def test_fault_after_the_plan_was_replaced_is_not_given_back(
    sources: Sources, handler: User
) -> None:
    prepare(handler)

    def replace_and_fail() -> None:
        prepare(handler)
        raise ValueError

    assert work_next(clock=clock_that(replace_and_fail, at_reading=3))
    assert [one.status for one in PlanUnit.objects.all()] == [Status.QUEUED]


# --- whose rows -------------------------------------------------------------------------------
def test_identifiers_left_out_are_shown_and_not_searched_with(
    sources: Sources, handler: User
) -> None:
    """Staff narrowed the search; the number in the person's record may be shared with another."""
    mail_only = SubjectKeys(emails=ANA.emails, custom=ANA.custom)
    plan = ready(handler, keys=mail_only)

    assert plan.all_keys == mail_only
    assert plan.passed_over == [["customer_number", "AP-1"]]
    assert parts(table(plan, "surveys")) == {}


def test_identifier_given_but_left_out_is_shown_too(sources: Sources, handler: User) -> None:
    given = SubjectKeys(emails=GIVEN.emails, phones=("+37251234567",))
    plan = ready(handler, given=given)

    assert plan.passed_over == [["phone", "+37251234567"]]


def test_identifiers_of_a_plan_that_was_begun_are_not_lost(
    sources: Sources, handler: User, dpo: User
) -> None:
    """What it removed may have led to them; narrowed on purpose, they stay out."""
    begun = approved(handler, dpo)
    sources.run("crm", "INSERT INTO mails VALUES (9, 'ana@example.com', NULL, NULL, '2026-01-01')")
    work()
    begun.refresh_from_db()
    assert begun.state == PlanState.STOPPED
    notes = begun.tables.filter(table_name="notes")
    notes.update(executed=notes.get().going)

    fewer = SubjectKeys(emails=ANA.emails)
    assert set(prepare(handler, keys=fewer).all_keys) == set(ANA)
    assert prepare(handler, keys=fewer).all_keys == fewer  # nothing of that one was begun
