"""Delivery over real SMTP, with everything that can go wrong between a row and a mailbox."""

import logging
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Thread

import pytest
from django.db import connection
from django.db.models import F

from lib.units import backoff, claim_next
from outbox.models import Message
from outbox.services import LEASE, MAX_ATTEMPTS, deliver_due
from outbox.tasks import deliver_due as deliver_due_task
from tests.outbox.conftest import Mailbox
from tests.outbox.factories import AT, make_message

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def deliver(*, at: datetime = AT, limit: int = 10) -> int:
    return deliver_due(clock=lambda: at, limit=limit)


def outcome(message: Message) -> tuple[str, int, str, datetime | None]:
    message.refresh_from_db()
    return message.status, message.attempts, message.error_code, message.not_before


def test_deliver_due_sends_both_texts_with_the_agreed_headers(mailbox: Mailbox) -> None:
    message = make_message(
        subject="Zażółć gęślą jaźń — āčē", text="Õhtu!\n.\nLõpp", html="<p>Õ</p>"
    )

    assert deliver(at=AT + SECOND) == 1

    (mail,) = mailbox.received
    assert mail["Subject"] == "Zażółć gęślą jaźń — āčē"
    assert (mail["To"], mail["From"]) == (
        "kadri@example.ee",
        "Apifonica Privacy <dpo@apifonica.test>",
    )
    assert mail["Message-ID"] == message.message_id
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "et")
    assert parsedate_to_datetime(mail["Date"]) == AT
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert text.get_content().splitlines() == ["Õhtu!", ".", "Lõpp"]
    assert html.get_content_type() == "text/html"
    assert html.get_content().strip() == "<p>Õ</p>"
    assert outcome(message) == ("done", 1, "", AT)
    assert message.sent_at == message.finished_at == AT + SECOND


def test_deliver_due_without_html_sends_plain_text(mailbox: Mailbox) -> None:
    make_message(html="")

    deliver()

    assert mailbox.received[0].get_content_type() == "text/plain"


def test_deliver_due_sends_each_once_and_leaves_the_early(mailbox: Mailbox) -> None:
    for _ in range(3):
        make_message()
    early = make_message(not_before=AT + SECOND)

    assert deliver() == 3
    assert deliver() == 0

    assert len({mail["Message-ID"] for mail in mailbox.received}) == 3
    assert outcome(early) == ("queued", 0, "", AT + SECOND)


def test_deliver_due_stops_at_its_limit_without_taking_more(mailbox: Mailbox) -> None:
    for _ in range(3):
        make_message()

    assert deliver(limit=2) == 2

    assert Message.objects.filter(status="queued", attempts=0).count() == 1


def test_nothing_due_opens_no_connection(mail_port: int) -> None:
    assert deliver() == 0


def test_temporary_refusal_is_retried_with_back_off(mailbox: Mailbox) -> None:
    mailbox.rcpt["kadri@example.ee"] = "451 try later, kadri@example.ee"
    message, other = make_message(), make_message(to="mari@example.ee")

    assert deliver() == 1
    assert outcome(other)[0] == "done"
    first = AT + backoff(1)
    assert outcome(message) == ("queued", 1, "smtp_451", first)
    assert "kadri" not in message.error_text
    assert deliver(at=first - SECOND) == 0
    assert deliver(at=first) == 0
    second = first + backoff(2)
    assert outcome(message) == ("queued", 2, "smtp_451", second)

    mailbox.rcpt.clear()
    assert deliver(at=second) == 1
    assert outcome(message) == ("done", 3, "", second)


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_permanent_refusal_fails_at_once_and_stays_visible(mailbox: Mailbox, where: str) -> None:
    if where == "rcpt":
        mailbox.rcpt["kadri@example.ee"] = "550 no such user kadri@example.ee"
    else:
        mailbox.data_reply = "550 kadri@example.ee does not want this"
    message = make_message()

    assert deliver() == 0

    assert outcome(message) == ("failed", 1, "smtp_550", None)
    assert message.error_text == "The recipient's mail server refused the message for good."
    assert deliver(at=AT + timedelta(days=30)) == 0


def test_attempts_end_after_three_days(mailbox: Mailbox) -> None:
    mailbox.rcpt["kadri@example.ee"] = "451 later"
    message = make_message(attempts=MAX_ATTEMPTS - 1)

    deliver()

    assert outcome(message) == ("failed", MAX_ATTEMPTS, "smtp_451", None)
    pauses = sum((backoff(attempt) for attempt in range(1, MAX_ATTEMPTS)), timedelta())
    assert timedelta(days=3) <= pauses < timedelta(days=3, hours=4)


def test_server_down_postpones_one_and_spares_the_rest(
    mail_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = make_message(not_before=AT - SECOND), make_message()

    with caplog.at_level(logging.WARNING, "outbox.services"):
        assert deliver() == 0

    assert outcome(first) == ("queued", 1, "unreachable", AT + backoff(1))
    assert outcome(second) == ("queued", 0, "", AT)
    assert [record.getMessage() for record in caplog.records] == [
        f"Message {first.pk} was not delivered: unreachable"
    ]


def test_server_that_closes_ends_the_run(mailbox: Mailbox) -> None:
    mailbox.data_reply = "421 closing"
    first, second = make_message(not_before=AT - SECOND), make_message()

    assert deliver() == 0

    assert outcome(first) == ("queued", 1, "smtp_421", AT + backoff(1))
    assert outcome(second) == ("queued", 0, "", AT)


def test_server_that_will_not_talk_to_us_is_tried_again(mail_port: int) -> None:
    """A 5xx greeting is about us, not about the message: no reason to give the message up."""
    message = make_message()

    def refuse(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"554 go away\r\n")
            peer.recv(1)

    with socket.create_server(("127.0.0.1", mail_port)) as server:
        thread = Thread(target=refuse, args=(server,))
        thread.start()
        assert deliver() == 0
        thread.join()

    assert outcome(message) == ("queued", 1, "smtp_554", AT + backoff(1))


class Killed(BaseException):
    """The worker's last breath."""


def test_worker_killed_between_send_and_mark_sends_the_same_message_again(
    mailbox: Mailbox,
) -> None:
    message = make_message()
    readings = iter([AT])

    def clock() -> datetime:
        try:
            return next(readings)  # the claim reads it; the mark would be the second to
        except StopIteration:
            raise Killed from None

    with pytest.raises(Killed):
        deliver_due(clock=clock, limit=10)
    assert outcome(message)[0] == "running"
    assert deliver(at=AT + LEASE) == 0
    assert deliver(at=AT + LEASE + SECOND) == 1

    assert [mail["Message-ID"] for mail in mailbox.received] == [message.message_id] * 2
    assert outcome(message) == ("done", 2, "", AT)


@pytest.mark.django_db(transaction=True)
def test_delivery_slower_than_its_lease_leaves_the_row_to_the_next(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    message, other = make_message(not_before=AT - SECOND), make_message(to="mari@example.ee")

    def take_over() -> None:
        mailbox.on_data = None
        claim_next(Message.objects.all(), at=AT + LEASE + SECOND, lease=LEASE)
        connection.close()

    mailbox.on_data = take_over
    with caplog.at_level(logging.WARNING, "outbox.services"):
        assert deliver() == 1

    assert outcome(message)[:2] == ("running", 2)
    assert outcome(other)[0] == "done"
    ours = [record for record in caplog.records if record.name == "outbox.services"]
    assert [record.getMessage() for record in ours] == [
        f"Message {message.pk} took longer than its lease"
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows.update(subject=F("to")),  # a token that was moved does not open
        lambda rows: rows.update(subject="Tere\nBcc: mari@example.ee"),  # past queue_mail
    ],
)
def test_message_that_cannot_be_sent_blocks_no_other(
    mailbox: Mailbox, spoil: Callable[[object], None]
) -> None:
    spoilt, good = make_message(not_before=AT - SECOND), make_message()
    spoil(Message.objects.filter(pk=spoilt.pk))

    assert deliver() == 1

    row = Message.objects.defer("subject").get(pk=spoilt.pk)
    assert (row.status, row.error_code) == ("failed", "unsendable")
    assert [mail["Message-ID"] for mail in mailbox.received] == [good.message_id]


def test_task_delivers_by_the_real_clock(mailbox: Mailbox) -> None:
    message = make_message(not_before=None)

    deliver_due_task()

    assert outcome(message)[0] == "done"
    assert len(mailbox.received) == 1
