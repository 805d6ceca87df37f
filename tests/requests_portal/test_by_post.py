"""A person without an e-mail address: every letter is printed, posted by hand, and counts then."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pypdf import PdfReader

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from outbox.models import Message
from outbox.queries import to_be_posted, undelivered
from outbox.services import NotToBePosted, deliver_due, note_posted
from requests_portal.domain.deciding import Ground, Judgement
from requests_portal.domain.lifecycle import State
from requests_portal.domain.questions import Kind
from requests_portal.domain.received import ReceivedInFuture
from requests_portal.domain.rights import Channel, Outcome, Right
from requests_portal.domain.signs import Sign
from requests_portal.models import AccessLink, Case
from requests_portal.queries import mails_of
from requests_portal.services.asking import ask
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decision_letters import fee_letter
from requests_portal.services.decisions import decide
from requests_portal.services.identification import NothingToSearchBy
from requests_portal.services.packages import build_next
from requests_portal.services.posting import PostedTooEarly, mark_posted, paper_of
from requests_portal.services.queue import queue_counts
from requests_portal.services.signs import signs_of
from requests_portal.services.suspending import count_waiting_cases
from requests_portal.services.thread import post_by_staff
from requests_portal.services.withdrawing import withdraw_request
from retention.models import Restriction
from tests.accounts.factories import make_user
from tests.conftest import MailServer
from tests.requests_portal.conftest import NOW, intake

ADDRESS = "Kopli 1-2\n10412 Tallinn"
LATER = NOW + timedelta(days=2)


def letter_case(**changes: Any) -> Case:
    """Ana's request by letter, without an e-mail address; "AP-1" is her customer number."""
    given = {"channel": Channel.LETTER, "email": "", "postal_address": ADDRESS}
    named = {"customer_number": "AP-1", **changes}
    return receive_case(intake=intake(**given, **named), by=Actor.system("test"), at=NOW)


def words(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


@pytest.fixture
def working(company: str) -> Case:
    case = letter_case()
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: NOW):
        pass
    case.refresh_from_db()
    return case


def test_the_acknowledgement_is_a_letter_that_waits_to_be_posted(
    company: str, handler: User
) -> None:
    case = letter_case()
    [message] = mails_of(case)
    assert (message.by_post, message.status, message.to) == (True, "queued", f"Ana Kask\n{ADDRESS}")
    text = words(paper_of(case=case, message=message))
    assert "Kopli 1-2 10412 Tallinn" in text
    assert "We write to you by post" in text
    assert "e-mail" not in text.replace("privacy@", "")
    assert not AccessLink.objects.exists()
    assert signs_of([case.id]) == {case.id: [Sign.POST_WAITING]}
    assert queue_counts(user=handler, at=NOW).post == 1


def test_no_worker_mails_it_and_it_is_no_overdue_mail(
    company: str, smtp_server: MailServer
) -> None:
    letter_case()
    assert deliver_due(clock=lambda: LATER, limit=9) == 0
    assert smtp_server.messages == []
    assert undelivered(at=LATER).overdue == 0
    assert to_be_posted().count() == 1


def test_the_clock_stands_still_from_the_day_a_question_was_posted(
    working: Case, handler: User
) -> None:
    question = ask(
        case=working, kind=Kind.CLARIFICATION, reason="Two.", words="Which?", by=handler, at=LATER
    )
    assert question.message.by_post
    assert "Answer us by letter." in words(paper_of(case=working, message=question.message))
    at = datetime(2026, 3, 12, 12, tzinfo=UTC)
    count_waiting_cases(at=at)
    working.refresh_from_db()
    assert working.suspended_days == 0  # written is not sent

    mark_posted(case=working, message=question.message, on=date(2026, 3, 9), by=handler, at=at)
    count_waiting_cases(at=at)
    working.refresh_from_db()

    assert working.suspended_days == 3
    event = events_of("case", str(working.id)).get(verb="letter.posted")
    assert (event.actor_ref, event.data["on"]) == (str(handler.pk), "2026-03-09")


@pytest.mark.parametrize(
    ("on", "refusal"), [(date(2026, 3, 4), PostedTooEarly), (date(2026, 3, 8), ReceivedInFuture)]
)
def test_nothing_was_posted_before_it_was_written_or_tomorrow(
    company: str, handler: User, on: date, refusal: type[Exception]
) -> None:
    case = letter_case()
    [message] = mails_of(case)
    with pytest.raises(refusal):
        mark_posted(case=case, message=message, on=on, by=handler, at=LATER)
    message.refresh_from_db()
    assert message.sent_at is None


def test_it_is_posted_once_and_a_mail_never(company: str, case: Case, handler: User) -> None:
    posted = letter_case()
    [message] = mails_of(posted)
    mark_posted(case=posted, message=message, on=date(2026, 3, 5), by=handler, at=LATER)
    message.refresh_from_db()
    assert message.sent_at == datetime(2026, 3, 5, 10, tzinfo=UTC)  # noon in Tallinn
    with pytest.raises(NotToBePosted):
        mark_posted(case=posted, message=message, on=date(2026, 3, 6), by=handler, at=LATER)
    with pytest.raises(NotToBePosted):
        note_posted(mails_of(case)[0], posted_at=NOW, at=NOW)


def test_what_has_no_letter_is_printed_in_its_own_words(working: Case, handler: User) -> None:
    post_by_staff(case=working, words="Please call us.", by=handler, at=LATER)
    withdraw_request(case=working, at=LATER)
    note, ending = mails_of(working)[-2:]
    assert "Please call us." in words(paper_of(case=working, message=note))
    assert "We do nothing more about it." in words(paper_of(case=working, message=ending))


def test_no_letter_speaks_of_a_link_that_nobody_has(company: str) -> None:
    case = letter_case(right=Right.ERASURE)
    judgement = Judgement(
        right=Right.ERASURE,
        outcome=Outcome.FEE,
        grounds=(Ground.EXCESSIVE,),
        reasons="The tenth request in a month.",
    )
    draft = fee_letter(case=case, judgement=judgement, cents=2_000)
    said = " ".join(one.text for one in draft.passages)
    assert "Write to us whether you agree." in said
    assert "link" not in said


def test_nobody_is_searched_for_by_a_name_alone(company: str) -> None:
    case = letter_case(customer_number="", right=Right.OBJECTION, choice="marketing")
    with pytest.raises(NothingToSearchBy):
        start_collection(case=case, by=Actor.system("test"), at=NOW)
    case.refresh_from_db()
    assert case.state == State.RECEIVED
    assert not Restriction.objects.exists()


def test_the_answer_is_taken_to_be_posted_on_record(working: Case, handler: User) -> None:
    decide(
        case=working,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    while build_next(clock=lambda: LATER):
        pass
    client = Client()
    client.force_login(handler)
    package = f"/desk/cases/{working.reference}/post/package/"
    with time_machine.travel(LATER, tick=False):
        assert package in client.get(f"/desk/cases/{working.reference}/").content.decode()
        files = client.get(package).getvalue()
    with zipfile.ZipFile(io.BytesIO(files)) as archive:
        assert "letter.pdf" in archive.namelist()
    assert events_of("case", str(working.id)).get(verb="package.taken").actor_ref == str(handler.pk)
    with time_machine.travel(LATER + timedelta(days=15), tick=False):
        assert client.get(package).status_code == 404


# --- the pages ---------------------------------------------------------------------------------
def desk(*roles: Role) -> Client:
    client = Client()
    client.force_login(make_user(*roles))
    return client


def paper_address(case: Case) -> str:
    return f"/desk/cases/{case.reference}/post/{mails_of(case)[0].pk}/"


def test_a_handler_prints_posts_and_notes_it(company: str) -> None:
    case = letter_case()
    client, page = desk(Role.HANDLER), f"/desk/cases/{case.reference}/"
    paper = paper_address(case)
    shown = client.get(page).content.decode()
    assert "By post to the person" in shown
    assert paper in shown
    assert "Kopli 1-2<br>10412 Tallinn" in shown
    printed = client.get(paper)
    assert printed.headers["Content-Type"] == "application/pdf"
    assert case.reference in words(printed.content)
    assert client.get("/desk/?show=post").content.decode().count(case.reference) >= 1

    done = client.post(f"{paper}posted/", {"posted_on": "2026-03-05"})

    assert done.headers["Location"] == page
    assert Message.objects.get().sent_at is not None
    again = client.post(f"{paper}posted/", {"posted_on": "2026-03-05"})
    assert again.headers["Location"] == page
    assert case.reference not in client.get("/desk/?show=post").content.decode()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("", "Enter the day on which the letter was posted."),
        ("2026-03-04", "The letter was written after this day."),
        ("2999-01-01", "This day is still to come."),
    ],
)
def test_a_wrong_day_is_told_and_notes_nothing(company: str, day: str, sentence: str) -> None:
    case = letter_case()
    answer = desk(Role.DPO).post(f"{paper_address(case)}posted/", {"posted_on": day})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Message.objects.get().sent_at is None


def test_an_auditor_reads_letters_and_posts_none(company: str) -> None:
    case = letter_case()
    client = desk(Role.AUDITOR)
    assert client.get(paper_address(case)).status_code == 200
    assert (
        client.post(f"{paper_address(case)}posted/", {"posted_on": "2026-03-05"}).status_code == 403
    )
    assert client.get(f"/desk/cases/{case.reference}/post/package/").status_code == 403


def test_a_mail_or_another_case_has_no_paper(company: str, case: Case) -> None:
    posted = letter_case()
    client = desk(Role.HANDLER)
    mail = mails_of(case)[0].pk
    assert client.get(f"/desk/cases/{case.reference}/post/{mail}/").status_code == 404
    paper = mails_of(posted)[0].pk
    assert client.get(f"/desk/cases/{case.reference}/post/{paper}/").status_code == 404


def test_a_complaint_is_begun_without_searching_anybody(company: str) -> None:
    case = letter_case(right=Right.COMPLAINT, customer_number="")
    client = desk(Role.HANDLER)
    page = f"/desk/cases/{case.reference}/"
    assert "Next: look into it" in client.get(page).content.decode()
    client.post(f"{page}start/")
    case.refresh_from_db()
    assert case.state == State.IN_PROGRESS
    assert not case.collection_units.exists()
    assert f"{page}ruling/" in client.get(page).content.decode()
