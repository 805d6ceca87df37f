"""The work on plans: claimed by workers, repeated when it fails, never lost."""

import logging
from datetime import datetime

from django.db import transaction

from audit.domain.actor import Actor
from datamap.connectors import AwaitingPerson, SourceError
from datamap.models import ManualTask
from datamap.services.waiting import await_person, resume
from erasure.domain.states import Phase
from erasure.models import Plan, PlanUnit
from erasure.services.execution import execute_plan
from erasure.services.leases import LEASE, Clock
from erasure.services.planning import WORK, survey_plan
from erasure.services.trail import WORKER, record_on_plan
from ledger.services.booking import LedgerRefused, require_in_step
from lib.faults import log_fault
from lib.units import LeaseLost, NotFailed, Status, backoff, claim_next, fail, requeue
from lib.wakeups import wake

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8


def work_next(*, clock: Clock) -> bool:
    """Do one unit of work on a plan that is due; False when there was nothing to do.

    Raises LedgerRefused while a restore has not been made good.
    """
    require_in_step()
    unit = claim_next(PlanUnit.objects.all(), at=clock(), lease=LEASE)
    if unit is None:
        return False
    try:
        if unit.attempts > MAX_ATTEMPTS:  # its worker died every time, so nobody gave it back
            _give_back(unit, code="interrupted", text="", at=clock())
        elif Phase(unit.phase) is Phase.SURVEY:
            survey_plan(unit, clock=clock)
        else:
            execute_plan(unit, clock=clock)
    except AwaitingPerson as waiting:
        await_person(unit, waiting, at=clock())
    except SourceError as error:
        _give_back(unit, code=error.code, text=error.advice, at=clock())
    except LedgerRefused as refused:
        _give_back(unit, code=refused.code, text=str(refused), at=clock())
    except LeaseLost:
        logger.info("plan unit %s is in other hands now", unit.pk)
    except Exception as error:  # noqa: BLE001 (whatever it was, the unit must not be lost)
        log_fault(logger, f"plan unit {unit.pk}", error)
        _give_back(unit, code="internal", text="", at=clock())
    return True


def resume_plans(*, task: ManualTask, at: datetime, **_: object) -> None:
    """Go on where a person has answered (`datamap.signals.task_answered`)."""
    resume(PlanUnit.objects.filter(plan__reference=task.reference), at=at, task=WORK)


def look_again(*, at: datetime, **_: object) -> None:
    """Look what has to stay where people were asked to erase (`retention.signals`)."""
    resume(PlanUnit.objects.all(), at=at, task=WORK)


def retry(*, plan: Plan, by: Actor, at: datetime) -> None:
    """Order another try of a plan's failed unit now; NotFailed if none has failed."""
    with transaction.atomic():
        unit = plan.units.filter(status=Status.FAILED).first()
        if unit is None:
            raise NotFailed(f"plan {plan.pk}")
        requeue(unit, at=at)
        record_on_plan("erasure.requeued", plan=plan, by=by, at=at, data={"phase": unit.phase})
        wake(WORK)


def _give_back(unit: PlanUnit, *, code: str, text: str, at: datetime) -> None:
    retry_at = at + backoff(unit.attempts) if unit.attempts < MAX_ATTEMPTS else None
    try:
        with transaction.atomic():
            fail(unit, at=at, code=code, text=text, retry_at=retry_at)
            record_on_plan(
                "erasure.failed",
                plan=unit.plan,
                by=WORKER,
                at=at,
                data={"phase": unit.phase, "code": code, "attempt": unit.attempts},
            )
    except LeaseLost:  # replaced by a new plan meanwhile
        logger.info("plan unit %s is in other hands now", unit.pk)
