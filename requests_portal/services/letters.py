"""Letters: rendered from the case, kept exactly as sent."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from lib.blobs import BlobWriter, create_blob
from lib.pdf import render_pdf
from requests_portal.models import Case, Letter
from requests_portal.services.clock import date_lines
from requests_portal.services.package_content import PackageContent
from requests_portal.texts import RIGHTS_REMINDER

ANSWER = "answer"


def answer_letter(content: PackageContent, *, at: datetime) -> bytes:
    """Render the letter that answers an access request, as PDF/UA in the active language."""
    html = render_to_string(
        "requests_portal/letters/answer.html",
        {
            "content": content,
            "case": content.case,
            "entity": content.case.entity,
            "dates": date_lines(content.case),
            "rights": RIGHTS_REMINDER,
            "dpo_email": settings.DPO_EMAIL,
            "at": at,
        },
    )
    return render_pdf(html)


def keep_letter(*, case: Case, kind: str, pdf: bytes, at: datetime) -> Letter:
    """Store a letter as it goes out, once: a second of the same kind is refused by the database."""
    with transaction.atomic():
        blob = create_blob(kind="letter", at=at)
        writer = BlobWriter(blob)
        writer.write(pdf)
        writer.close()
        return Letter.objects.create(
            case=case, kind=kind, language=case.language, blob=blob, created_at=at
        )
