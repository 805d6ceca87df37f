"""Erasing, unattended, what a plan has left: when its date comes, by the rules in force then.

Safety principle: only rows that are due by their own date go, and rows without one (they were
held, or needed by others) only while they are exactly those that the plan left: what has come
since belongs to a new relation with the person and stays. Nothing is given up: a source that is
down on the day is tried until it answers.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from datamap.connectors import AwaitingPerson, SourceError
from datamap.domain.erasing import Survey, Tally
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap, Resource
from datamap.models import ManualTask
from datamap.services.manual_closing import forget_answers
from datamap.services.waiting import await_person, most_urgent, resume
from erasure.domain.dates import next_look, rows_staying
from erasure.domain.ordering import TableId, children_of
from erasure.models import ZERO, Plan, ScheduledErasure, ScheduledTable
from erasure.services.leases import LEASE, Clock
from erasure.services.passes import Pass, pass_of
from erasure.services.removal import RowsMoved, remove_all, settle
from erasure.services.trail import WORKER, record_on_plan
from erasure.signals import schedule_completed
from ledger.services.booking import LedgerRefused, require_in_step
from lib.faults import log_fault
from lib.units import (
    LeaseLost,
    Status,
    backoff,
    claim_next,
    extend_lease,
    fail,
    finish,
    postpone,
)
from lib.wakeups import wake
from retention.domain.treatments import rules_hash
from retention.models import LegalHold
from retention.services.gate import RulesChanged

logger = logging.getLogger(__name__)

#: A look that left something due is repeated at the earliest after this.
_SOON = timedelta(hours=1)
_SCHEDULED = "erasure.tasks.erase_scheduled"


def order_schedule(
    *,
    plan: Plan,
    keys: SubjectKeys,
    data_map: DataMap,
    surveys: Mapping[TableId, Survey],
    at: datetime,
) -> None:
    """Order the erasure of what a plan leaves, in the open transaction of its end.

    Entrusted rows are the controller's to decide about. What a former plan of the same reference
    had ordered is covered by this one.
    """
    ScheduledErasure.objects.filter(plan__reference=plan.reference).exclude(
        status=Status.DONE
    ).delete()
    for resource in data_map.resources:
        left = [
            one
            for one in plan.tables.filter(resource_id=resource.id)
            if not one.is_entrusted and rows_staying(surveys[one.table])
        ]
        if left:
            own = {one.table_name: surveys[one.table] for one in left}
            due_at = _next_look(resource, own, at=at) or at
            unit = ScheduledErasure.objects.create(
                plan=plan,
                resource_id=resource.id,
                keys=keys.as_json(),
                due_at=due_at,
                not_before=due_at,
            )
            ScheduledTable.objects.bulk_create(
                ScheduledTable(
                    scheduled=unit,
                    resource_id=resource.id,
                    table_name=one.table_name,
                    position=one.position,
                    left_behind=_staying(own[one.table_name]).as_text(),
                )
                for one in left
            )


def resume_schedule(*, task: ManualTask, at: datetime, **_: object) -> None:
    """Go on where a person has answered (`datamap.signals.task_answered`)."""
    kind, _colon, rest = task.reference.partition(":")
    if kind == "schedule":
        waiting = ScheduledErasure.objects.filter(pk=rest.partition(":")[0])
        resume(waiting, at=at, task=_SCHEDULED)


def look_again(*, at: datetime, **_: object) -> None:
    """Look what has to stay where people were asked to erase (`retention.signals`)."""
    resume(ScheduledErasure.objects.all(), at=at, task=_SCHEDULED)


def go_on(*, hold: LegalHold, at: datetime, **_: object) -> None:
    """Look now at what a hold may have held back (`retention.signals`), in its transaction."""
    waiting = ScheduledErasure.objects.filter(status=Status.QUEUED, not_before__gt=at)
    if hold.resources:
        waiting = waiting.filter(resource_id__in=hold.resources)
    if waiting.filter(as_of=None).update(not_before=at, due_at=at):
        wake(_SCHEDULED)


def erase_due_next(*, clock: Clock) -> bool:
    """Look at one resource where something is due; False when there was nothing to do.

    Raises LedgerRefused while a restore has not been made good.
    """
    require_in_step()
    unit = claim_next(ScheduledErasure.objects.all(), at=clock(), lease=LEASE)
    if unit is None:
        return False
    try:
        _look(unit, clock=clock)
    except AwaitingPerson as waiting:
        await_person(unit, waiting, at=clock())
    except SourceError as error:
        _give_back(unit, code=error.code, text=error.advice, at=clock())
    except LedgerRefused as refused:
        _give_back(unit, code=refused.code, text=str(refused), at=clock())
    except LeaseLost:
        logger.info("scheduled erasure %s is in other hands now", unit.pk)
    except (RowsMoved, RulesChanged):
        _begin_anew(unit, at=clock())
    except Exception as error:  # noqa: BLE001 (whatever it was, the unit must not be lost)
        log_fault(logger, f"scheduled erasure {unit.pk}", error)
        _give_back(unit, code="internal", text="", at=clock())
    return True


def _look(unit: ScheduledErasure, *, clock: Clock) -> None:
    at_hand = pass_of(unit, clock=clock)
    if unit.as_of is None:
        _begin(at_hand)
    as_of = unit.as_of or clock()
    job = at_hand.job(as_of)
    settle(job, at_hand.tables)
    errors = remove_all(
        at_hand.blocks(), children=children_of(at_hand.data_map), job_for=lambda _id: job
    )
    if errors:
        raise most_urgent(errors)
    _close(at_hand, job.look(at_hand.tables))


def _begin(at_hand: Pass) -> None:
    """Note what is due now. Undated rows are due only while no others have joined them."""
    unit, at = at_hand.unit, at_hand.clock()
    for one in at_hand.tables:
        one.is_mixed = False
    surveys = at_hand.job(at).look(at_hand.tables)
    for one in at_hand.undated(at):
        survey = surveys[one.table]
        present = survey.going + _staying(survey)
        one.is_mixed = present.rows > 0 and present.as_text() != one.left_behind
    if any(one.is_mixed for one in at_hand.tables):
        surveys = at_hand.job(at).look(at_hand.tables)
    with transaction.atomic():
        extend_lease(unit, at=at_hand.clock(), lease=LEASE)
        for one in at_hand.tables:
            one.going, one.executed, one.pending = surveys[one.table].going.as_text(), ZERO, ""
        ScheduledTable.objects.bulk_update(
            at_hand.tables, ["going", "executed", "pending", "is_mixed"]
        )
        unit.as_of = at
        ScheduledErasure.objects.filter(pk=unit.pk).update(as_of=at)


def _close(at_hand: Pass, surveys: Mapping[TableId, Survey]) -> None:
    """Record what the look did, set the next one, or finish when nothing is left."""
    unit, at = at_hand.unit, at_hand.clock()
    own = {one.table_name: surveys[one.table] for one in at_hand.tables}
    due_at = _next_look(at_hand.resource, own, at=at)
    if any(survey.going.rows for survey in own.values()):
        due_at = min(due_at or at + _SOON, at + _SOON)
    gone = [one.pk for one in at_hand.tables if not _anything(own[one.table_name])]
    reference = at_hand.reference
    with transaction.atomic():
        ScheduledTable.objects.filter(pk__in=gone).update(finished_at=at)
        forget_answers(reference=reference, by=WORKER, at=at)
        if due_at is None:
            finish(unit, at=at, also={"as_of": None, "keys": []})
        else:
            postpone(unit, until=due_at, also={"as_of": None, "due_at": due_at})
        _record_look(at_hand, own, at=at)
        if due_at is None:
            _complete(unit, at=at)


def _record_look(at_hand: Pass, own: Mapping[str, Survey], *, at: datetime) -> None:
    record_on_plan(
        "erasure.schedule_looked",
        plan=at_hand.unit.plan,
        by=WORKER,
        at=at,
        data={
            "resource": at_hand.resource.id,
            "rows_erased": sum(Tally.parse(one.executed).rows for one in at_hand.tables),
            "rows_due_now": sum(survey.going.rows for survey in own.values()),
            "rows_staying": sum(rows_staying(survey) for survey in own.values()),
            "rules": rules_hash(),
        },
    )


def _complete(unit: ScheduledErasure, *, at: datetime) -> None:
    """Tell that the last resource has nothing left; whoever ends last holds the plan's row."""
    plan = Plan.objects.select_for_update(no_key=True, of=("self",)).get(pk=unit.plan_id)
    if plan.scheduled.exclude(status=Status.DONE).exists():
        return
    record_on_plan("erasure.schedule_done", plan=plan, by=WORKER, at=at)
    schedule_completed.send(sender=ScheduledErasure, plan=plan, scheduled=unit, at=at)


def _begin_anew(unit: ScheduledErasure, *, at: datetime) -> None:
    """The rows changed while they were being erased: count them again, nobody has to approve."""
    with transaction.atomic():
        postpone(unit, until=at + backoff(unit.attempts), also={"as_of": None})


def _give_back(unit: ScheduledErasure, *, code: str, text: str, at: datetime) -> None:
    """Order another try, however often this one has failed already."""
    with transaction.atomic():
        fail(unit, at=at, code=code, text=text, retry_at=at + backoff(unit.attempts))
        record_on_plan(
            "erasure.schedule_failed",
            plan=unit.plan,
            by=WORKER,
            at=at,
            data={"resource": unit.resource_id, "code": code, "attempt": unit.attempts},
        )


def _next_look(
    resource: Resource, surveys: Mapping[str, Survey], *, at: datetime
) -> datetime | None:
    looks = [
        next_look(
            survey,
            category=resource.table(name).category.value,
            entity_code=resource.entity,
            at=at,
        )
        for name, survey in surveys.items()
    ]
    return min((look for look in looks if look is not None), default=None)


def _staying(survey: Survey) -> Tally:
    return survey.kept_tally + survey.needed + survey.held


def _anything(survey: Survey) -> bool:
    return bool(survey.going.rows or rows_staying(survey))
