"""Speaking SMTP: one message in, nothing or one of three refusals out.

The server's own words are dropped: they often repeat the address.
"""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import format_datetime

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from outbox.models import Message

_PERMANENT = range(500, 600)
_CLOSING = 421  # RFC 5321, 3.8: the server is about to close the connection


class DeliveryError(Exception):
    """`code` is for staff and machines: "smtp_550", "unreachable"."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class RefusedForGood(DeliveryError):
    """The server will not take this message, today or tomorrow (5xx)."""


class RefusedForNow(DeliveryError):
    """The server asks to try this message again later (4xx)."""


class ServerUnavailable(DeliveryError):
    """No server, no sign-in, or the connection broke: no message can go out now."""


@contextmanager
def session() -> Iterator[BaseEmailBackend]:
    """Give the configured connection for several messages: `send` opens it, this closes it."""
    connection = get_connection()
    try:
        yield connection
    finally:
        connection.close()


def send(message: Message, *, connection: BaseEmailBackend) -> None:
    """Hand one message to the server; raise a DeliveryError if it does not take it."""
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        raise _refusal(error, opening=True) from None
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.to],
        connection=connection,
        headers={
            "Message-ID": message.message_id,
            "Date": format_datetime(message.created_at),
            "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday replies, please
            "Content-Language": message.language,
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as error:
        raise _refusal(error, opening=False) from None


def _refusal(error: Exception, *, opening: bool) -> DeliveryError:
    reply = _reply_code(error)
    if reply is None:
        return ServerUnavailable("unreachable")
    code = f"smtp_{reply}"
    if opening or reply == _CLOSING:
        return ServerUnavailable(code)
    return RefusedForGood(code) if reply in _PERMANENT else RefusedForNow(code)


def _reply_code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((int(code) for code, _ in error.recipients.values()), None)
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else None
