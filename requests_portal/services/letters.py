"""Letters: composed from the case, frozen when they are sent, kept exactly as sent.

Safety: `send_letter` is the one door, and it refuses a letter that lacks a mandatory part. The
words are frozen in the transaction of what they tell; the PDF is made from these words alone.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from audit.domain.actor import Actor
from lib.blobs import Blob, BlobWriter, create_blob
from lib.entities import entity
from lib.faults import log_fault
from lib.pdf import render_pdf
from lib.wakeups import wake
from outbox.models import Message
from requests_portal.domain.letters import LetterDraft, LetterKind, Passage, require_parts
from requests_portal.models import Case, Letter
from requests_portal.queries import representative_of
from requests_portal.services.clock import date_lines
from requests_portal.services.mails import send_letter_mail
from requests_portal.services.package_content import PackageContent
from requests_portal.services.trail import record_on_case
from requests_portal.texts.rights import RIGHTS_REMINDER

logger = logging.getLogger(__name__)


def send_letter(
    *,
    case: Case,
    draft: LetterDraft,
    by: User | None,
    at: datetime,
    message: Message | None = None,
    to_name: str = "",
) -> Letter:
    """Freeze a letter and announce it by mail. Call it inside the transaction of what it tells.

    `draft` is in the case's language. `by` signs it; nobody does for an acknowledgement.
    `message` is a mail that announces it already; without one the person gets a mail that says
    that a letter waits. `to_name` is somebody else than the person, with `message` required.
    Raises PartsMissing; nothing is sent then.
    """
    require_parts(draft)
    to_name = to_name or draft.to_name
    actor = Actor.staff(by.pk) if by else Actor.system("letters")
    with transaction.atomic():
        letter = Letter.objects.create(
            case=case,
            kind=draft.kind.value,
            language=draft.language or case.language,
            title=draft.title,
            content=frozen(case=case, draft=draft, by=by, at=at, to_name=to_name),
            to_name=to_name,
            is_to_person=not to_name,
            message=message or send_letter_mail(case=case, kind=draft.kind, at=at),
            created_at=at,
        )
        _record_sent(draft.kind, case=case, by=actor, at=at)
        wake("requests_portal.tasks.print_letters")
    return letter


def frozen(
    *, case: Case, draft: LetterDraft, by: User | None, at: datetime, to_name: str = ""
) -> dict[str, Any]:
    """Return all the words of a letter as JSON, in its language."""
    to_name = to_name or draft.to_name
    language = draft.language or case.language
    with translation.override(language), timezone.override(case.entity.tz):
        return {
            "title": str(draft.title),
            "subject": str(draft.subject),
            "to": [to_name] if to_name else case.addressee,
            "references": [
                [_("Date"), date_format(timezone.localdate(at))],
                [_("Reference"), case.reference],
                [_("Your request of"), date_format(case.received_on)]
                if not to_name
                else [_("Request of"), date_format(case.received_on)],
                *_on_behalf(case),
            ],
            "reference": case.reference,
            "entity": case.entity_code,
            "greeting": "" if to_name else _("Hello %(name)s,") % {"name": case.name},
            "passages": [
                {**asdict(one), "part": one.part.value, "text": str(one.text)}
                for one in draft.passages
                if not one.is_blank
            ],
            "signed": by.name if by else "",
        }


def _on_behalf(case: Case) -> list[list[str]]:
    """Name the person somebody speaks for, beside the dates of a letter."""
    spoken_for = representative_of(case)
    return [[_("On behalf of"), spoken_for.person_name]] if spoken_for else []


def preview_pdf(*, case: Case, draft: LetterDraft, by: User, at: datetime, to: str = "") -> bytes:
    """Return the PDF of a letter that is not sent, as it would be sent now."""
    content = frozen(case=case, draft=draft, by=by, at=at, to_name=to)
    return _printed(content, language=draft.language or case.language)


def print_words(*, case: Case, title: str, passages: Sequence[Passage], at: datetime) -> bytes:
    """Return words to the person as a letter in PDF that nobody signs, in the case's language."""
    draft = LetterDraft(kind=LetterKind.CLOSING, title=title, subject="", passages=tuple(passages))
    content = frozen(case=case, draft=draft, by=None, at=at)
    return _printed(content, language=case.language)


def _printed(content: dict[str, Any], *, language: str) -> bytes:
    with translation.override(language):
        html = render_to_string(
            "requests_portal/letters/letter.html",
            {
                "letter": content,
                "language": language,
                "entity": entity(content["entity"]),
                "dpo_email": settings.DPO_EMAIL,
            },
        )
    return render_pdf(html)


def letter_pdf(letter: Letter) -> Blob:
    """Return the PDF of a sent letter; it is made from the frozen words when first needed."""
    with transaction.atomic():
        locked = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
        if locked.blob is None:
            pdf = _printed(locked.content, language=locked.language)
            locked.blob = _stored(pdf, at=locked.created_at)
            locked.save(update_fields=["blob"])
        return locked.blob


def print_waiting() -> int:
    """Make the PDFs of letters that were sent and not printed yet; return how many."""
    printed = 0
    for pk in list(Letter.objects.filter(blob__isnull=True).values_list("pk", flat=True)):
        try:
            letter_pdf(Letter.objects.get(pk=pk))
        except Exception as error:  # noqa: BLE001 (one that fails must not keep the others back)
            log_fault(logger, f"letter {pk}", error)
        else:
            printed += 1
    return printed


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
            "representative": representative_of(content.case),
        },
    )
    return render_pdf(html)


def keep_letter(
    *, case: Case, kind: LetterKind, pdf: bytes, message: Message, at: datetime
) -> Letter:
    """Store a letter that was printed already, as it goes out with `message`."""
    with transaction.atomic():
        _record_sent(kind, case=case, by=Actor.system("packages"), at=at)
        return Letter.objects.create(
            case=case,
            kind=kind.value,
            language=case.language,
            blob=_stored(pdf, at=at),
            message=message,
            created_at=at,
        )


def _record_sent(kind: LetterKind, *, case: Case, by: Actor, at: datetime) -> None:
    record_on_case("letter.sent", by=by, at=at, case_id=case.id, data={"kind": kind.value})


def _stored(pdf: bytes, *, at: datetime) -> Blob:
    blob = create_blob(kind="letter", at=at)
    writer = BlobWriter(blob)
    writer.write(pdf)
    writer.close()
    return blob
