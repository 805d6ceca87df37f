"""Reading the messages which the demonstration's mail server put into a folder as .eml files.

Safety principle: a file is opened only under a name that the folder's own listing gave.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

NEWEST = 500
_POLICY = policy.default
# What the standard library raises on headers, dates and charsets that nobody should send.
_TROUBLE = (ValueError, TypeError, AttributeError, LookupError, OverflowError, MessageError)


class BadMail(Exception):
    """The file holds no message that can be read."""


class NoSuchMail(LookupError):
    """The folder lists no message of that name."""


@dataclass(frozen=True)
class Envelope:
    """One line of the mailbox."""

    name: str
    to: str
    recipients: tuple[str, ...]
    subject: str
    sent_at: datetime


@dataclass(frozen=True)
class Mail:
    """A whole message; `html` is empty where there is no such part."""

    envelope: Envelope
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listing:
    """The newest messages first; how many files could not be read, and how many are older."""

    envelopes: tuple[Envelope, ...]
    unreadable: int
    older: int


def list_mail(folder: Path, *, recipient: str = "") -> Listing:
    """List the newest messages, those to `recipient` (any part of the address) where given."""
    files = _files(folder)
    envelopes, unreadable = [], 0
    for file in files[:NEWEST]:
        try:
            envelopes.append(_envelope(file, _parse(file, headers_only=True)))
        except BadMail:
            unreadable += 1
    wanted = recipient.strip().lower()
    shown = (one for one in envelopes if any(wanted in address for address in one.recipients))
    return Listing(
        envelopes=tuple(shown if wanted else envelopes),
        unreadable=unreadable,
        older=max(0, len(files) - NEWEST),
    )


def read_mail(folder: Path, name: str) -> Mail:
    """Read one message; raises NoSuchMail for a name not listed, BadMail for one unreadable."""
    for file in _files(folder):
        if file.stem == name:
            message = _parse(file)
            return Mail(
                envelope=_envelope(file, message),
                text=_body(message, "plain"),
                html=_body(message, "html"),
                headers=_headers(message),
            )
    raise NoSuchMail(name)


def _files(folder: Path) -> list[Path]:
    return [file for _, _, file in sorted(_dated_files(folder), reverse=True)]


def _dated_files(folder: Path) -> Iterator[tuple[int, str, Path]]:
    if not folder.is_dir():
        return
    for file in folder.iterdir():
        # A hidden file is one that is still being written; a link may lead anywhere.
        if file.suffix == ".eml" and file.name[0] != "." and not file.is_symlink():
            with suppress(FileNotFoundError):  # removed since it was listed
                yield file.stat().st_mtime_ns, file.name, file


def _parse(file: Path, *, headers_only: bool = False) -> EmailMessage:
    try:
        with file.open("rb") as stream:
            parsed = BytesParser(policy=_POLICY).parse(stream, headersonly=headers_only)
    except (OSError, *_TROUBLE) as error:
        raise BadMail(file.name) from error
    return parsed


def _envelope(file: Path, message: EmailMessage) -> Envelope:
    try:
        to, subject = str(message.get("To", "")), str(message.get("Subject", ""))
        recipients = tuple(address.lower() for _, address in getaddresses([to]) if address)
    except _TROUBLE as error:
        raise BadMail(file.name) from error
    if not recipients:
        raise BadMail(file.name)
    return Envelope(file.stem, to, recipients, subject, _sent_at(file, message))


def _sent_at(file: Path, message: EmailMessage) -> datetime:
    try:
        sent_at = parsedate_to_datetime(str(message["Date"]))
    except _TROUBLE:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)


def _headers(message: EmailMessage) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((key, str(value)) for key, value in message.items())
    except _TROUBLE:
        return tuple((key, str(value)) for key, value in message.raw_items())


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except _TROUBLE as error:
        raise BadMail(kind) from error
