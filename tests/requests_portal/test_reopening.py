"""What ended can begin anew, with the dates it had; or be closed again by letter."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.domain.actor import Actor
from lib.blobs import Blob
from requests_portal.domain.letters import LetterKind
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Letter
from requests_portal.queries import decision_of
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import decide
from requests_portal.services.links import issue_link
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.packages import build_next
from requests_portal.services.reopening import closing_letter, conclude, may_conclude, reopen
from requests_portal.services.story import person_timeline
from requests_portal.services.withdrawing import withdraw_request
from tests.requests_portal.conftest import NOW, intake

LATER = NOW + timedelta(hours=1)
AGAIN = NOW + timedelta(days=9)


def answered(case: Case, handler: User) -> Case:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    while collect_next(clock=lambda: LATER):
        pass
    case.refresh_from_db()
    decide(
        case=case, outcome=Outcome.GRANTED, message="", identity_checked=True, by=handler, at=LATER
    )
    while build_next(clock=lambda: LATER):
        pass
    case.refresh_from_db()
    return case


def test_a_request_begins_anew_with_the_dates_it_had(case: Case, handler: User) -> None:
    answered(case, handler)
    dates = (case.received_on, case.safe_on, case.due_on, case.statutory_on)
    letters = Letter.objects.count()
    reopen(case=case, words="The calls of May are missing.", by=None, at=AGAIN)
    case.refresh_from_db()
    assert (case.state, case.started_at, case.decided_at, case.answered_at) == (
        State.RECEIVED,
        None,
        None,
        None,
    )
    assert (case.received_on, case.safe_on, case.due_on, case.statutory_on) == dates
    assert (decision_of(case), case.decisions.count()) == (None, 1)
    assert not Blob.objects.filter(kind__in=["package", "collection"]).exists()
    assert Letter.objects.count() == letters
    assert case.reopenings.get().words == "The calls of May are missing."
    assert "Your request was opened again" in [step.title for step in person_timeline(case)]


def test_it_is_worked_to_a_second_answer(case: Case, handler: User) -> None:
    answered(case, handler)
    reopen(case=case, words="More.", by=handler, at=AGAIN)
    case.refresh_from_db()
    answered(case, handler)
    assert (case.state, case.decisions.count()) == (State.ANSWERED, 2)
    assert case.letters.filter(kind=LetterKind.ANSWER).count() == 2


def test_what_is_open_is_not_opened_again(case: Case, handler: User) -> None:
    with pytest.raises(CaseMovedOn):
        reopen(case=case, words="?", by=handler, at=AGAIN)


def test_what_was_withdrawn_can_begin_anew(case: Case) -> None:
    withdraw_request(case=case, at=LATER)
    reopen(case=case, words="It was not me.", by=None, at=AGAIN)
    case.refresh_from_db()
    assert (case.state, case.withdrawn_at) == (State.RECEIVED, None)


def test_the_answer_stands_and_the_request_is_closed_by_letter(case: Case, handler: User) -> None:
    answered(case, handler)
    reopen(case=case, words="Really all?", by=None, at=AGAIN)
    case.refresh_from_db()
    assert may_conclude(case)
    conclude(case=case, draft=closing_letter(case), by=handler, at=AGAIN)
    case.refresh_from_db()
    assert (case.state, case.closed_at) == (State.CLOSED, AGAIN)
    decision = decision_of(case)
    assert decision is not None
    assert decision.outcome == Outcome.GRANTED
    assert "Our answer stands" in str(case.letters.get(kind=LetterKind.CLOSING).content)
    with pytest.raises(CaseMovedOn):
        conclude(case=case, draft=closing_letter(case), by=handler, at=AGAIN)


def test_what_was_withdrawn_and_never_answered_is_not_closed_by_letter(
    case: Case, handler: User
) -> None:
    withdraw_request(case=case, at=LATER)
    reopen(case=case, words="I want it after all.", by=None, at=AGAIN)
    case.refresh_from_db()
    assert not may_conclude(case)
    with pytest.raises(CaseMovedOn):
        conclude(case=case, draft=closing_letter(case), by=handler, at=AGAIN)
    client = Client()
    client.force_login(handler)
    page = client.get(reverse("desk:case-detail", args=[case.reference])).content.decode()
    assert "Close it by letter" not in page
    assert "Start the search" in page


def test_a_request_that_never_ended_is_not_concluded(case: Case, handler: User) -> None:
    Case.objects.filter(pk=case.pk).update(state=State.RECEIVED)
    case.refresh_from_db()
    assert not may_conclude(case)
    with pytest.raises(CaseMovedOn):
        conclude(case=case, draft=closing_letter(case), by=handler, at=AGAIN)


def test_the_person_opens_it_again_on_their_page(case: Case, handler: User) -> None:
    answered(case, handler)
    visitor = Client()
    link = issue_link(case=case, at=timezone.now())
    visitor.post("/" + link.split("/", 3)[3])
    assert "Something is missing or wrong?" in visitor.get("/en/my/").content.decode()
    assert visitor.post("/en/my/reopen/", {"words": " "}).status_code == 422
    assert visitor.post("/en/my/reopen/", {"words": "May is missing."}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.reopenings.get().by) == (State.RECEIVED, None)
    page = visitor.get("/en/my/").content.decode()
    assert "Your request was opened again" in page
    assert "Something is missing or wrong?" not in page
    assert Client().post("/en/my/reopen/", {"words": "x"})["Location"] == "/en/link/new/"


def test_desk_opens_again_and_closes_by_letter(case: Case, handler: User, auditor: User) -> None:
    answered(case, handler)
    client = Client()
    client.force_login(handler)
    page = reverse("desk:case-detail", args=[case.reference])
    step = reverse("desk:case-reopen", args=[case.reference])
    assert "Open this request again" in client.get(page).content.decode()
    reader = Client()
    reader.force_login(auditor)
    assert reader.post(step, {"words": "x"}).status_code == 403
    assert client.post(step, {"words": ""}).status_code == 422
    assert client.post(step, {"words": "He called."}).status_code == 302
    shown = client.get(page).content.decode()
    assert "He called." in shown
    assert "Close it by letter" in shown
    end = reverse("desk:case-conclude", args=[case.reference])
    assert "Our answer stands" in client.post(end).content.decode()
    assert client.post(end, {"letter_step": "send"}).status_code == 302
    case.refresh_from_db()
    assert case.state == State.CLOSED
    assert client.post(end, {"letter_step": "send"}).status_code == 302
    assert case.letters.filter(kind=LetterKind.CLOSING).count() == 1


def test_an_erasure_that_begins_anew_gets_a_new_plan(company: str, handler: User) -> None:
    case = receive_case(
        intake=intake(right=Right.ERASURE, email="nobody@example.com"), by=Actor.person(), at=NOW
    )
    withdraw_request(case=case, at=LATER)
    reopen(case=case, words="Again.", by=None, at=AGAIN)
    case.refresh_from_db()
    start_collection(case=case, by=Actor.staff(handler.pk), at=AGAIN)
    case.refresh_from_db()
    assert case.state == State.IN_PROGRESS
