"""The second pair of eyes: a plan is approved by another person than the one who prepared it."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.queries import current_version
from erasure.domain.states import REPLACEABLE, Phase, PlanState
from erasure.models import Plan, PlanUnit
from erasure.services.planning import WORK, discard
from erasure.services.trail import record_on_plan
from lib.wakeups import wake
from retention.domain.treatments import rules_hash


class SamePerson(Exception):
    """Who prepared a plan cannot approve it."""


class NotReady(Exception):
    """The plan does not wait for this."""


class PlanMovedOn(Exception):
    """The plan is not the one that was looked at, or its map or rules are no longer in force."""


def approve_plan(*, plan: Plan, seen_hash: str, by: User, at: datetime) -> Plan:
    """Approve the plan whose hash was shown, and order that it is carried out.

    Raises SamePerson, NotReady, PlanMovedOn.
    """
    with transaction.atomic():
        locked = Plan.objects.select_for_update(no_key=True, of=("self",)).get(pk=plan.pk)
        if PlanState(locked.state) is not PlanState.READY:
            raise NotReady
        if locked.prepared_by_id == by.pk:
            raise SamePerson
        in_force = (current_version().pk, rules_hash())
        if locked.hash != seen_hash or (locked.map_version_id, locked.rules_hash) != in_force:
            raise PlanMovedOn
        locked.state = PlanState.APPROVED.value
        locked.approved_by, locked.approved_at = by, at
        locked.save(update_fields=["state", "approved_by", "approved_at"])
        PlanUnit.objects.create(plan=locked, phase=Phase.EXECUTE.value, not_before=at)
        record_on_plan(
            "erasure.plan_approved",
            plan=locked,
            by=Actor.staff(by.pk),
            at=at,
            data={"hash": locked.hash},
        )
        wake(WORK)
    return locked


def forget_plan(*, reference: str, by: Actor, at: datetime) -> None:
    """Delete the plan of a request that is withdrawn, with the identifiers sealed in it.

    Only a plan that nobody has approved: one that was begun stays as evidence of what it did.
    """
    with transaction.atomic():
        plans = Plan.objects.select_for_update(no_key=True, of=("self",)).filter(
            reference=reference,
            approved_at__isnull=True,
            state__in=[state.value for state in REPLACEABLE],
        )
        for plan in plans:
            record_on_plan("erasure.plan_discarded", plan=plan, by=by, at=at)
            plan.delete()


def discard_plan(*, plan: Plan, by: User, at: datetime) -> None:
    """Give up a plan that is not being carried out; NotReady for any other."""
    with transaction.atomic():
        locked = Plan.objects.select_for_update(no_key=True, of=("self",)).get(pk=plan.pk)
        if PlanState(locked.state) not in REPLACEABLE:
            raise NotReady
        discard(locked, by=by, at=at)
