"""Searching every source for a case: one leased unit of work per resource.

Safety: a source that cannot be searched is a failed unit that staff see and workers retry;
no answer can be decided while one is left. A worker may die at any instruction: tables that
were finished stay finished, the one in hand is begun again.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction

from audit.domain.actor import Actor
from audit.services import record
from datamap.connectors import ExtractedRow, SourceError, SourceMismatch, connector_for
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap, Resource, Table
from datamap.domain.vocabulary import Role
from datamap.queries import controller_of, current_version, map_of
from lib.blobs import Blob, BlobNotWritable, BlobWriter, create_blob, delete_blob
from lib.faults import log_fault
from lib.units import LeaseLost, backoff, claim_next, extend_lease, fail, finish, requeue
from lib.wakeups import wake
from requests_portal.domain.lifecycle import Event
from requests_portal.models import Case, CollectedTable, CollectionUnit
from requests_portal.queries import LARGEST_CHUNK
from requests_portal.services.cases import move
from requests_portal.services.expiry import KeptRange, kept_until
from requests_portal.services.identification import identify

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 8
_COLLECT = "requests_portal.tasks.collect"
_CHUNK_BYTES = 192 * 1024
_WORKER = Actor.system("collection")


def start_collection(*, case: Case, by: Actor, at: datetime) -> None:
    """Begin work on a case: one unit for each resource of the data map in force."""
    version = current_version()
    data_map = map_of(version.hash)
    with transaction.atomic():
        move(case=case, event=Event.START, by=by, at=at)
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
        record(
            "collection.started",
            by=by,
            at=at,
            object_kind="case",
            object_id=str(case.id),
            data={"resources": len(data_map.resources), "data_map": version.hash[:12]},
        )


def retry_unit(*, unit: CollectionUnit, by: Actor, at: datetime) -> None:
    """Order another try of a failed unit now."""
    with transaction.atomic():
        requeue(unit, at=at)
        record(
            "collection.requeued",
            by=by,
            at=at,
            object_kind="case",
            object_id=str(unit.case_id),
            data={"resource": unit.resource_id},
        )
        wake(_COLLECT)


def collect_next(*, clock: Clock) -> bool:
    """Search one resource that is due; False when there was nothing to do."""
    unit = claim_next(CollectionUnit.objects.all(), at=clock(), lease=LEASE)
    if unit is None:
        return False
    try:
        _search(unit, clock=clock)
    except (LeaseLost, BlobNotWritable):
        logger.info("collection unit %s is in other hands now", unit.pk)
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
        record(
            "collection.failed",
            by=_WORKER,
            at=at,
            object_kind="case",
            object_id=str(unit.case_id),
            data={"resource": unit.resource_id, "code": code, "attempt": unit.attempts},
        )


def _search(unit: CollectionUnit, *, clock: Clock) -> None:
    case = Case.objects.get(id=unit.case_id)
    data_map = map_of(unit.map_version.hash)
    resource = data_map.resource(unit.resource_id)
    keys = _identify(unit, case, data_map)
    with connector_for(resource).snapshot() as reader:
        for collected in unit.tables.filter(searched_at__isnull=True):
            table = resource.table(collected.table_name)
            with reader.extract(table, keys) as rows:
                if collected.is_ours:
                    _collect_table(unit, collected, _lines(rows, table, resource), clock=clock)
                else:
                    controllers = _count_by_controller(rows, table, resource, data_map)
                    _note_entrusted(unit, collected, controllers, at=clock())
    _finish_unit(unit, at=clock())


def _identify(unit: CollectionUnit, case: Case, data_map: DataMap) -> SubjectKeys:
    """Find the person's further identifiers and note what is searched for, and why."""
    keys, known = identify(case, data_map)
    unit.searched_with = [one.as_json() for one in known]
    CollectionUnit.objects.filter(pk=unit.pk, lease_token=unit.lease_token).update(
        searched_with=unit.searched_with
    )
    return keys


def _count_by_controller(
    rows: Iterable[ExtractedRow], table: Table, resource: Resource, data_map: DataMap
) -> Counter[str]:
    """Count rows by the controller whose data they are; their content is not ours to hand out."""
    counts: Counter[str] = Counter()
    for row in rows:
        controller = controller_of(data_map, table, row.controller_key)
        if controller is None:  # entrusted by somebody the map does not name: never passed over
            raise SourceMismatch("mismatch", resource=resource.id, table=table.name)
        counts[controller.id] += 1
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
    lines: Iterable[tuple[bytes, datetime | None]],
    *,
    clock: Clock,
) -> None:
    blob = _fresh_blob(unit, collected, at=clock())
    writer = BlobWriter(blob)
    kept = KeptRange()
    rows = 0
    for payload, items in _chunks(kept.watch(lines)):
        writer.write_chunk(payload, items=items)
        rows += items
        extend_lease(unit, at=clock(), lease=LEASE)
    writer.close()
    at = clock()
    with transaction.atomic():
        extend_lease(unit, at=at, lease=LEASE)
        CollectedTable.objects.filter(pk=collected.pk).update(
            row_count=rows,
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


def _lines(
    rows: Iterable[ExtractedRow], table: Table, resource: Resource
) -> Iterator[tuple[bytes, datetime | None]]:
    for row in rows:
        until = kept_until(row.anchor, table=table, resource=resource)
        item = {"v": row.values, "k": until.isoformat() if until else None}
        line = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        yield line.encode() + b"\n", until


def _chunks(lines: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    buffer: list[bytes] = []
    size = 0
    for line in lines:
        buffer.append(line)
        size += len(line)
        if len(buffer) == LARGEST_CHUNK or size >= _CHUNK_BYTES:
            yield b"".join(buffer), len(buffer)
            buffer, size = [], 0
    if buffer:
        yield b"".join(buffer), len(buffer)


def _finish_unit(unit: CollectionUnit, *, at: datetime) -> None:
    with transaction.atomic():
        finish(unit, at=at)
        counts = list(unit.tables.values_list("row_count", flat=True))
        record(
            "collection.done",
            by=_WORKER,
            at=at,
            object_kind="case",
            object_id=str(unit.case_id),
            data={"resource": unit.resource_id, "tables": len(counts), "rows": sum(counts)},
        )
