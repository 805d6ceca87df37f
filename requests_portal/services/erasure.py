"""Erasure on a case (Art. 17): planned by one, approved by another, carried out by workers.

Safety: the case is answered only in the transaction that records the plan as done, and a plan is
done only when a new search found nothing but what it keeps. What was collected for the case is
deleted then too: a copy here would be data left.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.keys import SubjectKeys
from erasure.domain.states import PlanState
from erasure.models import Plan
from erasure.queries import plan_of
from erasure.services.approval import approve_plan
from erasure.services.planning import prepare_plan
from lib.units import Status
from requests_portal.domain.lifecycle import Event, State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Decision
from requests_portal.queries import case_by_id, found_rows
from requests_portal.services.collection import delete_collected
from requests_portal.services.decision_letters import erasure_letter
from requests_portal.services.decisions import OutcomeContradictsFindings, SearchIncomplete
from requests_portal.services.identification import keys_from, keys_given
from requests_portal.services.letters import send_letter
from requests_portal.services.mails import send_all_gone, send_done
from requests_portal.services.moves import locked_case, move
from requests_portal.services.recipients import note_erasure
from requests_portal.services.representing import require_mandate
from requests_portal.services.trail import record_on_case

_WORKER = Actor.system("erasure")
_REFERENCE = "case:"
_BEFORE_PLAN = frozenset({State.IN_PROGRESS, State.FULFILLING})


def erasure_reference(case: Case) -> str:
    """Return the name under which a case's plan is kept."""
    return f"{_REFERENCE}{case.id}"


def case_of(plan: Plan) -> Case | None:
    """Return the case a plan belongs to."""
    kind, _colon, name = plan.reference.partition(":")
    return case_by_id(UUID(name)) if f"{kind}:" == _REFERENCE else None


def plan_erasure(*, case: Case, claims: Mapping[str, str], by: User, at: datetime) -> Plan:
    """Order the plan of an erasure; `claims` are the tables kept for a legal claim, with reasons.

    The identifiers are those the case was searched with: staff have seen what they found. Raises
    SearchIncomplete, OutcomeContradictsFindings when nothing was found, CaseMovedOn.
    """
    with transaction.atomic():
        locked = locked_case(case, _BEFORE_PLAN)
        units = list(locked.collection_units.all())
        if not units or any(unit.status != Status.DONE for unit in units):
            raise SearchIncomplete
        if not found_rows(locked):
            raise OutcomeContradictsFindings
        keys = SubjectKeys.of_pairs(
            pair for unit in units for pair in keys_from(unit.searched_with)
        )
        record_on_case(
            "erasure.planned",
            by=Actor.staff(by.pk),
            at=at,
            case_id=case.id,
            data={"identity_checked": True, "claims": sorted(claims)},
        )
        return prepare_plan(
            reference=erasure_reference(case),
            keys=keys,
            given=keys_given(case),
            claims=claims,
            tell_when_gone=locked.tell_when_gone,
            by=by,
            at=at,
        )


def approve_erasure(*, case: Case, plan: Plan, seen_hash: str, by: User, at: datetime) -> None:
    """Decide the case by approving its plan, which orders its execution.

    Raises what `approve_plan` raises, MandateNotChecked and CaseMovedOn.
    """
    actor = Actor.staff(by.pk)
    with transaction.atomic():
        locked = locked_case(case, _BEFORE_PLAN)
        require_mandate(locked)
        approved = approve_plan(plan=plan, seen_hash=seen_hash, by=by, at=at)
        if State(locked.state) is State.FULFILLING:  # a new plan after the data had changed
            return
        outcome = Outcome.PARTLY if approved.keeps_rows else Outcome.GRANTED
        Decision.objects.create(
            case=locked,
            outcome=outcome.value,
            identity_checked=True,
            decided_by=by,
            decided_at=at,
        )
        move(case=locked, event=Event.DECIDE, by=actor, at=at, data={"outcome": outcome.value})
        move(case=locked, event=Event.FULFIL, by=actor, at=at)


def answer_when_done(*, plan: Plan, at: datetime, **_signal: object) -> None:
    """Answer the case of a plan that is done (signal `plan_completed`)."""
    case = case_of(plan)
    if case is None:
        return
    locked = locked_case(case, frozenset({State.FULFILLING}))
    delete_collected(locked)
    move(case=locked, event=Event.ANSWER, by=_WORKER, at=at)
    decision = Decision.objects.select_related("decided_by").get(case=locked, is_superseded=False)
    draft = erasure_letter(case=locked, decision=decision, plan=plan)
    note_erasure(case=locked, plan=plan, at=at)
    told = send_done(case=locked, at=at)
    send_letter(case=locked, draft=draft, by=decision.decided_by, at=at, message=told)


def tell_when_gone(*, plan: Plan, at: datetime, **_signal: object) -> None:
    """Tell the person that what was kept is gone too (signal `schedule_completed`)."""
    case = case_of(plan)
    if case is not None:
        record_on_case("erasure.all_gone", by=_WORKER, at=at, case_id=case.id)
        if plan.tell_when_gone:
            send_all_gone(case=case, at=at)


def live_plan(case: Case) -> Plan | None:
    """Return the plan of an erasure case, if one was prepared since it was opened (again)."""
    plan = plan_of(erasure_reference(case)) if case.right == Right.ERASURE else None
    if plan is None or case.reopened_at is None or not case.is_open:
        return plan
    return plan if plan.prepared_at >= case.reopened_at else None


def may_plan(case: Case, plan: Plan | None) -> bool:
    """Tell whether a (new) plan can be ordered now: none yet, or one that is not approved."""
    if State(case.state) not in _BEFORE_PLAN:
        return False
    return plan is None or PlanState(plan.state) in {PlanState.READY, PlanState.STOPPED}
