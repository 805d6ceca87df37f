"""What the database itself refuses."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from datamap.domain.erasing import Tally
from erasure.domain.states import PlanState, StopReason
from erasure.models import Plan, PlannedTable
from tests.erasure.conftest import NOW, Sources, approved, prepare, ready


def refused(rows: QuerySet[Any], **changes: object) -> str:
    """Return the name of the constraint that refuses the changes."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        rows.update(**changes)
    return str(getattr(refusal.value.__cause__, "diag").constraint_name)  # noqa: B009 (psycopg2's)


def test_nobody_approves_their_own_plan_whatever_code_does(sources: Sources, handler: User) -> None:
    ready(handler)

    changes = {"approved_by": handler, "approved_at": NOW, "state": PlanState.APPROVED.value}
    assert refused(Plan.objects.all(), **changes) == "plan_approved_by_another"


def test_a_state_has_what_belongs_to_it(sources: Sources, handler: User, dpo: User) -> None:
    ready(handler)

    assert refused(Plan.objects.all(), state="lost").startswith("plan_")
    assert refused(Plan.objects.all(), hash="") == "plan_hashed_once_surveyed"
    assert (
        refused(Plan.objects.all(), state=PlanState.SURVEYING.value) == "plan_hashed_once_surveyed"
    )
    assert (
        refused(Plan.objects.all(), state=PlanState.APPROVED.value)
        == "plan_carried_out_only_when_approved"
    )
    assert refused(Plan.objects.all(), approved_by=dpo) == "plan_approved_has_time_and_author"
    assert refused(Plan.objects.all(), done_at=NOW) == "plan_done_has_time"
    assert refused(Plan.objects.all(), stopped_at=NOW) == "plan_stopped_has_time_and_reason"
    assert refused(Plan.objects.all(), discarded_at=NOW) == "plan_discarded_has_time"
    assert refused(Plan.objects.all(), discarded_by=dpo) == "plan_discarded_has_author"


def test_an_approved_plan_ends_with_its_time(sources: Sources, handler: User, dpo: User) -> None:
    approved(handler, dpo)

    assert refused(Plan.objects.all(), state=PlanState.DONE.value) == "plan_done_has_time"
    assert (
        refused(Plan.objects.all(), state=PlanState.STOPPED.value)
        == "plan_stopped_has_time_and_reason"
    )
    reason = StopReason.ROWS_LEFT.value
    Plan.objects.update(state=PlanState.STOPPED.value, stopped_at=NOW, stop_reason=reason)


def test_a_reference_has_one_live_plan(sources: Sources, handler: User) -> None:
    plan = prepare(handler)
    plan.pk = None  # a copy

    with pytest.raises(IntegrityError, match="plan_one_live_per_reference"):
        plan.save(force_insert=True)


def test_a_table_is_finished_only_when_its_rows_are_gone(sources: Sources, handler: User) -> None:
    table = ready(handler).tables.get(table_name="notes")

    assert (
        refused(PlannedTable.objects.filter(pk=table.pk), finished_at=NOW)
        == "plannedtable_finished_is_complete"
    )
    assert (
        refused(PlannedTable.objects.filter(pk=table.pk), executed="all of them")
        == "erasure_plannedtable_tallies"
    )
    PlannedTable.objects.filter(pk=table.pk).update(
        executed=table.going, finished_at=NOW + timedelta(hours=1)
    )


def test_what_is_left_to_go(sources: Sources, handler: User) -> None:
    table = ready(handler).tables.get(table_name="notes")
    assert str(table) == "crm.notes"
    assert (table.left, table.is_complete) == (Tally.parse(table.going), False)

    table.executed = table.going
    assert (table.left, table.is_complete) == (Tally(), True)
    table.pending = table.going
    assert (table.left, table.is_complete) == (Tally(), False)


def test_identifiers_are_sealed(sources: Sources, handler: User) -> None:
    plan = prepare(handler, claims={"crm.notes": "court of ana@example.com"})

    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT given, keys, passed_over, claims FROM erasure_plan")
        row = b"".join(bytes(value) for value in cursor.fetchone())
    assert b"ana" not in row
    assert plan.given_keys.emails == ("ana@example.com",)
    assert str(plan) == f"erasure plan {plan.pk}"
