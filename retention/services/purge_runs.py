"""Runs that erase what is due: how one begins, what it would do, and how it is steered.

Safety: one run at a time, by the map and rules of its beginning; nothing begins while the stop is
set, with a time to come, or with a clock that was moved back.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from audit.domain.actor import Actor
from audit.domain.event_data import JSONValue
from audit.services import record
from datamap.domain.by_hand import is_by_hand
from datamap.domain.hanging import hangings
from datamap.domain.schema import DataMap, Resource
from datamap.queries import current_version, map_of
from ledger.services.booking import require_in_step
from lib.refusals import Refusal
from lib.units import Status
from lib.wakeups import wake
from retention.domain.purge_stages import RunState, Stage
from retention.domain.purging import levels_of, purge_treatments
from retention.domain.treatments import rules_hash
from retention.models import PurgeRun, PurgeStop, PurgeTable
from retention.services.certificates import issue_certificate
from retention.sql import hold_removals

PURGE = "retention.tasks.purge"
#: Room for the tables of one resource in the order of a run.
_MOST_TABLES = 10_000


class PurgeRefused(Refusal):
    """The step does not fit how purges stand; nothing was changed."""


class RunUnderWay(PurgeRefused):
    """One run at a time."""


class PurgesStopped(PurgeRefused):
    """The stop is set."""


class NotYet(PurgeRefused):
    """What is due in future is not due."""


class ClockMovedBack(PurgeRefused):
    """A run before had a later time."""


class NoSuchResource(PurgeRefused):
    """The data map has no such resource that a program can purge."""


def start_run(
    *,
    by: Actor,
    at: datetime,
    as_of: datetime | None = None,
    resource_id: str = "",
    night: date | None = None,
) -> PurgeRun:
    """Begin a run over all resources or one. `as_of` decides what is due, not later than `at`.

    `night` is the local day of a run that begins by itself. Raises RunUnderWay, PurgesStopped,
    NotYet, ClockMovedBack, NoSuchResource, NoMap, LedgerRefused.
    """
    require_in_step()
    due_at = as_of or at
    version = current_version()
    data_map = map_of(version.hash)
    chosen = purgeable(data_map, resource_id)
    with transaction.atomic():
        hold_removals()  # two that begin at once: one sees the other
        _require_free(as_of=due_at, at=at)
        run = PurgeRun.objects.create(
            night=night,
            as_of=due_at,
            started_at=at,
            started_by=author(by),
            map_version=version,
            rules_hash=rules_hash(),
            resource_id=resource_id,
        )
        PurgeTable.objects.bulk_create(
            one
            for place, resource in enumerate(chosen)
            for one in _tables(run, resource, data_map, first=place * _MOST_TABLES)
        )
        record_on_run("purge.started", run, by=by, at=at, as_of=due_at.isoformat())
        advance_run(run, at=at)
        wake(PURGE)
    return run


def start_nightly(*, at: datetime) -> PurgeRun | None:
    """Begin the run of a day once its hour has come; None where there is nothing to begin.

    A run of a night before that still waits for a person is ended: what was due is due again.
    """
    hour = settings.PURGE_AT
    local = at.astimezone(ZoneInfo(settings.PURGE_TIME_ZONE))
    if not hour or local.strftime("%H:%M") < hour or stop_in_force() is not None:
        return None
    if PurgeRun.objects.filter(night=local.date()).exists():
        return None
    with transaction.atomic():
        for waiting in PurgeRun.objects.filter(state=RunState.RUNNING, night__lt=local.date()):
            if waits_for_person(waiting):
                close_run(waiting, at=at)
        if PurgeRun.objects.filter(finished_at__isnull=True).exists():
            return None
        return start_run(by=Actor.system("purge"), at=at, night=local.date())


def purgeable(data_map: DataMap, resource_id: str = "") -> list[Resource]:
    """Return the resources that programs can purge, all or one. Raises NoSuchResource."""
    found = [one for one in data_map.resources if not is_by_hand(one)]
    chosen = [one for one in found if resource_id in ("", one.id)]
    if resource_id and not chosen:
        known = ", ".join(one.id for one in found)
        raise NoSuchResource(f"The data map has no resource “{resource_id}” to purge, but {known}.")
    return chosen


def _require_free(*, as_of: datetime, at: datetime) -> None:
    if stop_in_force() is not None:
        raise PurgesStopped("Purges are stopped. Release the stop first.")
    if PurgeRun.objects.filter(finished_at__isnull=True).exists():
        raise RunUnderWay("A run is under way. Wait for its end, or end it.")
    if as_of > at:
        raise NotYet("The time lies in the future: what is due then is not due yet.")
    last = PurgeRun.objects.order_by("-as_of").first()
    if last is not None and as_of < last.as_of and at < last.started_at:
        raise ClockMovedBack(
            "The clock shows a time before the last run. Set it right, then start again."
        )


def _tables(
    run: PurgeRun, resource: Resource, data_map: DataMap, *, first: int
) -> list[PurgeTable]:
    treatments = purge_treatments(resource, data_map=data_map, now=run.as_of)
    levels = levels_of(resource, children_in(resource))
    return [
        PurgeTable(
            run=run,
            resource_id=resource.id,
            table_name=table.name,
            position=first + place,
            category=table.category.value,
            action=treatments[table.name].action.value,
            due_before=treatments[table.name].due_before,
            level=levels[table.name],
            not_before=run.started_at,
        )
        for place, table in enumerate(resource.tables)
    ]


def children_in(resource: Resource) -> Mapping[str, frozenset[str]]:
    """Return for each table of a resource those whose rows hang on its rows."""
    found: dict[str, set[str]] = {}
    for one in hangings(resource):
        found.setdefault(one.parent, set()).add(one.child)
    return {parent: frozenset(children) for parent, children in found.items()}


# --- going on ----------------------------------------------------------------------------------
def advance_run(run: PurgeRun, *, at: datetime) -> None:
    """Take a run to its next round or stage once nothing of the present one is left; or end it."""
    with transaction.atomic():
        locked = PurgeRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if locked.finished_at is not None:
            return
        before = (locked.stage, locked.level)
        while (step := _next_step(locked)) is not None:
            if step == (Stage.OVER, 0):
                close_run(locked, at=at)
                return
            locked.stage, locked.level = step[0].value, step[1]
        if (locked.stage, locked.level) == before:
            return
        PurgeRun.objects.filter(pk=locked.pk).update(stage=locked.stage, level=locked.level)
    run.refresh_from_db()


def _next_step(run: PurgeRun) -> tuple[Stage, int] | None:
    """Return to which stage and round a run can go; None while it has to stay."""
    tables = run.tables.exclude(status=Status.FAILED)
    left = tables.filter(stage=run.stage)
    if run.stage == Stage.PURGE:
        lowest = left.aggregate(lowest=Min("level"))["lowest"]
        going = [one for one in left if not one.asks]
        if going:
            level = min(one.level for one in going)
            return None if level == run.level else (Stage.PURGE, level)
        return None if lowest is not None else (Stage.CHECK, 0)
    if run.stage == Stage.CHECK:  # what was found due is purged in another round
        left = tables.exclude(stage=Stage.OVER)
    if left.exists():
        return None
    return (Stage(run.stage + 1), 0)


def close_run(run: PurgeRun, *, at: datetime, by: Actor | None = None) -> None:
    """End a run: done, incomplete, or ended by somebody."""
    tables = list(run.tables.all())
    whole = all(one.status == Status.DONE and not one.left for one in tables)
    state = RunState.ENDED if by else RunState.DONE if whole else RunState.INCOMPLETE
    PurgeRun.objects.filter(pk=run.pk, finished_at__isnull=True).update(
        state=state.value, stage=Stage.OVER.value, finished_at=at, paused_by=""
    )
    run.refresh_from_db()
    certificate = issue_certificate(run=run, at=at)
    record_on_run(
        "purge.ended",
        run,
        by=by or Actor.system("purge"),
        at=at,
        state=state.value,
        rows_erased=sum(one.erased for one in tables),
        rows_left=sum(one.left or 0 for one in tables),
        tables_failed=sum(one.status == Status.FAILED for one in tables),
        tables_asking=sum(one.asks for one in tables),
        certificate_sha256=sha256(certificate.document.encode()).hexdigest(),
    )


def waits_for_person(run: PurgeRun) -> bool:
    """Tell whether nothing of a run can go on before somebody has looked at a table."""
    if run.stage != Stage.PURGE:
        return False
    left = run.tables.filter(stage=Stage.PURGE).exclude(status=Status.FAILED)
    return bool(left) and all(one.asks for one in left)


def stop_in_force() -> PurgeStop | None:
    """Return the stop of all purges, if it is set."""
    return PurgeStop.objects.filter(released_at__isnull=True).first()


def author(by: Actor) -> str:
    """Return who acts, as it is stored: "staff:3"."""
    return f"{by.kind.value}:{by.ref}"


def record_on_run(verb: str, run: PurgeRun, *, by: Actor, at: datetime, **data: JSONValue) -> None:
    """Write an audit event about a run; counts and codes alone."""
    record(verb, by=by, at=at, object_kind="purge", object_id=str(run.pk), data=data)


def last_success(*, at: datetime) -> timedelta | None:
    """Return how long ago the last run ended with nothing left; None: there was none."""
    done = PurgeRun.objects.filter(state=RunState.DONE, resource_id="").first()
    return at - done.finished_at if done and done.finished_at else None
