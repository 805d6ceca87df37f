"""A real SMTP server whose answers a test can choose."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django.fixtures import Settings

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@dataclass
class Mailbox:
    """`rcpt` answers for a recipient; `on_data` runs once a message is received, before the 250."""

    received: list[EmailMessage] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data_reply: str = "250 OK"
    on_data: Callable[[], None] | None = None

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        reply = self.rcpt.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.data_reply.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.received.append(message_from_bytes(content, policy=policy.default))
        if self.on_data is not None:
            with ThreadPoolExecutor(1) as elsewhere:  # not in the server's event loop
                elsewhere.submit(self.on_data).result()
        return self.data_reply


@pytest.fixture
def mail_port(settings: Settings) -> int:
    """A port nobody listens on, to which the product's mail goes."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    settings.EMAIL_BACKEND = SMTP_BACKEND
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "Apifonica Privacy <dpo@apifonica.test>"
    return port


@pytest.fixture
def mailbox(mail_port: int) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=mail_port)
    controller.start()
    yield box
    controller.stop()
