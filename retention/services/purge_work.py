"""The work of a run on one table: count what is due, erase it step by step, search again.

Safety principle: each step opens the gate anew, so that a restriction or a stop set meanwhile wins;
every statement carries the whole condition of what may go. A worker may die at any instruction:
what is due stays due by the run's own time, and the next worker goes on.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet

from datamap.connectors import SourceError, connector_for
from datamap.domain.erasing import NotPermitted, Permit, Scope, Treatment
from datamap.domain.hanging import bound_together
from datamap.domain.schema import DataMap, Resource, Table
from datamap.domain.vocabulary import Erasing
from datamap.queries import map_of
from lib.entities import entity
from lib.faults import log_fault
from lib.units import LeaseLost, Status, advance, backoff, claim_next, fail, finish, postpone
from retention.domain.purge_stages import RunState, Stage
from retention.domain.purging import (
    Accepted,
    Alarm,
    Limits,
    Outlook,
    alarms_of,
    outlook_of,
    purge_treatments,
)
from retention.models import PurgeRun, PurgeTable
from retention.queries import exclusions_for
from retention.services.gate import permitted
from retention.services.purge_runs import advance_run, stop_in_force

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
LEASE = timedelta(seconds=settings.SOURCE_STATEMENT_TIMEOUT) + timedelta(minutes=1)
MAX_ATTEMPTS = 5
#: Runs whose numbers say what is usual.
_HISTORY = 5


class Halted(NotPermitted):
    """The run was paused or ended, or all purges were stopped."""


def purge_next(*, clock: Clock) -> bool:
    """Do the next piece of work of a run; False when there was nothing to do."""
    unit = claim_next(_claimable(), at=clock(), lease=LEASE)
    if unit is None:
        return False
    try:
        _STEPS[Stage(unit.stage)](unit, clock)
    except SourceError as error:
        _give_back(unit, code=error.code, text=error.advice, at=clock())
    except LeaseLost:
        logger.info("purge of %s is in other hands now", unit.pk)
    except Halted:
        _return(unit, at=clock())
    except Exception as error:  # noqa: BLE001 (whatever it was, the unit must not be lost)
        log_fault(logger, f"purge {unit.pk}", error)
        _give_back(unit, code="internal", text="", at=clock())
    advance_run(unit.run, at=clock())
    return True


def _claimable() -> QuerySet[PurgeTable]:
    """Return what may be worked on: the present stage and round of a run that runs."""
    if stop_in_force() is not None:
        return PurgeTable.objects.none()
    in_turn = ~Q(stage=Stage.PURGE) | Q(level=F("run__level"))
    waits = Q(stage=Stage.PURGE, allowed_at__isnull=True) & ~Q(alarms=[])
    return (
        PurgeTable.objects.select_related("run__map_version")
        .filter(in_turn, run__state=RunState.RUNNING, stage=F("run__stage"))
        .exclude(waits)
    )


# --- the plan ----------------------------------------------------------------------------------
def look(resource: Resource, table: Table, *, data_map: DataMap, as_of: datetime) -> Outlook:
    """Return what a purge does to a table now, counted by the conditions that erase.

    A dry run and a run count by this alone. Raises SourceError.
    """
    scope = _scope(resource, data_map=data_map, as_of=as_of)
    survey = connector_for(resource).survey(table, scope)
    today = as_of.astimezone(entity(resource.entity).tz).date()
    treatment = scope.treatment(table.name)
    return outlook_of(survey, by=treatment, today=today)


def _scope(
    resource: Resource, *, data_map: DataMap, as_of: datetime, kept: frozenset[str] = frozenset()
) -> Scope:
    treatments = dict(purge_treatments(resource, data_map=data_map, now=as_of))
    treatments |= {name: Treatment(Erasing.KEEP) for name in kept}
    return Scope(None, treatments, exclusions_for(resource.id))


def warned(resource_id: str, table_name: str, seen: Outlook) -> tuple[Alarm, ...]:
    """Return why a person has to look at a table before it is purged."""
    same = PurgeTable.objects.filter(resource_id=resource_id, table_name=table_name)
    ended = same.filter(status=Status.DONE).order_by("-run__started_at")
    before = list(ended.values_list("erased", flat=True)[:_HISTORY])
    accepted = same.filter(allowed_at__isnull=False).order_by("-allowed_at").first()
    known = Accepted()
    if accepted is not None:
        known = Accepted(no_anchor=accepted.no_anchor, early=accepted.early, future=accepted.future)
    limits = Limits(share=settings.PURGE_MOST_SHARE, number=settings.PURGE_MOST_ROWS)
    return alarms_of(seen, before=before, accepted=known, limits=limits)


def _plan(unit: PurgeTable, clock: Clock) -> None:
    resource, table, data_map = _place(unit)
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


# --- the purge ---------------------------------------------------------------------------------
class _Purge:
    """The purge of one table, by the treatments of its run."""

    def __init__(self, unit: PurgeTable, clock: Clock) -> None:
        self.unit = unit
        self.clock = clock
        self.resource, self.table, self.data_map = _place(unit)
        self.connector = connector_for(self.resource)
        self.kept = _not_gone_below(unit)

    def run(self) -> None:
        """Erase what is due, all of it."""
        if self.table.name in frozenset().union(*bound_together(self.resource)):
            self._with_companions()
        else:
            self._in_ranges()

    def _in_ranges(self) -> None:
        """Find the due keys once and erase them range by range."""
        size = settings.PURGE_STEP_ROWS
        for within in self.connector.steps(self.table, self._scope(), size=size):
            with self._step() as permit, self.connector.writing(permit) as writer:
                gone = writer.erase(self.table, within).rows
            _note(self.unit, gone, self.clock)

    def _with_companions(self) -> None:
        """Erase rows together with those from which their retention is counted."""
        gone = -1
        while gone:
            with self._step() as permit:
                size = settings.PURGE_STEP_ROWS
                gone = self.connector.purge(self.table, permit, limit=size).rows
            _note(self.unit, gone, self.clock)

    def _scope(self) -> Scope:
        as_of = self.unit.run.as_of
        return _scope(self.resource, data_map=self.data_map, as_of=as_of, kept=self.kept)

    @contextmanager
    def _step(self) -> Iterator[Permit]:
        """Open the gate for one step, unless the run was halted meanwhile."""
        run = self.unit.run
        gate = permitted(resource=self.resource, scope=self._scope(), rules_hash=run.rules_hash)
        with gate as permit:
            # Read under the gate's lock, which a stop waits for.
            running = PurgeRun.objects.filter(pk=run.pk, state=RunState.RUNNING).exists()
            if stop_in_force() is not None or not running:
                raise Halted
            yield permit


def _purge(unit: PurgeTable, clock: Clock) -> None:
    if unit.attempts > 1:
        _count_what_went(unit)
    _Purge(unit, clock).run()
    postpone(unit, until=clock(), also={"stage": Stage.CHECK.value})


def _note(unit: PurgeTable, gone: int, clock: Clock) -> None:
    advance(unit, at=clock(), lease=LEASE)
    PurgeTable.objects.filter(pk=unit.pk).update(erased=F("erased") + gone)


def _count_what_went(unit: PurgeTable) -> None:
    """Count the rows of a step whose worker died after it: they are due no more, nor kept."""
    resource, table, data_map = _place(unit)
    now = look(resource, table, data_map=data_map, as_of=unit.run.as_of)
    still = now.due + (now.held - unit.held) + (now.needed - unit.needed)
    gone = unit.due - still
    PurgeTable.objects.filter(pk=unit.pk, erased__lt=max(gone, 0)).update(erased=gone)


def _not_gone_below(unit: PurgeTable) -> frozenset[str]:
    """Return the tables of the resource whose due rows stay for now: they ask, or failed.

    What hangs on a row keeps it.
    """
    others = unit.run.tables.filter(resource_id=unit.resource_id).exclude(pk=unit.pk)
    stuck = [one for one in others if one.status == Status.FAILED or _is_waiting(one)]
    return frozenset(one.table_name for one in stuck)


def _is_waiting(one: PurgeTable) -> bool:
    return one.stage == Stage.PURGE and one.asks


# --- afterwards --------------------------------------------------------------------------------
def _check(unit: PurgeTable, clock: Clock) -> None:
    """Search again: what is still due is told, and never called done."""
    resource, table, data_map = _place(unit)
    seen = look(resource, table, data_map=data_map, as_of=unit.run.as_of)
    finish(unit, at=clock(), also={"left": seen.due, "stage": Stage.OVER.value})


def _place(unit: PurgeTable) -> tuple[Resource, Table, DataMap]:
    data_map = map_of(unit.run.map_version.hash)
    resource = data_map.resource(unit.resource_id)
    return resource, resource.table(unit.table_name), data_map


def _return(unit: PurgeTable, *, at: datetime) -> None:
    """Let a halted unit go on where it stopped."""
    with suppress(LeaseLost):
        postpone(unit, until=at)


def _give_back(unit: PurgeTable, *, code: str, text: str, at: datetime) -> None:
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
