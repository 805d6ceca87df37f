"""Requests that reached the house by e-mail, letter or phone, entered by staff (Art. 12(3)).

The clock starts on the day the request came, not on the day somebody typed it in.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.domain.actor import Actor
from lib.blobs import Blob, delete_blob
from requests_portal.domain.intake import Intake
from requests_portal.models import Case, Entry
from requests_portal.services.cases import AlreadyFiled, receive_case
from requests_portal.services.files import CheckedFile, StoredFile, store_upload
from requests_portal.services.trail import record_on_case

if TYPE_CHECKING:
    from django.core.files import File

SCAN_MEGABYTES = 20


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A scan as it was uploaded, looked at already."""

    upload: "File[bytes]"
    checked: CheckedFile


def enter_request(
    *, intake: Intake, submission: UUID, scan: Scan | None, by: User, at: datetime
) -> Case:
    """Open a case for a request that came otherwise than by the portal.

    `submission` was made with the form. Raises AlreadyFiled when it was sent before, as by a
    second click; nothing is done twice then.
    """
    if case_entered(submission) is not None:
        raise AlreadyFiled
    try:
        with transaction.atomic():
            case = receive_case(intake=intake, by=Actor.staff(by.pk), at=at)
            stored = _stored(scan, at=at)
            Entry.objects.create(
                case=case,
                submission=submission,
                entered_by=by,
                entered_at=at,
                scan=stored.blob if stored else None,
                scan_name=stored.checked.name if stored else "",
                scan_kind=stored.checked.kind.value if stored else "",
            )
    except IntegrityError as error:
        if "submission" in str(error):  # two at the same moment
            raise AlreadyFiled from error
        raise
    return case


def case_entered(submission: UUID) -> Case | None:
    """Return the case that was made of a form."""
    return Case.objects.filter(entry__submission=submission).first()


def note_scan_viewed(*, case: Case, by: User, at: datetime) -> None:
    """Record a look at the scan."""
    with transaction.atomic():
        record_on_case("scan.viewed", by=Actor.staff(by.pk), at=at, case_id=case.id)


def remove_scan(*, instance: Entry, **_signal: object) -> None:
    """Delete the scan of an entry that is gone with its case (signal `post_delete`)."""
    if instance.scan_id is not None:
        delete_blob(Blob(pk=instance.scan_id))


def _stored(scan: Scan | None, *, at: datetime) -> StoredFile | None:
    if scan is None:
        return None
    return store_upload(scan.upload, scan.checked, blob_kind="scan", at=at)
