"""What goes to a person by post: printed at the desk, posted by hand, noted with its day.

The day on which a letter was posted is the day it was sent: what asks something keeps the clock
still from then on, and an extension is in force only if it was posted in time.
"""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from lib.blobs import Blob, open_blob
from outbox.models import Message
from outbox.queries import messages_for
from outbox.services import note_posted
from requests_portal.domain.letters import Part, Passage
from requests_portal.domain.received import ReceiptRefused, received_at
from requests_portal.models import Case, Letter, Package
from requests_portal.queries import answer_of
from requests_portal.services.letters import letter_pdf, print_words
from requests_portal.services.trail import record_on_case


class PostedTooEarly(ReceiptRefused):
    """Nothing can be posted before it was written."""


def paper_of(*, case: Case, message: Message) -> bytes:
    """Return what is to be printed, as PDF: the letter, or the words of a message without one."""
    letter = Letter.objects.filter(case=case, message=message, is_to_person=True).first()
    if letter is not None:
        return b"".join(open_blob(letter_pdf(letter)))
    passages = [Passage(part=Part.WORDS, text=words) for words in message.text.split("\n\n")]
    return print_words(case=case, title=message.subject, passages=passages, at=message.created_at)


def mark_posted(*, case: Case, message: Message, on: date, by: User, at: datetime) -> None:
    """Note on which local day of the company a letter was posted.

    Raises ReceivedInFuture, PostedTooEarly, and NotToBePosted when it was noted before.
    """
    zone = case.entity.tz
    posted_at = received_at(on=on, at=None, zone=zone, now=at)
    if on < message.created_at.astimezone(zone).date():
        raise PostedTooEarly("The letter was written later.")
    with transaction.atomic():
        note_posted(message, posted_at=max(posted_at, message.created_at), at=at)
        record_on_case(
            "letter.posted",
            by=Actor.staff(by.pk),
            at=at,
            case_id=case.id,
            data={"message": message.pk, "on": on.isoformat()},
        )


def message_of(case: Case, message_id: int) -> Message | None:
    """Return a message of a case that goes by post."""
    return messages_for(f"case:{case.id}:").filter(pk=message_id, by_post=True).first()


def package_to_post(case: Case, *, at: datetime) -> Package | None:
    """Return the files of an answer that go by post, while they are there."""
    return answer_of(case, at=at) if case.is_by_post else None


def take_package(*, case: Case, package: Package, by: User, at: datetime) -> Blob | None:
    """Hand the files to staff, who put them on a medium beside the letter; each time on record."""
    with transaction.atomic():
        record_on_case("package.taken", by=Actor.staff(by.pk), at=at, case_id=case.id)
    return package.blob
