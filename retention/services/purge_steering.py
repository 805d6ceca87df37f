"""Steering runs that erase what is due: letting a table go, pausing, ending, stopping all."""

from datetime import datetime

from django.db import transaction

from audit.domain.actor import Actor
from audit.services import record
from lib.wakeups import wake
from retention.domain.purge_stages import RunState, Stage
from retention.models import PurgeRun, PurgeStop, PurgeTable
from retention.services.purge_runs import (
    PURGE,
    PurgeRefused,
    PurgesStopped,
    advance_run,
    author,
    close_run,
    record_on_run,
    stop_in_force,
)
from retention.sql import hold_removals

_ALIVE = (RunState.RUNNING.value, RunState.PAUSED.value)


def allow_table(*, table: PurgeTable, by: Actor, at: datetime) -> None:
    """Let a table be purged in spite of its alarms; the rows without dates are accepted with it.

    Raises PurgeRefused when it does not wait.
    """
    with transaction.atomic():
        run = PurgeRun.objects.select_for_update(no_key=True).get(pk=table.run_id)
        locked = PurgeTable.objects.select_for_update(no_key=True).get(pk=table.pk)
        if run.state != RunState.RUNNING or not locked.asks or locked.stage != Stage.PURGE:
            raise PurgeRefused("This table does not wait any more.")
        locked.allowed_by, locked.allowed_at = author(by), at
        locked.save(update_fields=["allowed_by", "allowed_at"])
        record_on_run(
            "purge.allowed",
            run,
            by=by,
            at=at,
            resource=locked.resource_id,
            table=locked.table_name,
            alarms=list(locked.alarms),
            due=locked.due,
        )
        advance_run(run, at=at)
        wake(PURGE)


def pause_run(*, run: PurgeRun, by: Actor, at: datetime) -> None:
    """Keep a run from going on after the step under way. Raises PurgeRefused."""
    _change(run, "purge.paused", to=RunState.PAUSED, by=by, at=at)


def resume_run(*, run: PurgeRun, by: Actor, at: datetime) -> None:
    """Let a paused run go on where it stopped. Raises PurgeRefused."""
    _change(run, "purge.resumed", to=RunState.RUNNING, by=by, at=at)
    wake(PURGE)


def _change(run: PurgeRun, verb: str, *, to: RunState, by: Actor, at: datetime) -> None:
    pausing = to is RunState.PAUSED
    held = RunState.RUNNING if pausing else RunState.PAUSED
    with transaction.atomic():
        changed = PurgeRun.objects.filter(pk=run.pk, state=held).update(
            state=to.value, paused_by=author(by) if pausing else ""
        )
        if not changed:
            raise PurgeRefused("Somebody has already moved this on.")
        record_on_run(verb, run, by=by, at=at)


def end_run(*, run: PurgeRun, by: Actor, at: datetime) -> None:
    """End a run for good; what is due stays due for the next one. Raises PurgeRefused."""
    with transaction.atomic():
        hold_removals()
        locked = PurgeRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if locked.state not in _ALIVE:
            raise PurgeRefused("The run has ended.")
        close_run(locked, at=at, by=by)


def stop_purges(*, reason: str, by: Actor, at: datetime) -> PurgeStop:
    """Stop every purge; returns when no step is under way any more. Raises PurgesStopped."""
    with transaction.atomic():
        hold_removals()
        if stop_in_force() is not None:
            raise PurgesStopped("Purges are stopped already.")
        stop = PurgeStop.objects.create(reason=reason, set_by=author(by), set_at=at)
        _record_on_stop("purge.stop_set", stop, by=by, at=at)
    return stop


def release_stop(*, stop: PurgeStop, by: Actor, at: datetime) -> None:
    """Let purges run again. Raises PurgeRefused."""
    with transaction.atomic():
        open_stop = PurgeStop.objects.filter(pk=stop.pk, released_at__isnull=True)
        if not open_stop.update(released_by=author(by), released_at=at):
            raise PurgeRefused("The stop was released already.")
        record(
            "purge.stop_released", by=by, at=at, object_kind="purge_stop", object_id=str(stop.pk)
        )
        wake(PURGE)


def _record_on_stop(verb: str, stop: PurgeStop, *, by: Actor, at: datetime) -> None:
    record(verb, by=by, at=at, object_kind="purge_stop", object_id=str(stop.pk))
