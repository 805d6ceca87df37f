"""Mails about the clock: on which day, to whom, once, and with nobody's data in them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from outbox.models import Message
from requests_portal.domain.lifecycle import OPEN_STATES, State
from requests_portal.domain.reminding import DueReminder, Occasion, reminded, reminder_due
from requests_portal.models import Case, Digest, Reminder
from requests_portal.services.cases import assign
from requests_portal.services.collection import start_collection
from requests_portal.services.digests import send_digests
from requests_portal.services.reminding import remind
from requests_portal.services.staff_mails import MOST_LINES, send_to_staff
from requests_portal.tasks import remind_staff
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW
from tests.requests_portal.pressing import fail_search, mails, received, taken

SAFE = date(2026, 4, 5)  # of a request received on 5 March 2026
TALLINN = ZoneInfo("Europe/Tallinn")
_BEGUN = {"started_at": NOW}
_DECIDED = {"started_at": NOW, "decided_at": NOW}
#: The times that a state has to have.
STAMPS = {
    State.IN_PROGRESS: _BEGUN,
    State.AWAITING_IDENTITY: _BEGUN,
    State.AWAITING_CLARIFICATION: _BEGUN,
    State.DECIDED: _DECIDED,
    State.FULFILLING: _DECIDED,
    State.ANSWERED: _DECIDED | {"answered_at": NOW},
    State.CLOSED: {"closed_at": NOW},
    State.WITHDRAWN: {"withdrawn_at": NOW},
    State.FORWARDED: {"forwarded_at": NOW},
}


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), TALLINN)


def before(days: int) -> datetime:
    """Return noon so many days before the safe date."""
    return noon(SAFE - timedelta(days=days))


@pytest.fixture
def officer(db: None) -> User:
    return make_user(Role.DPO, email="officer@example.org", name="Olev")


def told() -> list[tuple[str, str]]:
    return [(one.to, one.subject.partition(": ")[2]) for one in mails()]


# --- the rule ----------------------------------------------------------------------------------
def test_each_day_has_the_reminder_that_should_be_out_by_then() -> None:
    def due(days_left: int) -> DueReminder | None:
        return reminder_due(due_on=SAFE, today=SAFE - timedelta(days=days_left))

    ten, five, one = (SAFE - timedelta(days=days) for days in (10, 5, 1))
    expected = (
        {11: None}
        | dict.fromkeys(range(6, 11), DueReminder(Occasion.TEN_DAYS, ten))
        | dict.fromkeys(range(2, 6), DueReminder(Occasion.FIVE_DAYS, five))
        | dict.fromkeys(range(2), DueReminder(Occasion.ONE_DAY, one))
        | {-n: DueReminder(Occasion.OVERDUE, SAFE + timedelta(days=n)) for n in (1, 2, 40)}
    )
    assert {days: due(days) for days in expected} == expected


@pytest.mark.parametrize(
    ("occasion", "assignee", "expected"),
    [
        (Occasion.TEN_DAYS, 1, {1}),
        (Occasion.FIVE_DAYS, 1, {1}),
        (Occasion.ONE_DAY, 1, {1, 8, 9}),
        (Occasion.OVERDUE, 1, {1, 8, 9}),
        (Occasion.OVERDUE, 9, {8, 9}),
        *((occasion, None, {8, 9}) for occasion in Occasion),
    ],
)
def test_the_officers_are_told_late_or_where_nobody_works(
    occasion: Occasion, assignee: int | None, expected: set[int]
) -> None:
    assert reminded(occasion, assignee=assignee, officers=(8, 9)) == expected


# --- reminders ---------------------------------------------------------------------------------
def test_the_handler_is_reminded_and_late_the_officer_too(
    company: str, handler: User, officer: User
) -> None:
    taken(handler)
    seen = {}
    for days in range(11, -3, -1):
        remind(at=before(days))
        remind(at=before(days) + timedelta(minutes=15))
        seen[days] = told()
    theirs = [handler.email, officer.email]
    assert {days: mail for days, mail in seen.items() if mail} == {
        10: [(handler.email, "10 days left")],
        5: [(handler.email, "5 days left")],
        1: [(to, "1 day left") for to in theirs],
        -1: [(to, "1 day late") for to in theirs],
        -2: [(to, "2 days late") for to in theirs],
    }
    assert Reminder.objects.count() == 8


def test_a_sweep_that_was_down_makes_up_for_it(company: str, handler: User) -> None:
    taken(handler)
    remind(at=before(8))
    remind(at=before(3))
    remind(at=before(2))
    assert told() == [(handler.email, "8 days left"), (handler.email, "3 days left")]


def test_who_takes_a_pressing_case_over_is_told(company: str, handler: User) -> None:
    case = taken(handler)
    remind(at=before(10))
    told()
    other = make_user(Role.HANDLER)
    assign(case=case, to=other, by=Actor.system("test"), at=before(7))
    remind(at=before(7))
    assert told() == [(other.email, "7 days left")]


def test_a_case_of_nobody_is_the_officers(company: str, officer: User) -> None:
    received()
    remind(at=before(10))
    mail = mails()[0]
    assert (mail.to, mail.subject.partition(": ")[2]) == (officer.email, "10 days left")
    assert "Nobody works on it." in mail.text


@pytest.mark.parametrize("change", [{"is_active": False}, {"roles": [Role.AUDITOR.value]}])
def test_who_may_not_work_any_more_counts_as_nobody(
    company: str, handler: User, officer: User, change: dict[str, object]
) -> None:
    taken(handler)
    User.objects.filter(pk=handler.pk).update(**change)
    remind(at=before(10))
    assert told() == [(officer.email, "10 days left")]


def test_without_an_officer_the_mailbox_is_written_to_once(company: str) -> None:
    received()
    remind(at=before(10))
    remind(at=before(10))
    assert told() == [(settings.DPO_EMAIL, "10 days left")]
    assert Reminder.objects.get().recipient is None


@pytest.mark.parametrize("state", sorted(State))
def test_every_open_state_is_reminded_of_and_no_ended_one(
    company: str, handler: User, state: State
) -> None:
    case = taken(handler)
    Case.objects.filter(pk=case.pk).update(state=state.value, **STAMPS.get(state, {}))
    expected = {handler.email, settings.DPO_EMAIL} if state in OPEN_STATES else set()
    assert remind(at=before(-1)) == len(expected)
    assert {to for to, _subject in told()} == expected


def test_the_day_is_that_of_the_company_that_answers(company: str, handler: User) -> None:
    taken(handler)
    taken(handler, entity_code="PL")
    midnight_in_tallinn = datetime(2026, 3, 25, 22, 0, tzinfo=UTC)
    assert remind(at=midnight_in_tallinn - timedelta(seconds=1)) == 0
    assert remind(at=midnight_in_tallinn) == 1
    assert Reminder.objects.get().case.entity_code == "EE"
    assert remind(at=midnight_in_tallinn + timedelta(hours=1)) == 1


def test_an_extension_in_force_counts_to_its_own_day(company: str, handler: User) -> None:
    case = taken(handler)
    remind(at=before(10))
    told()
    Case.objects.filter(pk=case.pk).update(due_on=case.extended_on)
    assert remind(at=before(1)) == 0
    remind(at=noon(case.extended_on - timedelta(days=10)))
    mail = mails()[0]
    assert mail.subject == f"{case.reference}: 10 days left"
    assert "Safe date 5 April 2026. Extended to 5 June 2026." in mail.text


def test_what_is_due_to_one_person_goes_into_one_mail(company: str, handler: User) -> None:
    cases = [taken(handler) for _ in range(MOST_LINES + 2)]
    assert remind(at=before(10)) == 1
    mail = mails()[0]
    assert mail.subject == "52 requests have to be answered"
    assert sum(case.reference in mail.text for case in cases) == MOST_LINES
    assert "2 more requests stand in the queue." in mail.text
    assert Reminder.objects.filter(message=mail).count() == len(cases)


def test_a_mail_names_the_case_and_nothing_of_the_person(company: str, officer: User) -> None:
    officer.language = "et"
    officer.save()
    case = received(phone="+372 5123 4567", about="my secret words", customer_number="AP-77")
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    fail_search(case)
    remind(at=before(10))
    mail = mails()[0]
    assert mail.language == "et"
    address = f"{settings.PUBLIC_URL}/desk/cases/{case.reference}/"
    for part in (mail.text, mail.html):
        assert address in part
    for part in (mail.subject, mail.text, mail.html, mail.reference):
        for secret in ("Ana", "Kask", "ana@", "5123", "secret", "AP-77"):
            assert secret not in part


def test_a_killed_sweep_sends_the_rest_and_nothing_twice(
    company: str, handler: User, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(handler)
    queued: list[object] = []

    def dies(**given: object) -> Message:
        message = send_to_staff(**given)  # type: ignore[arg-type]
        queued.append(message)
        if len(queued) == 2:
            raise KeyboardInterrupt  # between the mail and its row
        return message

    with monkeypatch.context() as patch:
        patch.setattr("requests_portal.services.reminding.send_to_staff", dies)
        with pytest.raises(KeyboardInterrupt):
            remind(at=before(1))
    assert len(told()) == 1
    remind(at=before(1))
    assert told() == [(officer.email, "1 day left")]
    assert Reminder.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_one_mail() -> None:
    taken(make_user(Role.HANDLER))
    at, barrier = before(10), Barrier(2)

    def sweep() -> None:
        barrier.wait()
        remind(at=at)
        send_digests(at=at)
        connections.close_all()

    threads = [Thread(target=sweep) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(told()) == 2  # a reminder and a digest
    assert (Reminder.objects.count(), Digest.objects.count()) == (1, 1)


def test_the_database_holds_a_reminder_once(company: str) -> None:
    received()
    remind(at=before(10))
    row = Reminder.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError, match="reminder_once"), transaction.atomic():
        row.save()


@pytest.mark.parametrize("sweep", [remind, send_digests])
def test_queries_do_not_grow_with_cases(
    company: str, handler: User, officer: User, sweep: Callable[..., int]
) -> None:
    def queries_with(cases: int) -> int:
        for _ in range(cases):
            start_collection(case=taken(handler), by=Actor.system("test"), at=NOW)
        Reminder.objects.all().delete()
        Digest.objects.all().delete()
        with CaptureQueriesContext(connection) as counted:
            assert sweep(at=before(1)) == 2
        return len(counted)

    assert queries_with(1) == queries_with(3)


def test_the_task_does_both(company: str, handler: User) -> None:
    taken(handler)  # of March, so that it is late by now
    remind_staff()
    assert Reminder.objects.filter(recipient=handler).count() == 1
