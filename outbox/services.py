"""Queueing mail in the sender's transaction, and delivering what is queued.

SMTP gives at-least-once: a worker killed after the server took the message and before the row was
marked sends it again, and no protocol step could tell. The row's Message-ID, made once, makes that
harmless: mail servers and readers take the second copy for the same message.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

from lib.encryption import UnsealError
from lib.units import LeaseLost, backoff, claim_next, fail, finish
from lib.wakeups import wake
from outbox.connectors import smtp
from outbox.domain.headers import checked_address, checked_subject
from outbox.models import Message

logger = logging.getLogger(__name__)

#: Longer than one delivery can take: settings.EMAIL_TIMEOUT bounds each step of it.
LEASE = timedelta(minutes=5)
#: With `backoff`, the last attempt lies three days after the first.
MAX_ATTEMPTS = 27

_TEXTS = {
    smtp.RefusedForGood: "The recipient's mail server refused the message for good.",
    smtp.RefusedForNow: "The recipient's mail server asked to try again later.",
    smtp.ServerUnavailable: "The outgoing mail server could not be reached.",
}
_UNSENDABLE = "The message cannot be read or cannot be put into the form of a mail."
_SEALED = ("to", "subject", "text", "html")


class NotToBePosted(Exception):
    """The message is none for the post, or was posted already."""


def queue_mail(
    *,
    to: str,
    subject: str,
    text: str,
    html: str,
    language: str,
    reference: str,
    at: datetime,
) -> Message:
    """Write one message into the caller's transaction; a worker sends it after the commit.

    `reference` is opaque, "case:<uuid>:acknowledgement". `html` may be empty. Raises UnsafeHeader
    for anything but one plain address and a one-line subject.
    """
    message = Message.objects.create(
        to=checked_address(to),
        subject=checked_subject(subject),
        text=text,
        html=html,
        language=language,
        reference=reference,
        message_id=f"<{uuid.uuid4()}@{_own_domain()}>",
        created_at=at,
        not_before=at,
    )
    wake("outbox.tasks.deliver_due")
    return message


def queue_post(
    *, to: str, subject: str, text: str, language: str, reference: str, at: datetime
) -> Message:
    """Write what somebody has to print and post; `to` is a postal address of several lines."""
    return Message.objects.create(
        to=to,
        subject=subject,
        text=text,
        language=language,
        reference=reference,
        message_id=f"<{uuid.uuid4()}@{_own_domain()}>",
        by_post=True,
        created_at=at,
        not_before=at,
    )


def note_posted(message: Message, *, posted_at: datetime, at: datetime) -> None:
    """Note that a message left the house by post at `posted_at`; raise NotToBePosted."""
    waiting = Message.objects.filter(pk=message.pk, by_post=True).defer(*_SEALED)
    claimed = claim_next(waiting, at=at, lease=LEASE)
    if claimed is None:
        raise NotToBePosted
    finish(claimed, at=at, also={"sent_at": posted_at})


def deliver_due(*, clock: Callable[[], datetime], limit: int) -> int:
    """Send up to `limit` due messages over one connection; return how many the server took.

    Stops early when the server is unavailable: the other messages keep their attempts.
    """
    sent = 0
    with smtp.session() as connection:
        for _ in range(limit):
            message = _claim(clock())
            if message is None:
                break
            try:
                sent += _deliver(message, connection=connection, clock=clock)
            except LeaseLost:
                logger.warning("Message %s took longer than its lease", message.pk)
            except smtp.ServerUnavailable:
                break
    return sent


def _deliver(
    message: Message, *, connection: BaseEmailBackend, clock: Callable[[], datetime]
) -> bool:
    """Send one claimed message and settle its row; True if the server took it."""
    try:
        message.refresh_from_db(fields=_SEALED)
        smtp.send(message, connection=connection)
    except (UnsealError, ValueError):  # a lost key, or what no header can carry
        fail(message, at=clock(), code="unsendable", text=_UNSENDABLE, retry_at=None)
        return False
    except smtp.DeliveryError as error:
        _settle_failure(message, error, at=clock())
        if isinstance(error, smtp.ServerUnavailable):
            raise
        return False
    at = clock()
    finish(message, at=at, also={"sent_at": at})
    return True


def _settle_failure(message: Message, error: smtp.DeliveryError, *, at: datetime) -> None:
    final = isinstance(error, smtp.RefusedForGood) or message.attempts >= MAX_ATTEMPTS
    fail(
        message,
        at=at,
        code=error.code,
        text=_TEXTS[type(error)],
        retry_at=None if final else at + backoff(message.attempts),
    )
    logger.warning("Message %s was not delivered: %s", message.pk, error.code)


def _claim(at: datetime) -> Message | None:
    """Lease the next message without opening its seals: one that cannot be read blocks no other."""
    mails = Message.objects.filter(by_post=False).defer(*_SEALED)
    return claim_next(mails, at=at, lease=LEASE)


def _own_domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
