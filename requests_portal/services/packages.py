"""Packages: built by a worker as one stream, kept for some days, then removed.

Safety: the case counts as answered only in the transaction that also holds the finished package
and the mail to the person. A worker may die at any instruction; the next begins a fresh file.
"""

import logging
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO, cast

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Least
from django.utils import timezone, translation

from audit.domain.actor import Actor
from lib.blobs import Blob, BlobNotWritable, BlobWriter, SequentialWriter, create_blob, delete_blob
from lib.faults import log_fault
from lib.units import LeaseLost, backoff, claim_next, extend_lease, fail, finish, requeue
from lib.wakeups import wake
from requests_portal.domain.letters import LetterKind, require_parts
from requests_portal.domain.lifecycle import Event, State
from requests_portal.models import Case, Decision, Package
from requests_portal.services.forgetting import forget_findings
from requests_portal.services.letters import answer_letter, keep_letter, preview_pdf
from requests_portal.services.mails import send_answer_ready
from requests_portal.services.moves import move
from requests_portal.services.package_content import PackageContent, content_of
from requests_portal.services.package_files import (
    SCHEMA,
    Tick,
    csv_name,
    table_key,
    write_csv,
    write_data_json,
)
from requests_portal.services.package_page import render_readable
from requests_portal.services.porting_letter import porting_letter
from requests_portal.services.porting_mails import send_package_waits
from requests_portal.services.trail import record_on_case

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 8
PACKAGE_LIFETIME = timedelta(days=14)
_BUILD = "requests_portal.tasks.build_packages"
_WORKER = Actor.system("packages")


def build_next(*, clock: Clock) -> bool:
    """Build one package that is due; False when there was nothing to do."""
    package = claim_next(Package.objects.all(), at=clock(), lease=LEASE)
    if package is None:
        return False
    try:
        if package.attempts > MAX_ATTEMPTS:  # its worker died every time, so nobody gave it back
            _give_back(package, code="interrupted", at=clock())
        else:
            _build(package, clock=clock)
    except (LeaseLost, BlobNotWritable):
        logger.info("package %s is in other hands now", package.pk)
    except Exception as error:  # noqa: BLE001 (whatever it was, the package must not be lost)
        log_fault(logger, f"package {package.pk}", error)
        _give_back(package, code="internal", at=clock())
    return True


def _give_back(package: Package, *, code: str, at: datetime) -> None:
    retry_at = at + backoff(package.attempts) if package.attempts < MAX_ATTEMPTS else None
    with transaction.atomic():
        fail(package, at=at, code=code, text="", retry_at=retry_at)
        record_on_case(
            "package.failed",
            by=_WORKER,
            at=at,
            case_id=package.case_id,
            data={"attempt": package.attempts},
        )


def retry_package(*, package: Package, by: Actor, at: datetime) -> None:
    """Order another try of a failed package now."""
    with transaction.atomic():
        requeue(package, at=at)
        record_on_case(
            "package.requeued",
            by=by,
            at=at,
            case_id=package.case_id,
        )
        wake(_BUILD)


def _build(package: Package, *, clock: Clock) -> None:
    case = Case.objects.get(id=package.case_id)
    decision = Decision.objects.select_related("decided_by").get(case=case, is_superseded=False)
    if State(case.state) is State.DECIDED:
        with transaction.atomic():
            move(case=case, event=Event.FULFIL, by=_WORKER, at=clock())
    blob = _fresh_blob(package, at=clock())

    def tick(rows: int) -> None:
        extend_lease(package, at=clock(), lease=LEASE)
        Package.objects.filter(pk=package.pk).update(
            rows_done=Least(F("rows_done") + rows, F("rows_total"))
        )

    with translation.override(case.language), timezone.override(case.entity.tz):
        content = content_of(case, decision=decision, at=clock())
        letter = _letter(content, at=clock())
        writer = BlobWriter(blob)
        with SequentialWriter(writer) as out:
            _write_zip(cast("IO[bytes]", out), content, letter=letter, tick=tick)
    _finish(package, case, writer, letter=letter, at=clock())


def _letter(content: PackageContent, *, at: datetime) -> bytes | None:
    """Print the letter of the answer; what goes to another company has none, see `handing_over`."""
    if content.is_for_another:
        return None
    if not content.is_porting:
        return answer_letter(content, at=at)
    draft = porting_letter(content)
    require_parts(draft)
    return preview_pdf(case=content.case, draft=draft, by=content.decision.decided_by, at=at)


def _fresh_blob(package: Package, *, at: datetime) -> Blob:
    """Throw away what an interrupted worker wrote and begin again."""
    with transaction.atomic():
        extend_lease(package, at=at, lease=LEASE)
        if package.blob is not None:
            delete_blob(package.blob)
        blob = create_blob(kind="package", at=at)
        Package.objects.filter(pk=package.pk).update(blob=blob, rows_done=0)
        package.blob = blob
    return blob


def _write_zip(
    out: IO[bytes], content: PackageContent, *, letter: bytes | None, tick: Tick
) -> None:
    files = {
        table_key(resource, table): csv_name(resource, table)
        for resource in content.resources
        for table in resource.tables
    }
    with zipfile.ZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", render_readable(content))
        if letter is not None:
            archive.writestr("letter.pdf", letter, compress_type=zipfile.ZIP_STORED)
        archive.writestr("data.schema.json", SCHEMA.read_bytes())
        with archive.open("data.json", "w", force_zip64=True) as entry:
            write_data_json(entry, content, tick=tick)
        for resource in content.resources:
            for table in resource.tables:
                name = files[table_key(resource, table)]
                with archive.open(name, "w", force_zip64=True) as entry:
                    write_csv(entry, table, tick=tick)


def _finish(
    package: Package, case: Case, writer: BlobWriter, *, letter: bytes | None, at: datetime
) -> None:
    with transaction.atomic():
        finish(
            package,
            at=at,
            also={
                "size": writer.size,
                "sha256": writer.sha256,
                "expires_at": at + PACKAGE_LIFETIME,
                "rows_done": package.rows_total,
            },
        )
        if letter is None:  # it is answered when it has been handed over
            record_on_case("package.waits", by=_WORKER, at=at, case_id=case.id)
            send_package_waits(case=case, at=at)
            return
        case.refresh_from_db()
        move(case=case, event=Event.ANSWER, by=_WORKER, at=at)
        mail = send_answer_ready(case=case, package=package, at=at)
        keep_letter(case=case, kind=LetterKind.ANSWER, pdf=letter, message=mail, at=at)


def count_download(*, package: Package, at: datetime) -> None:
    """Count a download; the first one closes the case."""
    by = Actor.person()
    with transaction.atomic():
        Package.objects.filter(pk=package.pk).update(
            download_count=F("download_count") + 1,
            first_downloaded_at=Coalesce(F("first_downloaded_at"), at),
        )
        record_on_case(
            "package.downloaded",
            by=by,
            at=at,
            case_id=package.case_id,
        )
        case = Case.objects.select_for_update(no_key=True).get(id=package.case_id)
        if State(case.state) is State.ANSWERED:
            move(case=case, event=Event.CLOSE, by=by, at=at)


def remove_expired_packages(*, at: datetime) -> int:
    """Delete the files of packages whose time is over and close their cases; return how many.

    The copies that were collected for them go too: what was found is in the sources.
    """
    expired = (
        Package.objects.select_related("case", "blob")
        .filter(expires_at__lte=at, blob__isnull=False)
        .exclude(case__state=State.FULFILLING)  # waits to be handed over
    )
    removed = 0
    for package in expired:
        with transaction.atomic():
            if package.blob is not None:
                delete_blob(package.blob)
            forget_findings(package.case, by=_WORKER, at=at)
            record_on_case(
                "package.expired",
                by=_WORKER,
                at=at,
                case_id=package.case_id,
            )
            if State(package.case.state) is State.ANSWERED:
                move(case=package.case, event=Event.CLOSE, by=_WORKER, at=at)
        removed += 1
    return removed
