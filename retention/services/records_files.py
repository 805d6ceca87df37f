"""The record of processing as a file, to hand to an authority (GDPR Art. 30(4))."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from audit.domain.actor import Actor
from audit.services import record as record_event
from lib.pdf import render_pdf
from retention.services.records import Record, record_of_processing
from retention.services.records_sheets import workbook_of


class FileKind(StrEnum):
    """In which form the record is handed out."""

    PDF = "pdf"
    XLSX = "xlsx"


@dataclass(frozen=True, kw_only=True)
class RecordFile:
    """A finished file under its name."""

    name: str
    content_type: str
    content: bytes


def record_file(*, kind: FileKind, language: str, by: Actor, at: datetime) -> RecordFile:
    """Return the whole record in `language` (en, pl, et, lv), and note who took it.

    Raises NoMap without a map, PdfError when the machine cannot make a PDF.
    """
    with translation.override(language):
        record = record_of_processing(at=at)
        content = _WRITERS[kind](record)
    with transaction.atomic():
        record_event(
            "processing_record.downloaded",
            by=by,
            at=at,
            object_kind="map_version",
            object_id=record.version_hash,
            data={"kind": kind.value, "language": language},
        )
    name = f"records-of-processing-{at:%Y-%m-%d}-{record.version_hash[:12]}-{language}.{kind}"
    return RecordFile(name=name, content_type=_TYPES[kind], content=content)


def _pdf(record: Record) -> bytes:
    language = translation.get_language() or "en"
    context = {"record": record, "language": language}
    return render_pdf(render_to_string("retention/letters/records.html", context))


_WRITERS: dict[FileKind, Callable[[Record], bytes]] = {
    FileKind.PDF: _pdf,
    FileKind.XLSX: workbook_of,
}
_TYPES: dict[FileKind, str] = {
    FileKind.PDF: "application/pdf",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
