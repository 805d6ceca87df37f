"""The files of handovers: the request and a controller's rows, built by a worker from the sources.

Safety: only rows whose controller is the one told are written; a row of another, or of nobody the
map names, is passed over here as it was not counted for this one. A worker may die at any
instruction; the next begins a fresh file.
"""

import json
import logging
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO, cast

from django.conf import settings
from django.db import transaction

from audit.domain.actor import Actor
from datamap.connectors import AwaitingPerson, SourceError, connector_for
from datamap.connectors.base import Reader
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap, Resource, Table
from datamap.models import ManualTask
from datamap.queries import controller_of, map_of
from datamap.services.waiting import await_person, resume
from lib.blobs import Blob, BlobNotWritable, BlobWriter, SequentialWriter, create_blob, delete_blob
from lib.faults import log_fault
from lib.units import LeaseLost, backoff, claim_next, extend_lease, fail, finish, requeue
from lib.wakeups import wake
from requests_portal.domain.lifecycle import State
from requests_portal.domain.outside import Telling
from requests_portal.domain.rights import ARTICLES, Right
from requests_portal.models import Case, Handover, HandoverFile
from requests_portal.services.forgetting import forget_findings
from requests_portal.services.forwarding import BUILD
from requests_portal.services.handover_person import who_asks
from requests_portal.services.identification import case_reference, identify, keys_from
from requests_portal.services.package_content import columns_of
from requests_portal.services.trail import record_on_case

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Beat = Callable[[], None]
#: Longer than any one statement on a source may take: each step of the work extends it.
LEASE = timedelta(seconds=settings.SOURCE_STATEMENT_TIMEOUT) + timedelta(minutes=1)
MAX_ATTEMPTS = 8
FORMAT = "apifonica-privacy/handover/1"
_ROWS_A_BEAT = 10_000
_WORKER = Actor.system("handing over")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def build_next_file(*, clock: Clock) -> bool:
    """Build one file that is due; False when there was nothing to do."""
    file = claim_next(HandoverFile.objects.all(), at=clock(), lease=LEASE)
    if file is None:
        return False
    try:
        if file.attempts > MAX_ATTEMPTS:  # its worker died every time, so nobody gave it back
            _give_back(file, code="interrupted", text="", at=clock())
        else:
            _build(file, clock=clock)
    except (LeaseLost, BlobNotWritable):
        logger.info("handover file %s is in other hands now", file.pk)
    except AwaitingPerson as waiting:
        await_person(file, waiting, at=clock())
    except SourceError as error:
        _give_back(file, code=error.code, text=error.advice, at=clock())
    except Exception as error:  # noqa: BLE001 (whatever it was, the file must not be lost)
        log_fault(logger, f"handover file {file.pk}", error)
        _give_back(file, code="internal", text="", at=clock())
    return True


def retry_file(*, file: HandoverFile, by: Actor, at: datetime) -> None:
    """Order another try of a failed file now; NotFailed if it has not failed."""
    with transaction.atomic():
        requeue(file, at=at)
        _record("file_requeued", file, by=by, at=at)
        wake(BUILD)


def resume_files(*, task: ManualTask, at: datetime, **_: object) -> None:
    """Go on where a person has answered (`datamap.signals.task_answered`)."""
    kind, _colon, case_id = task.reference.partition(":")
    if kind == "case":
        resume(HandoverFile.objects.filter(handover__case_id=case_id), at=at, task=BUILD)


def remove_expired_files(*, at: datetime) -> int:
    """Delete the files whose link's time is over; return how many.

    What the controller has confirmed is never built again: its identifiers go too.
    """
    expired = HandoverFile.objects.select_related("handover", "blob").filter(
        handover__link__expires_at__lte=at, blob__isnull=False
    )
    removed = 0
    for file in expired:
        with transaction.atomic():
            if file.blob is not None:
                delete_blob(file.blob)
            if file.handover.state == Telling.ACKNOWLEDGED:
                HandoverFile.objects.filter(pk=file.pk).update(sealed_keys=[])
            _record("file_expired", file, by=_WORKER, at=at)
        removed += 1
    return removed


def count_fetch(*, file: HandoverFile, at: datetime) -> None:
    """Note that the controller has fetched the file."""
    with transaction.atomic():
        _record("file_fetched", file, by=Actor.system("outside link"), at=at)


def _give_back(file: HandoverFile, *, code: str, text: str, at: datetime) -> None:
    retry_at = at + backoff(file.attempts) if file.attempts < MAX_ATTEMPTS else None
    try:
        with transaction.atomic():
            fail(file, at=at, code=code, text=text, retry_at=retry_at)
            _record("file_failed", file, by=_WORKER, at=at)
    except LeaseLost:
        logger.info("handover file %s is in other hands now", file.pk)


def _build(file: HandoverFile, *, clock: Clock) -> None:
    handover = Handover.objects.select_related("case", "forwarded_case", "map_version").get(
        pk=file.handover_id
    )

    def beat() -> None:
        extend_lease(file, at=clock(), lease=LEASE)

    keys = _keys(file, handover, beat)
    blob = _fresh_blob(file, at=clock())
    writer = BlobWriter(blob)
    with SequentialWriter(writer) as out:
        rows = _write(cast("IO[bytes]", out), handover, keys, at=clock(), beat=beat)
    _finish(file, handover, writer, rows=rows, at=clock())


def _keys(file: HandoverFile, handover: Handover, beat: Beat) -> SubjectKeys:
    """Return what to search with, identified anew where the search was forgotten; kept sealed."""
    keys = SubjectKeys.from_json(file.sealed_keys)
    if not keys:
        known = identify(handover.case, map_of(handover.map_version.hash), beat=beat)
        keys = keys_from(one.as_json() for one in known)
        file.sealed_keys = keys.as_json()
        HandoverFile.objects.filter(pk=file.pk, lease_token=file.lease_token).update(
            sealed_keys=file.sealed_keys
        )
    return keys


def _fresh_blob(file: HandoverFile, *, at: datetime) -> Blob:
    """Throw away what an interrupted worker wrote and begin again."""
    with transaction.atomic():
        extend_lease(file, at=at, lease=LEASE)
        if file.blob is not None:
            delete_blob(file.blob)
        blob = create_blob(kind="handover", at=at)
        HandoverFile.objects.filter(pk=file.pk).update(blob=blob)
        file.blob = blob
    return blob


def _write(
    out: IO[bytes], handover: Handover, keys: SubjectKeys, *, at: datetime, beat: Beat
) -> int:
    """Write the ZIP; return how many rows it holds."""
    data_map = map_of(handover.map_version.hash)
    by_resource: dict[str, list[str]] = {}
    for resource_id, table_name, _rows in handover.held:
        by_resource.setdefault(resource_id, []).append(table_name)
    described = []
    with zipfile.ZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for resource_id, names in by_resource.items():
            resource = data_map.resource(resource_id)
            connector = connector_for(resource, reference=case_reference(handover.case_id))
            beat()
            with connector.snapshot() as reader:
                for name in names:
                    table = resource.table(name)
                    path = f"data/{resource.id}-{name.replace('.', '-')}.jsonl"
                    with archive.open(path, "w", force_zip64=True) as entry:
                        rows = _write_table(
                            entry, reader, table, keys, handover, data_map, beat=beat
                        )
                    described.append(_described(resource, table, path, rows))
        archive.writestr("request.json", _request(handover, described, data_map, at=at))
    return sum(cast("int", one["rows"]) for one in described)


def _write_table(
    entry: IO[bytes],
    reader: Reader,
    table: Table,
    keys: SubjectKeys,
    handover: Handover,
    data_map: DataMap,
    *,
    beat: Beat,
) -> int:
    """Stream the rows of one controller as JSON lines, one object a line."""
    written = 0
    with reader.extract(table, keys) as rows:
        for number, row in enumerate(rows, start=1):
            if number % _ROWS_A_BEAT == 0:
                beat()
            controller = controller_of(data_map, table, row.controller_key)
            if controller is not None and controller.id == handover.controller_id:
                entry.write(_encode(row.values).encode() + b"\n")
                written += 1
    return written


def _described(resource: Resource, table: Table, path: str, rows: int) -> dict[str, object]:
    return {
        "resource": resource.title.in_language("en"),
        "location": {"place": resource.location.place, "country": resource.location.country},
        "table": table.name,
        "name": table.title.in_language("en"),
        "columns": dict(columns_of(table, "en")),
        "file": path,
        "rows": rows,
    }


def _request(
    handover: Handover, described: list[dict[str, object]], data_map: DataMap, *, at: datetime
) -> bytes:
    case = handover.forwarded_case or handover.case
    zone = case.entity.tz
    controller = data_map.controller(handover.controller_id)
    document = {
        "format": FORMAT,
        "created_at": at.astimezone(zone).isoformat(),
        "request": {
            "reference": case.reference,
            "right": case.right,
            "article": ARTICLES[Right(case.right)],
            "language": case.language,
            "channel": case.channel,
            "choice": case.choice or None,
            "words": case.about or None,
            "dates": _dates(case),
        },
        **who_asks(case),
        "controller": {"name": controller.name, "contact": controller.contact_email},
        "processor": {
            "name": case.entity.legal_name,
            "address": case.entity.address,
            "contact": settings.DPO_EMAIL,
        },
        "tables": described,
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _dates(case: Case) -> dict[str, str | None]:
    return {
        "received_at": _iso(case.received_at, case),
        "received_on": case.received_on.isoformat(),
        "one_month_ends_on": case.safe_on.isoformat(),
        "last_day_by_law": case.statutory_on.isoformat(),
        "forwarded_at": _iso(case.forwarded_at, case),
    }


def _iso(moment: datetime | None, case: Case) -> str | None:
    return moment.astimezone(case.entity.tz).isoformat() if moment else None


def _finish(
    file: HandoverFile, handover: Handover, writer: BlobWriter, *, rows: int, at: datetime
) -> None:
    with transaction.atomic():
        also = {"size": writer.size, "sha256": writer.sha256, "rows": rows}
        finish(file, at=at, also=also)
        record_on_case(
            "handover.file_ready",
            by=_WORKER,
            at=at,
            case_id=handover.case_id,
            data={"controller": handover.controller_id, "rows": rows},
        )
        if State(handover.case.state) is State.FORWARDED:  # nothing of it is ours to work on
            forget_findings(handover.case, by=_WORKER, at=at)


def _record(what: str, file: HandoverFile, *, by: Actor, at: datetime) -> None:
    handover = file.handover
    record_on_case(
        f"handover.{what}",
        by=by,
        at=at,
        case_id=handover.case_id,
        data={"controller": handover.controller_id},
    )
