"""The work of a run: count what is due in each table, have its parts purged, search again.

A worker may die at any instruction: what is due stays due by the run's own time, and the next
worker goes on.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from datamap.connectors import SourceError
from ledger.services.booking import LedgerRefused, require_in_step
from lib.faults import log_fault
from lib.units import (
    LeasedUnit,
    LeaseLost,
    Status,
    backoff,
    claim_next,
    fail,
    finish,
    postpone,
)
from retention.domain.purge_stages import RunState, Stage
from retention.models import PurgePart, PurgeTable
from retention.services.purge_outlook import look, place_of, warned
from retention.services.purge_parts import (
    LEASE,
    PEACE,
    Clock,
    Halted,
    InTheWay,
    divide,
    purge_part,
)
from retention.services.purge_runs import advance_run, stop_in_force

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
#: How often a table is gone through: rows may be moved by others while a purge goes by them.
_MOST_ROUNDS = 2


def purge_next(*, clock: Clock) -> bool:
    """Do the next piece of work of a run; False when there was nothing to do.

    Raises LedgerRefused while a restore has not been made good.
    """
    require_in_step()
    if stop_in_force() is not None:
        return False
    part = claim_next(_parts(), at=clock(), lease=LEASE)
    if part is not None:
        _attempt(part, clock, lambda: purge_part(part, clock))
        return True
    unit = claim_next(_tables(), at=clock(), lease=LEASE)
    if unit is not None:
        _attempt(unit, clock, lambda: _STEPS[Stage(unit.stage)](unit, clock))
        advance_run(unit.run, at=clock())
    return unit is not None


def _attempt(unit: LeasedUnit, clock: Clock, work: Callable[[], None]) -> None:
    """Do a piece of work; whatever happens, its unit is not lost."""
    try:
        work()
    except SourceError as error:
        _give_back(unit, code=error.code, text=error.advice, at=clock())
    except LeaseLost:
        logger.info("purge of %s is in other hands now", unit.pk)
    except Halted:
        _postpone(unit, until=clock())
    except LedgerRefused as refused:
        _postpone(unit, until=clock() + PEACE, code=refused.code)
    except InTheWay as found:
        _postpone(unit, until=clock() + PEACE, code=found.obstacle.value)
    except Exception as error:  # noqa: BLE001 (whatever it was, the unit must not be lost)
        log_fault(logger, f"purge {unit.pk}", error)
        _give_back(unit, code="internal", text="", at=clock())


def _parts() -> QuerySet[PurgePart]:
    """Return the parts that may be purged: of tables whose turn has come in a run that runs."""
    turn = Q(table__run__stage=Stage.PURGE, table__level=F("table__run__level"))
    again = Q(table__run__stage=Stage.CHECK)
    return PurgePart.objects.select_related("table__run__map_version").filter(
        turn | again, table__run__state=RunState.RUNNING, table__stage=Stage.PURGE
    )


def _tables() -> QuerySet[PurgeTable]:
    """Return the tables at the present stage and round of a run that runs, without open parts."""
    in_turn = ~Q(stage=Stage.PURGE) | Q(level=F("run__level"))
    again = Q(stage=Stage.PURGE, run__stage=Stage.CHECK)
    waits = Q(stage=Stage.PURGE, allowed_at__isnull=True) & ~Q(alarms=[])
    open_parts = PurgePart.objects.filter(
        table=OuterRef("pk"), status__in=[Status.QUEUED, Status.RUNNING]
    )
    return (
        PurgeTable.objects.select_related("run__map_version")
        .filter(in_turn & Q(stage=F("run__stage")) | again, run__state=RunState.RUNNING)
        .exclude(waits)
        .exclude(Exists(open_parts))
    )


def _plan(unit: PurgeTable, clock: Clock) -> None:
    resource, table, data_map = place_of(unit)
    seen = look(resource, table, data_map=data_map, as_of=unit.run.as_of)
    found = {
        "rows": seen.rows,
        "due": seen.due,
        "held": seen.held,
        "needed": seen.needed,
        "no_anchor": seen.no_anchor,
        "early": seen.early,
        "future": seen.future,
        "oldest_on": seen.oldest,
    }
    alarms = [alarm.value for alarm in warned(unit.resource_id, unit.table_name, seen)]
    stage = Stage.PURGE if seen.due else Stage.CHECK
    postpone(unit, until=clock(), also={**found, "alarms": alarms, "stage": stage.value})


def _purge(unit: PurgeTable, clock: Clock) -> None:
    """Divide the table into parts; once they are purged, have it searched again."""
    parts = unit.parts.filter(round=unit.rounds)
    if not parts.exists():
        divide(unit, at=clock())
        return
    failed = parts.filter(status=Status.FAILED).first()
    if failed is not None:
        fail(unit, at=clock(), code=failed.error_code, text=failed.error_text, retry_at=None)
        return
    postpone(unit, until=clock(), also={"stage": Stage.CHECK.value})


def _check(unit: PurgeTable, clock: Clock) -> None:
    """Search again: what is still due is told, and never called done.

    Rows that were moved while the purge went by them are looked for in another round. What went
    with a partition, or before a worker died, was counted by nobody: it is due no more, nor kept.
    """
    resource, table, data_map = place_of(unit)
    seen = look(resource, table, data_map=data_map, as_of=unit.run.as_of)
    kept_since = (seen.held - unit.held) + (seen.needed - unit.needed)
    gone = max(unit.erased, unit.due - seen.due - kept_since, 0)
    found = {"left": seen.due, "erased": gone}
    again = seen.due and unit.parts.exists() and unit.rounds + 1 < _MOST_ROUNDS
    if again and not unit.out_of_time:
        also = {**found, "rounds": unit.rounds + 1, "stage": Stage.PURGE.value}
        postpone(unit, until=clock(), also=also)
    else:
        finish(unit, at=clock(), also={**found, "stage": Stage.OVER.value})


def _postpone(unit: LeasedUnit, *, until: datetime, code: str = "") -> None:
    """Let a unit go on later where it stopped."""
    with suppress(LeaseLost):
        postpone(unit, until=until, code=code)


def _give_back(unit: LeasedUnit, *, code: str, text: str, at: datetime) -> None:
    retry_at = at + backoff(unit.attempts) if unit.attempts < MAX_ATTEMPTS else None
    try:
        fail(unit, at=at, code=code, text=text, retry_at=retry_at)
    except LeaseLost:
        logger.info("purge of %s is in other hands now", unit.pk)


_STEPS: dict[Stage, Callable[[PurgeTable, Clock], None]] = {
    Stage.PLAN: _plan,
    Stage.PURGE: _purge,
    Stage.CHECK: _check,
}
