"""Bringing the sources in line with a restriction: one leased unit of work per resource.

A source is asked under which identifiers it knows the person, so that the restriction also covers
what another source stores by those alone. Then its own marks are set, for its programs to see.
Safety: doing a unit again has the effect of doing it once. A unit that is late, or whose
restriction was lifted meanwhile, does what the restriction asks for at that moment.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.domain.actor import Actor
from audit.domain.event_data import JSONValue
from audit.services import record
from datamap.connectors import AwaitingPerson, SourceError, connector_for
from datamap.domain.erasing import Scope
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource, Table
from datamap.models import ManualTask
from datamap.queries import NoMap, current_map
from datamap.services.waiting import await_person, resume
from lib.faults import log_fault
from lib.units import LeaseLost, Status, backoff, claim_next, extend_lease, fail, finish, requeue
from lib.wakeups import wake
from retention.domain.treatments import rules_hash
from retention.models import Restriction, RestrictionKey, SourceMark
from retention.queries import key_hashes
from retention.services.gate import permitted
from retention.sql import hold_removals

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Data = dict[str, JSONValue]
#: Longer than one statement on a source may take; each step extends it.
LEASE = timedelta(seconds=settings.SOURCE_STATEMENT_TIMEOUT) + timedelta(minutes=1)
MAX_ATTEMPTS = 8
#: A person is never known under that many; more means that the map joins people.
MOST_IDENTIFIERS = 200
#: Rows that came since are marked when the marks are older than that.
RENEWED_AFTER = timedelta(days=1)
_MARK = "retention.tasks.mark_sources"
_WORKER = Actor.system("restriction")


class TooManyIdentifiers(Exception):
    """The sources join people who do not belong together."""


def order_marks(restriction: Restriction, *, at: datetime) -> None:
    """Order the marks of a restriction in every resource it concerns, in the open transaction.

    A worker that holds a former order loses it before it writes.
    """
    restriction.marks.all().delete()
    _order(restriction, dict.fromkeys(_concerned(restriction), 0), at=at)


def renew_marks(*, at: datetime) -> int:
    """Order marks of restrictions in force again that are a day old; how many were ordered.

    Rows that came since, and resources that are new in the map, are reached by this. What failed
    for good waits for staff.
    """
    in_force = Restriction.objects.filter(lifted_at__isnull=True).values_list("pk", flat=True)
    return sum(_renew(restriction_id, at=at) for restriction_id in in_force)


def _renew(restriction_id: UUID, *, at: datetime) -> int:
    with transaction.atomic():
        restriction = Restriction.objects.select_for_update(no_key=True).get(pk=restriction_id)
        if restriction.lifted_at is not None:
            return 0
        stale = restriction.marks.filter(status=Status.DONE, finished_at__lt=at - RENEWED_AFTER)
        again = dict(stale.values_list("resource_id", "marked_rows"))
        known = set(restriction.marks.values_list("resource_id", flat=True))
        new = [one for one in _concerned(restriction) if one not in known]
        stale.delete()
        _order(restriction, {**again, **dict.fromkeys(new, 0)}, at=at)
    return len(again) + len(new)


def _order(restriction: Restriction, rows_marked: Mapping[str, int], *, at: datetime) -> None:
    SourceMark.objects.bulk_create(
        SourceMark(
            restriction=restriction, resource_id=resource_id, marked_rows=rows, not_before=at
        )
        for resource_id, rows in rows_marked.items()
    )
    if rows_marked:
        wake(_MARK)


def retry_mark(*, mark: SourceMark, by: Actor, at: datetime) -> None:
    """Order another try of a failed unit now; NotFailed if it has not failed."""
    with transaction.atomic():
        requeue(mark, at=at)
        _record("restriction.mark_requeued", mark, by=by, at=at)
        wake(_MARK)


def resume_marks(*, task: ManualTask, at: datetime, **_: object) -> None:
    """Go on where a person has answered (`datamap.signals.task_answered`)."""
    kind, _colon, restriction_id = task.reference.partition(":")
    if kind == "restriction":
        waiting = SourceMark.objects.filter(restriction_id=restriction_id)
        resume(waiting, at=at, task=_MARK)


def _reference(mark: SourceMark) -> str:
    return f"restriction:{mark.restriction_id}"


def mark_next(*, clock: Clock) -> bool:
    """Bring one source in line that is due; False when there was nothing to do."""
    mark = claim_next(SourceMark.objects.all(), at=clock(), lease=LEASE)
    if mark is None:
        return False
    try:
        if mark.attempts > MAX_ATTEMPTS:  # its worker died every time, so nobody gave it back
            _give_back(mark, code="interrupted", text="", at=clock())
        else:
            _work(mark, clock=clock)
    except AwaitingPerson as waiting:
        await_person(mark, waiting, at=clock())
    except SourceError as error:
        _give_back(mark, code=error.code, text=error.advice, at=clock())
    except LeaseLost:
        logger.info("source mark %s is in other hands now", mark.pk)
    except Exception as error:  # noqa: BLE001 (whatever it was, the unit must not be lost)
        log_fault(logger, f"source mark {mark.pk}", error)
        _give_back(mark, code="internal", text="", at=clock())
    return True


def _concerned(restriction: Restriction) -> list[str]:
    try:
        resources = current_map().resources
    except NoMap:  # the restriction holds all the same; `renew_marks` orders its marks later
        return []
    return [
        resource.id
        for resource in resources
        if _covered(restriction, resource) or any(table.identifies for table in resource.tables)
    ]


def _covered(restriction: Restriction, resource: Resource) -> list[Table]:
    """Return the tables with a mark of their own that the restriction speaks of."""
    return [
        table
        for table in resource.tables
        if table.restriction_column is not None
        and restriction.covers(resource.id, table.name, table.category.value)
    ]


def _work(mark: SourceMark, *, clock: Clock) -> None:
    restriction = Restriction.objects.get(pk=mark.restriction_id)
    resource = current_map().resource(mark.resource_id)
    if restriction.lifted_at is None and any(table.identifies for table in resource.tables):
        known = connector_for(resource, reference=_reference(mark)).locate(restriction.keys).keys
        _widen(mark, known, clock=clock)
    restriction.refresh_from_db()
    tables = _covered(restriction, resource)
    if not tables:
        finish(mark, at=clock())
        return
    _set_marks(mark, resource, tables, clock=clock)


def _set_marks(
    mark: SourceMark, resource: Resource, tables: Sequence[Table], *, clock: Clock
) -> None:
    """Set or clear the marks, keeping those that another restriction in force asks for."""
    keys = Restriction.objects.get(pk=mark.restriction_id).keys
    scope = Scope(keys=keys, treatments={})
    with permitted(resource=resource, scope=scope, rules_hash=rules_hash()) as permit:
        extend_lease(mark, at=clock(), lease=LEASE)
        # Read under the gate's lock, which setting and lifting wait for.
        restricted = Restriction.objects.filter(pk=mark.restriction_id, lifted_at=None).exists()
        connector = connector_for(resource, reference=_reference(mark))
        with connector.writing(permit) as writer:
            rows = sum(writer.restrict(table, restricted=restricted) for table in tables)
        finish(mark, at=clock(), also={"marked_rows": mark.marked_rows + rows})
        data: Data = {"resource": resource.id, "rows": rows, "restricted": restricted}
        _record("restriction.marked", mark, by=_WORKER, at=clock(), data=data)


def _widen(mark: SourceMark, known: SubjectKeys, *, clock: Clock) -> None:
    """Add what this source knows, and have the others asked again with it."""
    with transaction.atomic():
        hold_removals()
        extend_lease(mark, at=clock(), lease=LEASE)
        restriction = Restriction.objects.select_for_update(no_key=True).get(pk=mark.restriction_id)
        before = set(restriction.keys)
        added = [pair for pair in known if pair not in before]
        if not added or restriction.lifted_at is not None:
            return
        if len(before) + len(added) > MOST_IDENTIFIERS:
            raise TooManyIdentifiers
        restriction.sealed_keys = SubjectKeys.of_pairs([*restriction.keys, *added]).as_json()
        restriction.save(update_fields=["sealed_keys"])
        RestrictionKey.objects.bulk_create(
            RestrictionKey(restriction=restriction, hash=one)
            for one in key_hashes(SubjectKeys.of_pairs(added))
        )
        _ask_others_again(mark, restriction, at=clock())
        data: Data = {"resource": mark.resource_id, "identifiers": len(added)}
        _record("restriction.widened", mark, by=_WORKER, at=clock(), data=data)


def _ask_others_again(mark: SourceMark, restriction: Restriction, *, at: datetime) -> None:
    others = restriction.marks.exclude(pk=mark.pk)
    again = dict(others.values_list("resource_id", "marked_rows"))
    others.delete()
    _order(restriction, again, at=at)


def _give_back(mark: SourceMark, *, code: str, text: str, at: datetime) -> None:
    retry_at = at + backoff(mark.attempts) if mark.attempts < MAX_ATTEMPTS else None
    data: Data = {"resource": mark.resource_id, "code": code, "attempt": mark.attempts}
    try:
        with transaction.atomic():
            fail(mark, at=at, code=code, text=text, retry_at=retry_at)
            _record("restriction.mark_failed", mark, by=_WORKER, at=at, data=data)
    except LeaseLost:  # ordered anew meanwhile; that order has its own attempts
        logger.info("source mark %s is in other hands now", mark.pk)


def _record(
    verb: str,
    mark: SourceMark,
    *,
    by: Actor,
    at: datetime,
    data: Data | None = None,
) -> None:
    record(
        verb,
        by=by,
        at=at,
        object_kind="restriction",
        object_id=str(mark.restriction_id),
        data=data or {"resource": mark.resource_id},
    )
