"""Questions to the person: the clock stands still while we wait, and only with evidence."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from outbox.models import Message
from requests_portal.domain.lifecycle import IllegalTransition, State
from requests_portal.domain.questions import Kind
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, Question
from requests_portal.services.asking import ArrivedTooEarly, ask, open_question, take_answer
from requests_portal.services.cases import receive_case
from requests_portal.services.clock import date_lines
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import decide
from requests_portal.services.links import issue_link
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.reopening import reopen
from requests_portal.services.suspending import count_waiting_cases
from requests_portal.services.withdrawing import withdraw_request
from requests_portal.tasks import tidy
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW, intake

ASKED = NOW + timedelta(days=2)
SENT = ASKED + timedelta(hours=1)
CAME = datetime(2026, 3, 17, 12, tzinfo=UTC)  # ten days after it was sent


@pytest.fixture
def working(case: Case) -> Case:
    """Ana's case, searched, so that it is being worked on."""
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: NOW):
        pass
    case.refresh_from_db()
    return case


def asked(case: Case, by: User, kind: Kind = Kind.CLARIFICATION) -> Question:
    return ask(
        case=case,
        kind=kind,
        reason="Two people of that name.",
        words="Which of your numbers is it about?",
        by=by,
        at=ASKED,
    )


def send(question: Question, at: datetime = SENT) -> None:
    Message.objects.filter(pk=question.message_id).update(status="done", sent_at=at, finished_at=at)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Kind.IDENTITY, State.AWAITING_IDENTITY),
        (Kind.CLARIFICATION, State.AWAITING_CLARIFICATION),
    ],
)
def test_a_question_waits_for_the_person_and_its_answer_resumes(
    working: Case, handler: User, kind: Kind, state: State
) -> None:
    question = asked(working, handler, kind)
    working.refresh_from_db()
    assert (working.state, working.is_open) == (state, True)
    assert open_question(working) == question
    assert question.message.subject == f"We have a question about your request {working.reference}"
    assert question.words not in question.message.text
    assert question.reason not in question.message.text
    send(question)
    take_answer(case=working, answer="The first one.", at=CAME)
    working.refresh_from_db()
    question.refresh_from_db()
    assert (working.state, open_question(working)) == (State.IN_PROGRESS, None)
    assert (question.answer, question.answered_at, question.noted_by) == (
        "The first one.",
        CAME,
        None,
    )
    verbs = [one.verb for one in events_of("case", str(working.id)).order_by("-id")[:4]]
    assert verbs == [
        "case.dates_changed",
        "case.resume",
        "letter.sent",
        f"case.{question_verb(kind)}",
    ]
    letter = working.letters.get(kind=kind.value)
    assert letter.message_id == working.questions.get().message_id
    parts = {one["part"] for one in letter.content["passages"]}
    assert parts >= {"decided", "reasons", "ground", "dates", "remedies", "authority"}


def question_verb(kind: Kind) -> str:
    return f"ask_{kind.value}"


def test_the_days_between_sending_and_answer_are_counted_on_top(
    working: Case, handler: User
) -> None:
    before = (working.safe_on, working.sla_on, working.statutory_on, working.extended_on)
    assert before == (date(2026, 4, 5), date(2026, 4, 4), date(2026, 4, 6), date(2026, 6, 5))
    question = asked(working, handler)
    send(question)
    take_answer(case=working, answer="x", at=CAME)
    working.refresh_from_db()
    assert working.suspended_days == 10
    assert working.safe_on == before[0]  # never moves
    assert working.sla_on == before[1] + timedelta(days=10)
    assert working.statutory_on == date(2026, 4, 15)
    event = events_of("case", str(working.id)).get(verb="case.dates_changed")
    assert event.data["suspended_days"] == 10
    assert event.data["sla_on"] == [before[1].isoformat(), working.sla_on.isoformat()]
    reasons = " ".join(line.why for line in date_lines(working))
    assert "10 days are counted on top: we waited for your answer." in reasons


def test_a_question_that_was_never_sent_stops_no_clock(working: Case, handler: User) -> None:
    asked(working, handler)
    count_waiting_cases(at=CAME)
    working.refresh_from_db()
    assert working.suspended_days == 0
    take_answer(case=working, answer="by phone", at=CAME, noted_by=handler)
    working.refresh_from_db()
    assert working.suspended_days == 0


def test_an_open_question_counts_to_today(working: Case, handler: User) -> None:
    send(asked(working, handler))
    assert count_waiting_cases(at=CAME) == 1
    working.refresh_from_db()
    assert (working.suspended_days, working.state) == (10, State.AWAITING_CLARIFICATION)
    events = events_of("case", str(working.id)).filter(verb="case.dates_changed")
    assert events.count() == 1
    count_waiting_cases(at=CAME)  # the same day again changes nothing
    assert events.count() == 1
    tidy()
    working.refresh_from_db()
    assert working.suspended_days > 10


def test_an_answer_that_came_by_letter_counts_from_its_day(working: Case, handler: User) -> None:
    question = asked(working, handler)
    send(question)
    take_answer(
        case=working,
        answer="letter",
        at=CAME,
        arrived_at=CAME - timedelta(days=3),
        noted_by=handler,
    )
    working.refresh_from_db()
    question.refresh_from_db()
    assert (working.suspended_days, question.noted_by) == (7, handler)


def test_an_answer_before_its_question_or_after_now_is_refused(
    working: Case, handler: User
) -> None:
    asked(working, handler)
    for wrong in (ASKED - timedelta(days=1), CAME + timedelta(days=1)):
        with pytest.raises(ArrivedTooEarly):
            take_answer(case=working, answer="x", at=CAME, arrived_at=wrong, noted_by=handler)
    assert open_question(working) is not None


def test_only_a_case_in_work_asks_and_only_a_waiting_one_takes_an_answer(
    case: Case, handler: User
) -> None:
    with pytest.raises(CaseMovedOn):
        asked(case, handler)
    with pytest.raises(CaseMovedOn):
        take_answer(case=case, answer="x", at=CAME)
    assert not Question.objects.exists()


def test_nothing_is_decided_while_we_wait_and_the_person_can_still_withdraw(
    working: Case, handler: User
) -> None:
    asked(working, handler)
    working.refresh_from_db()
    with pytest.raises(IllegalTransition):
        decide(
            case=working,
            outcome=Outcome.GRANTED,
            message="",
            identity_checked=True,
            by=handler,
            at=CAME,
        )
    withdraw_request(case=working, at=CAME)
    working.refresh_from_db()
    assert working.state == State.WITHDRAWN


def test_the_database_allows_one_open_question(working: Case, handler: User) -> None:
    question = asked(working, handler)
    copy = Message.objects.get(pk=question.message_id)
    copy.pk, copy.message_id = None, "<another@example.org>"
    copy.save()
    with pytest.raises(IntegrityError, match="question_one_open"), transaction.atomic():
        Question.objects.create(
            case=working,
            kind="identity",
            reason="r",
            words="w",
            asked_by=handler,
            asked_at=ASKED,
            message=copy,
        )


# --- the pages ---------------------------------------------------------------------------------
ASK = {"kind": "clarification", "reason": "Very much is held.", "words": "Which calls?"}


def desk(case: Case, *roles: Role) -> tuple[Client, str]:
    client = Client()
    client.force_login(make_user(*roles))
    return client, f"/desk/cases/{case.reference}/"


def test_a_handler_asks_and_notes_the_answer(working: Case) -> None:
    client, page = desk(working, Role.HANDLER)
    assert f"{page}ask/" in client.get(page).content.decode()
    refused = client.post(f"{page}ask/", ASK | {"reason": ""})
    assert refused.status_code == 422
    assert "Without a reason the clock cannot pause." in refused.content.decode()
    assert client.post(f"{page}ask/", ASK).status_code == 302
    text = client.get(page).content.decode()
    assert "Which calls?" in text
    assert "Waiting to be sent, the clock runs" in text
    assert client.post(f"{page}ask/", ASK).status_code == 302  # a second tap asks nothing
    assert working.questions.count() == 1
    today = timezone.localdate(timezone=working.entity.tz)
    late = {"answer": "All.", "arrived_on": (today + timedelta(days=1)).isoformat()}
    refused = client.post(f"{page}ask/answer/", late)
    assert refused.status_code == 422
    assert "between the question and today" in refused.content.decode()
    assert client.post(f"{page}ask/answer/", late | {"arrived_on": today}).status_code == 302
    working.refresh_from_db()
    assert working.state == State.IN_PROGRESS
    assert "All." in client.get(page).content.decode()
    assert client.post(f"{page}ask/answer/", late).status_code == 404


def test_an_auditor_looks_and_asks_nothing(working: Case) -> None:
    client, page = desk(working, Role.AUDITOR)
    assert f"{page}ask/" not in client.get(page).content.decode()
    assert client.post(f"{page}ask/", ASK).status_code == 403
    assert client.post(f"{page}ask/answer/", {}).status_code == 403


def test_the_person_reads_the_question_and_answers(client: Client, company: str) -> None:
    now = timezone.now()
    case = receive_case(intake=intake(received_at=now), by=Actor.person(), at=now)
    start_collection(case=case, by=Actor.system("test"), at=now)
    ask(
        case=case,
        kind=Kind.IDENTITY,
        reason="inside",
        words="Since when are you a customer?",
        by=make_user(Role.HANDLER),
        at=now,
    )
    client.post(issue_link(case=case, at=now).replace("http://localhost:8000", ""))
    page = client.get("/en/my/").content.decode()
    assert "Since when are you a customer?" in page
    assert "inside" not in page
    empty = client.post("/en/my/reply/", {"answer": " "})
    assert empty.status_code == 422
    assert "Write your answer." in empty.content.decode()
    assert client.post("/en/my/reply/", {"answer": "2019"}).headers["Location"] == "/en/my/"
    assert case.questions.get().answer == "2019"
    assert "Since when" not in client.get("/en/my/").content.decode()
    assert client.post("/en/my/reply/", {"answer": "again"}).headers["Location"] == "/en/my/"
    assert case.questions.get().answer == "2019"


def test_without_the_link_nothing_is_answered(client: Client, case: Case) -> None:
    assert client.post("/en/my/reply/", {"answer": "x"}).headers["Location"] == "/en/link/new/"


def test_question_lapses_with_its_request_and_the_clock_stands_still_no_longer(
    working: Case, handler: User
) -> None:
    send(asked(working, handler))
    withdraw_request(case=working, at=CAME)
    reopen(case=working, words="After all.", by=None, at=CAME)
    working.refresh_from_db()
    assert (open_question(working), working.suspended_days) == (None, 10)
    count_waiting_cases(at=CAME + timedelta(days=20))
    working.refresh_from_db()
    assert working.suspended_days == 10
    start_collection(case=working, by=Actor.staff(handler.pk), at=CAME)
    working.refresh_from_db()
    asked(working, handler)  # and another one can be asked
    assert working.questions.count() == 2
