"""A certificate to hand out: the signed file itself, or a page to read with the file inside."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.template.loader import render_to_string

from audit.domain.actor import Actor
from audit.services import record
from lib.pdf import render_pdf
from retention.models import Certificate


class CertificateForm(StrEnum):
    """In which form a certificate is handed out."""

    PDF = "pdf"
    JSON = "json"


@dataclass(frozen=True, kw_only=True)
class CertificateFile:
    """A finished file under its name."""

    name: str
    content_type: str
    content: bytes


def certificate_file(
    *, certificate: Certificate, form: CertificateForm, by: Actor, at: datetime
) -> CertificateFile:
    """Return a certificate as a file, and note who took it.

    The PDF is in English and is not signed itself: the JSON is. Raises PdfError when the machine
    cannot make a PDF.
    """
    is_pdf = form is CertificateForm.PDF
    content = _pdf(certificate) if is_pdf else certificate.document.encode()
    with transaction.atomic():
        record(
            "purge_certificate.downloaded",
            by=by,
            at=at,
            object_kind="purge",
            object_id=str(certificate.run_id),
            data={"form": form.value},
        )
    return CertificateFile(
        name=f"purge-certificate-{certificate.run_id}.{form}",
        content_type="application/pdf" if is_pdf else "application/json",
        content=content,
    )


def _pdf(certificate: Certificate) -> bytes:
    signed = json.loads(certificate.document)
    context = {"of": signed["certificate"], "signature": signed["signature"]}
    return render_pdf(render_to_string("retention/letters/certificate.html", context))
