"""Searching every source for a case: one leased unit of work per resource.

Safety: a source that cannot be searched is a failed unit that staff see and workers retry;
no answer can be decided while one is left. A worker may die at any instruction: tables that
were finished stay finished, the one in hand is begun again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from audit.domain.actor import Actor
from datamap.connectors import AwaitingPerson, SourceError, SourceMismatch, connector_for
from datamap.domain.keys import SubjectKeys
from datamap.domain.lines import Sink
from datamap.domain.schema import DataMap, Resource, Table
from datamap.domain.vocabulary import Role
from datamap.models import ManualTask
from datamap.queries import controller_of, current_version, map_of
from datamap.services.waiting import await_person, resume
from lib.blobs import Blob, BlobNotWritable, BlobWriter, create_blob, delete_blob
from lib.faults import log_fault
from lib.units import LeaseLost, Status, backoff, claim_next, extend_lease, fail, finish, requeue
from lib.wakeups import wake
from requests_portal.domain.expiry import KeptRange
from requests_portal.domain.lifecycle import Event, State
from requests_portal.domain.rights import Right
from requests_portal.models import Case, CollectedTable, CollectionUnit
from requests_portal.services.evidence import keep_evidence
from requests_portal.services.forwarding import forget_waiting, note_entrusted
from requests_portal.services.identification import (
    Beat,
    NothingToSearchBy,
    case_reference,
    identify,
    keys_from,
    keys_given,
)
from requests_portal.services.moves import move
from requests_portal.services.sealing import SealedLines
from requests_portal.services.trail import record_on_case

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
#: Longer than any one statement on a source may take: each step of the work extends it.
LEASE = timedelta(seconds=settings.SOURCE_STATEMENT_TIMEOUT) + timedelta(minutes=1)
MAX_ATTEMPTS = 8
_COLLECT = "requests_portal.tasks.collect"
_WORKER = Actor.system("collection")


def start_collection(*, case: Case, by: Actor, at: datetime) -> None:
    """Begin work on a case: one unit for each resource of the data map in force.

    A complaint is about what we do and not about what we hold: nothing is searched for it. Raises
    NothingToSearchBy.
    """
    is_complaint = Right(case.right) is Right.COMPLAINT
    if not is_complaint and not keys_given(case):
        raise NothingToSearchBy("Nobody can be searched for by a name alone.")
    with transaction.atomic():
        move(case=case, event=Event.START, by=by, at=at)
        if not is_complaint:
            order_search(case, by=by, at=at)


class StillSearching(Exception):
    """A worker is at it, or an answer was decided: the search cannot be begun anew now."""


def search_only_proven(*, case: Case, by: Actor, at: datetime) -> None:
    """Throw away what was found and search anew with proven identifiers alone (ADR 6).

    Raises StillSearching while a source is being searched or after a decision.
    """
    with transaction.atomic():
        locked = Case.objects.select_for_update(no_key=True).get(id=case.id)
        units = locked.collection_units.select_for_update(no_key=True)
        if State(locked.state) is not State.IN_PROGRESS or any(
            unit.status in {Status.QUEUED, Status.RUNNING} for unit in units
        ):
            raise StillSearching
        Case.objects.filter(id=case.id).update(only_proven=True)
        delete_collected(case)
        forget_waiting(locked)
        locked.collection_units.all().delete()
        record_on_case("collection.narrowed", by=by, at=at, case_id=case.id)
        order_search(case, by=by, at=at)


def delete_collected(case: Case) -> None:
    """Delete the copies of what was found; the counts stay."""
    for table in CollectedTable.objects.filter(unit__case=case, blob__isnull=False):
        if table.blob is not None:
            delete_blob(table.blob)
    case.collection_units.update(searched_with=[])


def order_search(case: Case, *, by: Actor, at: datetime) -> None:
    """Order the search of every resource, in the open transaction; none may be ordered yet."""
    version = current_version()
    data_map = map_of(version.hash)
    with transaction.atomic():
        for position, resource in enumerate(data_map.resources):
            unit = CollectionUnit.objects.create(
                case=case,
                map_version=version,
                resource_id=resource.id,
                position=position,
                not_before=at,
            )
            CollectedTable.objects.bulk_create(
                CollectedTable(
                    unit=unit,
                    table_name=table.name,
                    position=number,
                    is_ours=table.role is Role.CONTROLLER,
                )
                for number, table in enumerate(resource.tables)
            )
            wake(_COLLECT)
        record_on_case(
            "collection.started",
            by=by,
            at=at,
            case_id=case.id,
            data={"resources": len(data_map.resources), "map_version": version.pk},
        )


def retry_unit(*, unit: CollectionUnit, by: Actor, at: datetime) -> None:
    """Order another try of a failed unit now."""
    with transaction.atomic():
        requeue(unit, at=at)
        record_on_case(
            "collection.requeued",
            by=by,
            at=at,
            case_id=unit.case_id,
            data={"resource": unit.resource_id},
        )
        wake(_COLLECT)


def resume_collection(*, task: ManualTask, at: datetime, **_: object) -> None:
    """Go on where a person has answered (`datamap.signals.task_answered`).

    Other units of the case wait for the same person: all search by what that one found.
    """
    kind, _colon, case_id = task.reference.partition(":")
    if kind == "case":
        resume(CollectionUnit.objects.filter(case_id=case_id), at=at, task=_COLLECT)


def collect_next(*, clock: Clock) -> bool:
    """Search one resource that is due; False when there was nothing to do."""
    unit = claim_next(CollectionUnit.objects.all(), at=clock(), lease=LEASE)
    if unit is None:
        return False
    try:
        if unit.attempts > MAX_ATTEMPTS:  # its worker died every time, so nobody gave it back
            _give_back(unit, code="interrupted", text="", at=clock())
        else:
            _search(unit, clock=clock)
    except (LeaseLost, BlobNotWritable):
        logger.info("collection unit %s is in other hands now", unit.pk)
    except AwaitingPerson as waiting:
        await_person(unit, waiting, at=clock())
    except SourceError as error:
        _give_back(unit, code=error.code, text=error.advice, at=clock())
    except Exception as error:  # noqa: BLE001 (whatever it was, the unit must not be lost)
        log_fault(logger, f"collection unit {unit.pk}", error)
        _give_back(unit, code="internal", text="", at=clock())
    return True


def _give_back(unit: CollectionUnit, *, code: str, text: str, at: datetime) -> None:
    retry_at = at + backoff(unit.attempts) if unit.attempts < MAX_ATTEMPTS else None
    with transaction.atomic():
        fail(unit, at=at, code=code, text=text, retry_at=retry_at)
        record_on_case(
            "collection.failed",
            by=_WORKER,
            at=at,
            case_id=unit.case_id,
            data={"resource": unit.resource_id, "code": code, "attempt": unit.attempts},
        )


def _search(unit: CollectionUnit, *, clock: Clock) -> None:
    case = Case.objects.get(id=unit.case_id)
    data_map = map_of(unit.map_version.hash)
    resource = data_map.resource(unit.resource_id)

    def beat() -> None:
        extend_lease(unit, at=clock(), lease=LEASE)

    keys = _identify(unit, case, data_map, beat, clock=clock)
    with connector_for(resource, reference=case_reference(case.id)).snapshot() as reader:
        for collected in unit.tables.filter(searched_at__isnull=True):
            table = resource.table(collected.table_name)
            if collected.is_ours:
                kept = KeptRange(table=table, resource=resource)
                read = partial(reader.lines, table, keys)
                _collect_table(unit, collected, read, kept=kept, clock=clock)
            else:
                found = reader.count_by_controller(table, keys)
                controllers = _by_controller(found, table, resource, data_map)
                _note_entrusted(unit, collected, controllers, at=clock())
    _finish_unit(unit, at=clock())


def _identify(
    unit: CollectionUnit, case: Case, data_map: DataMap, beat: Beat, *, clock: Clock
) -> SubjectKeys:
    """Find the person's further identifiers once, and note what is searched for, and why.

    A later attempt goes by the note: tables that are finished were searched with the same.
    """
    if not unit.searched_with:
        unit.searched_with = [one.as_json() for one in identify(case, data_map, beat=beat)]
        with transaction.atomic():
            ours = CollectionUnit.objects.filter(pk=unit.pk, lease_token=unit.lease_token)
            if ours.update(searched_with=unit.searched_with):
                keep_evidence(case, by=_WORKER, at=clock())
    return keys_from(unit.searched_with)


def _by_controller(
    found: Mapping[str | None, int], table: Table, resource: Resource, data_map: DataMap
) -> Counter[str]:
    """Count rows by the controller whose data they are; their content is not ours to hand out."""
    counts: Counter[str] = Counter()
    for key, rows in found.items():
        controller = controller_of(data_map, table, key)
        if rows and controller is None:
            # Entrusted by somebody the map does not name: never passed over.
            raise SourceMismatch("mismatch", resource=resource.id, table=table.name)
        if rows and controller is not None:
            counts[controller.id] += rows
    return counts


def _note_entrusted(
    unit: CollectionUnit, collected: CollectedTable, controllers: Counter[str], *, at: datetime
) -> None:
    with transaction.atomic():
        extend_lease(unit, at=at, lease=LEASE)
        CollectedTable.objects.filter(pk=collected.pk).update(
            row_count=controllers.total(), controllers=dict(controllers), searched_at=at
        )


def _collect_table(
    unit: CollectionUnit,
    collected: CollectedTable,
    read: Callable[[Sink], None],
    *,
    kept: KeptRange,
    clock: Clock,
) -> None:
    writer = BlobWriter(_fresh_blob(unit, collected, at=clock()))
    sealed = SealedLines(
        writer, kept=kept, stored=lambda: extend_lease(unit, at=clock(), lease=LEASE)
    )
    read(sealed.take)
    sealed.close()
    at = clock()
    with transaction.atomic():
        extend_lease(unit, at=at, lease=LEASE)
        CollectedTable.objects.filter(pk=collected.pk).update(
            row_count=sealed.rows,
            searched_at=at,
            kept_from=kept.earliest,
            kept_until=kept.latest,
            kept_open_ended=kept.open_ended,
        )


def _fresh_blob(unit: CollectionUnit, collected: CollectedTable, *, at: datetime) -> Blob:
    """Throw away what an interrupted worker wrote and begin again."""
    with transaction.atomic():
        extend_lease(unit, at=at, lease=LEASE)
        if collected.blob is not None:
            delete_blob(collected.blob)
        blob = create_blob(kind="collection", at=at)
        CollectedTable.objects.filter(pk=collected.pk).update(blob=blob)
    return blob


def _finish_unit(unit: CollectionUnit, *, at: datetime) -> None:
    with transaction.atomic():
        finish(unit, at=at)
        note_entrusted(unit=unit, at=at)
        counts = list(unit.tables.values_list("row_count", flat=True))
        record_on_case(
            "collection.done",
            by=_WORKER,
            at=at,
            case_id=unit.case_id,
            data={"resource": unit.resource_id, "tables": len(counts), "rows": sum(counts)},
        )
