from datetime import timedelta

import pytest

from outbox.models import Message
from outbox.queries import OVERDUE_AFTER, Undelivered, failed_messages, messages_for, undelivered
from tests.outbox.factories import AT, make_message

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
DONE = {"status": "done", "finished_at": AT, "sent_at": AT}
FAILED = {"status": "failed", "error_code": "smtp_550"}


def test_messages_for_gives_one_cases_messages_in_order() -> None:
    second = make_message(reference="case:1:decision", at=AT)
    first = make_message(reference="case:1:acknowledgement", at=AT - SECOND)
    make_message(reference="case:10:acknowledgement")
    make_message(reference="case%1:acknowledgement")

    assert list(messages_for("case:1:")) == [first, second]


def test_undelivered_counts_the_late_and_the_failed() -> None:
    late = AT - OVERDUE_AFTER - SECOND
    make_message(at=AT - OVERDUE_AFTER)
    make_message(at=late)
    make_message(at=late, not_before=AT + SECOND, error_code="smtp_451")
    make_message(at=late, **DONE)
    failed = [make_message(at=late, **FAILED), make_message(at=AT, **FAILED)]

    assert undelivered(at=AT) == Undelivered(overdue=2, failed=2)
    assert list(failed_messages()) == failed[::-1]


def test_undelivered_of_nothing_is_zero() -> None:
    assert undelivered(at=AT) == Undelivered(overdue=0, failed=0)
    assert not Message.objects.exists()
