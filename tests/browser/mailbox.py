"""Reading what the running product sent over SMTP."""

import re
import time
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

_SECONDS = 60.0


@dataclass(frozen=True)
class Letter:
    """One mail: its language as declared, its text and HTML parts, its one-time link."""

    message: EmailMessage
    language: str
    text: str
    html: str
    link: str


@dataclass(frozen=True)
class Mailbox:
    """The folder into which the local mail server puts what it takes."""

    folder: Path

    def wait_for(self, reference: str, *, to: str, number: int = 1) -> Letter:
        """The `number`th mail on the case `reference` to that address; waits until it is there."""
        deadline = time.monotonic() + _SECONDS
        while len(found := self._on(reference, to)) < number:
            assert time.monotonic() < deadline, f"{len(found)} mails on {reference} to {to}"
            time.sleep(0.1)
        assert len(found) == number
        return _letter(found[-1])

    def _on(self, reference: str, to: str) -> list[EmailMessage]:
        mails = (
            BytesParser(policy=policy.default).parsebytes(file.read_bytes())
            for file in sorted(self.folder.glob("*.eml"))
        )
        return [mail for mail in mails if mail["To"] == to and reference in mail["Subject"]]


def _letter(mail: EmailMessage) -> Letter:
    text, html = _part(mail, "plain"), _part(mail, "html")
    links = set(re.findall(r"https?://\S+/link/[^/\s]+/", text))
    assert len(links) == 1, text
    link = links.pop()
    assert link in html
    return Letter(mail, mail["Content-Language"], text, html, link)


def _part(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    assert part is not None
    content: str = part.get_content()
    return content
