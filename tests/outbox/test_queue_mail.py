import pytest
from django.db import connection, transaction
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from lib.encryption import unseal
from outbox.domain.headers import UnsafeHeader
from outbox.models import Message
from outbox.services import queue_mail
from tests.outbox.factories import AT

pytestmark = pytest.mark.django_db


def queued(**changes: str) -> Message:
    arguments = {
        "to": "kadri@example.ee",
        "subject": "Teie taotlus AP-7K3M-Q9XD",
        "text": "Tere!",
        "html": "<p>Tere!</p>",
        "language": "et",
        "reference": "case:1:acknowledgement",
    }
    return queue_mail(**{**arguments, **changes}, at=AT)


def test_queue_mail_writes_a_row_that_is_due_at_once(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Apifonica Privacy <dpo@apifonica.test>"
    message = queued()

    message.refresh_from_db()
    assert (message.to, message.subject) == ("kadri@example.ee", "Teie taotlus AP-7K3M-Q9XD")
    assert (message.text, message.html, message.language) == ("Tere!", "<p>Tere!</p>", "et")
    assert (message.status, message.not_before, message.created_at) == ("queued", AT, AT)
    assert message.message_id.endswith("@apifonica.test>")
    assert message.message_id != queued().message_id
    assert str(message) == "message case:1:acknowledgement"


def test_queue_mail_keeps_nothing_personal_in_the_clear() -> None:
    queued()

    with connection.cursor() as cursor:
        cursor.execute('SELECT "to", subject, text, html FROM outbox_message')
        (row,) = cursor.fetchall()
    for column, name, plain in zip(
        row,
        ("to", "subject", "text", "html"),
        ("kadri@example.ee", "Teie taotlus AP-7K3M-Q9XD", "Tere!", "<p>Tere!</p>"),
        strict=True,
    ):
        assert plain.encode() not in bytes(column)
        assert unseal(bytes(column), context=f"outbox.message.{name}").decode() == plain


def test_queue_mail_wakes_a_worker_on_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        queued()

    assert len(callbacks) == 1


@pytest.mark.django_db(transaction=True)
def test_queue_mail_in_a_transaction_that_rolls_back_leaves_nothing() -> None:
    with transaction.atomic():
        queued()
        transaction.set_rollback(True)

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "to",
    [
        "",
        "kadri",
        "kadri@example.ee\nBcc: mari@example.ee",
        "kadri@example.ee\r\nBcc: mari@example.ee",
        "kadri@example.ee, mari@example.ee",
        "Kadri <kadri@example.ee>",
        "kadri@exa mple.ee",
        "kadri@example.ee\x00",
        "a@b@example.ee",
        f"{'k' * 250}@example.ee",
    ],
)
def test_anything_but_one_plain_address_is_refused(to: str) -> None:
    with pytest.raises(UnsafeHeader) as refusal:
        queued(to=to)

    assert "example" not in str(refusal.value)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "subject",
    ["", "  ", "Tere\nBcc: mari@example.ee", "Tere\rX: y", "Tere\u2028Bcc: x", "Te\x00re"],
)
def test_subject_of_more_than_a_line_is_refused(subject: str) -> None:
    with pytest.raises(UnsafeHeader):
        queued(subject=subject)
