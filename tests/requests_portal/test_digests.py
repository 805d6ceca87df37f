"""The overview of the day: once, after seven, each their own and the officer all."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from lib.units import Status
from outbox.models import Message
from requests_portal.domain.lifecycle import State
from requests_portal.models import Case, Digest
from requests_portal.services.collection import start_collection
from requests_portal.services.digests import send_digests
from requests_portal.services.staff_mails import MOST_LINES
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW
from tests.requests_portal.pressing import fail_search, mails, received, taken

TALLINN = ZoneInfo("Europe/Tallinn")


@pytest.fixture
def officer(db: None) -> User:
    return make_user(Role.DPO, email="officer@example.org", name="Olev")


def at_home(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 30, hour, minute, tzinfo=TALLINN)


def test_the_overview_comes_once_a_day_after_seven(
    company: str, handler: User, officer: User
) -> None:
    taken(handler)
    assert send_digests(at=at_home(6, 59)) == 0
    assert send_digests(at=at_home(7)) == 2
    assert send_digests(at=at_home(7, 15)) == 0
    assert send_digests(at=at_home(23)) == 0
    assert send_digests(at=at_home(7) + timedelta(days=1)) == 2


def test_a_handler_sees_their_own_and_the_officer_all(
    company: str, handler: User, officer: User, auditor: User
) -> None:
    mine = taken(handler)
    late = received(received_at=NOW - timedelta(days=7))
    far = taken(make_user(Role.HANDLER), received_at=NOW + timedelta(days=20))
    start_collection(case=late, by=Actor.system("test"), at=NOW)
    fail_search(late)
    ended = taken(handler)
    Case.objects.filter(pk=ended.pk).update(state=State.CLOSED.value, closed_at=NOW)
    Message.objects.filter(reference__startswith=f"case:{mine.id}:").update(
        status=Status.FAILED, error_code="x", error_text="x"
    )
    send_digests(at=at_home(8))
    found = {one.to: one for one in mails()}
    assert auditor.email not in found
    own = found[handler.email]
    assert own.subject == "1 request open"
    assert (
        "open: 1, late: 0, due within ten days: 1, wait for the person: 0, something failed: 1.\n"
        in own.text
    )
    line = "6 days left. Safe date 5 April 2026. A mail did not arrive."
    assert f"{mine.reference} · Access\n{line}\n" in own.text
    assert late.reference not in own.text
    everything = found[officer.email]
    assert everything.subject == "3 requests open, 1 of them late"
    assert (
        "open: 3, late: 1, due within ten days: 1, wait for the person: 0, something failed: 2, "
        "nobody works on it: 1.\n" in everything.text
    )
    order = [everything.text.index(one.reference) for one in (late, mine, far)]
    assert order == sorted(order)
    assert (
        "4 days late. Safe date 26 March 2026. Nobody works on it. "
        "A source could not be searched.\n" in everything.text
    )
    assert ended.reference not in everything.text


def test_who_has_no_cases_gets_no_mail_that_day(company: str, handler: User) -> None:
    assert send_digests(at=at_home(7)) == 0
    assert Digest.objects.get().message is None
    taken(handler)
    assert send_digests(at=at_home(9)) == 0
    assert send_digests(at=at_home(7) + timedelta(days=1)) == 1


def test_a_long_overview_names_the_most_pressing(company: str, handler: User) -> None:
    for _ in range(MOST_LINES + 1):
        taken(handler)
    send_digests(at=at_home(7))
    assert "1 more request stands in the queue." in mails()[0].text
