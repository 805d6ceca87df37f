"""Taking the files that come with a message, or as proof: looked at first, all or none kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from lib.blobs import Blob
from requests_portal.domain.attachments import MOST_FILES, MOST_MEGABYTES
from requests_portal.domain.files import FileRefused
from requests_portal.services.files import ATTACHMENTS, CheckedFile, check_upload, store_upload

if TYPE_CHECKING:
    from django.core.files import File


class TooManyFiles(FileRefused):
    """More files at once than are taken."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that was looked at and not kept yet."""

    file: "File[bytes]"
    checked: CheckedFile


class Kept(TypedDict):
    """The fields of the row that holds a kept file."""

    name: str
    kind: str
    size: int
    sha256: str
    blob: Blob


def check_uploads(files: Sequence["File[bytes]"]) -> tuple[Upload, ...]:
    """Look at the files sent at once. Raises TooManyFiles, or what `check_upload` raises."""
    if len(files) > MOST_FILES:
        raise TooManyFiles(f"No more than {MOST_FILES} files can be sent at once.")
    return tuple(
        Upload(
            file=file,
            checked=check_upload(file, accepted=ATTACHMENTS, most_megabytes=MOST_MEGABYTES),
        )
        for file in files
    )


def keep(uploads: Iterable[Upload], *, blob_kind: str, at: datetime) -> list[Kept]:
    """Seal the files in the caller's transaction; return what to note of each."""
    kept: list[Kept] = []
    for upload in uploads:
        stored = store_upload(upload.file, upload.checked, blob_kind=blob_kind, at=at)
        kept.append(
            Kept(
                name=stored.checked.name,
                kind=stored.checked.kind.value,
                size=stored.checked.size,
                sha256=stored.sha256,
                blob=stored.blob,
            )
        )
    return kept
