"""Taking an uploaded file: checked by what it is, then sealed chunk by chunk."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from lib.blobs import Blob, BlobWriter, create_blob
from requests_portal.domain.files import (
    LOOKED_AT,
    FileEmpty,
    FileKind,
    FileTooLarge,
    check_kind,
    clean_name,
    recognise,
)

if TYPE_CHECKING:
    from django.core.files import File

_MEGABYTE = 1024 * 1024
SCANS = frozenset({FileKind.PDF, FileKind.JPEG, FileKind.PNG})
ATTACHMENTS = SCANS | {FileKind.TEXT}


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """An upload that is taken: what it is called, what it is, how many bytes."""

    name: str
    kind: FileKind
    size: int


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file as it is kept, sealed."""

    checked: CheckedFile
    blob: Blob
    sha256: str


def check_upload(
    upload: "File[bytes]", *, accepted: Iterable[FileKind], most_megabytes: int
) -> CheckedFile:
    """Look at an upload without reading all of it.

    Raises FileEmpty, FileTooLarge, FileNameLies, FileNotAccepted.
    """
    size = upload.size or 0
    if not size:
        raise FileEmpty("The file is empty.")
    if size > most_megabytes * _MEGABYTE:
        raise FileTooLarge(f"The file is larger than {most_megabytes} MB.")
    upload.seek(0)
    head = upload.read(LOOKED_AT)
    upload.seek(max(0, size - LOOKED_AT))
    tail = upload.read(LOOKED_AT)
    upload.seek(0)
    name = clean_name(upload.name or "")
    kind = check_kind(name=name, kind=recognise(head, tail), accepted=frozenset(accepted))
    return CheckedFile(name=name, kind=kind, size=size)


def store_upload(
    upload: "File[bytes]", checked: CheckedFile, *, blob_kind: str, at: datetime
) -> StoredFile:
    """Seal a checked upload; memory does not grow with its size."""
    digest = hashlib.sha256()
    with transaction.atomic():
        blob = create_blob(kind=blob_kind, at=at)
        writer = BlobWriter(blob)
        for chunk in upload.chunks():
            digest.update(chunk)
            writer.write(chunk)
        writer.close()
    return StoredFile(checked=checked, blob=blob, sha256=digest.hexdigest())
