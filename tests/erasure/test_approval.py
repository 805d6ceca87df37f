"""Four eyes."""

import pytest

from accounts.models import User
from audit.models import Event
from datamap.models import MapVersion
from erasure.domain.states import Phase, PlanState
from erasure.models import Plan
from erasure.services.approval import (
    NotReady,
    PlanMovedOn,
    SamePerson,
    approve_plan,
    discard_plan,
)
from erasure.services.work import work_next
from tests.erasure.conftest import BEFORE, LATER, NOW, Sources, approved, prepare, ready


def test_second_person_approves_what_they_saw(sources: Sources, handler: User, dpo: User) -> None:
    plan = ready(handler)
    given = approve_plan(plan=plan, seen_hash=plan.hash, by=dpo, at=LATER)

    plan.refresh_from_db()
    assert given == plan
    assert plan.state == PlanState.APPROVED
    assert (plan.approved_by, plan.approved_at) == (dpo, LATER)
    assert [unit.phase for unit in plan.units.order_by("pk")] == [Phase.SURVEY, Phase.EXECUTE]
    event = Event.objects.get(verb="erasure.plan_approved")
    assert (event.actor_ref, event.data) == (str(dpo.pk), {"plan": str(plan.pk), "hash": plan.hash})
    assert sources.all_ids() == BEFORE


def refused(plan: Plan, refusal: type[Exception], *, by: User, seen_hash: str = "") -> None:
    with pytest.raises(refusal):
        approve_plan(plan=plan, seen_hash=seen_hash or plan.hash, by=by, at=LATER)
    plan.refresh_from_db()
    assert plan.approved_by is None
    assert not plan.units.filter(phase=Phase.EXECUTE).exists()


def test_who_prepared_a_plan_does_not_approve_it(sources: Sources, handler: User) -> None:
    refused(ready(handler), SamePerson, by=handler)


def test_plan_that_is_not_surveyed_is_not_approved(
    sources: Sources, handler: User, dpo: User
) -> None:
    refused(prepare(handler), NotReady, by=dpo, seen_hash="a" * 64)


def test_plan_that_was_replaced_is_not_approved(sources: Sources, handler: User, dpo: User) -> None:
    plan = ready(handler)
    prepare(handler)

    refused(plan, NotReady, by=dpo)


def test_other_plan_than_the_one_seen_is_not_approved(
    sources: Sources, handler: User, dpo: User
) -> None:
    refused(ready(handler), PlanMovedOn, by=dpo, seen_hash="b" * 64)


def test_plan_of_an_older_map_is_not_approved(sources: Sources, handler: User, dpo: User) -> None:
    plan = ready(handler)
    MapVersion.objects.update(is_current=False)
    MapVersion.objects.create(
        hash="c" * 64, document={}, loaded_at=NOW, loaded_by="system:test", is_current=True
    )

    refused(plan, PlanMovedOn, by=dpo)


def test_plan_of_older_rules_is_not_approved(sources: Sources, handler: User, dpo: User) -> None:
    plan = ready(handler)
    Plan.objects.update(rules_hash="d" * 64)

    refused(plan, PlanMovedOn, by=dpo)


def test_plan_is_approved_once(sources: Sources, handler: User, dpo: User) -> None:
    plan = approved(handler, dpo)

    with pytest.raises(NotReady):
        approve_plan(plan=plan, seen_hash=plan.hash, by=dpo, at=LATER)
    assert plan.units.filter(phase=Phase.EXECUTE).count() == 1


def test_plan_is_given_up(sources: Sources, handler: User, dpo: User) -> None:
    plan = ready(handler)
    discard_plan(plan=plan, by=dpo, at=LATER)

    plan.refresh_from_db()
    assert plan.state == PlanState.DISCARDED
    assert (plan.discarded_by, plan.discarded_at) == (dpo, LATER)
    assert plan.keys == []
    assert not work_next(clock=lambda: LATER)
    assert Event.objects.filter(verb="erasure.plan_discarded").count() == 1


def test_plan_that_is_carried_out_is_not_given_up(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)

    with pytest.raises(NotReady):
        discard_plan(plan=plan, by=dpo, at=LATER)
