"""Proof of identity: sealed, for few eyes, gone with the decision; the outcome stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from lib.blobs import Blob, open_blob
from requests_portal.domain.identity import PROOF_LIFETIME, Way, ways_to_record
from requests_portal.domain.lifecycle import Event, IllegalTransition, State
from requests_portal.domain.questions import Kind
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, IdentityOutcome, PhoneCheck, ProofFile
from requests_portal.services.asking import ask, take_answer
from requests_portal.services.attaching import Upload, check_uploads
from requests_portal.services.cases import assign, receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import OutcomeContradictsFindings, decide
from requests_portal.services.identity import WayNotOpen, record_outcome
from requests_portal.services.links import issue_link
from requests_portal.services.moves import CaseMovedOn, move
from requests_portal.services.proof_ends import forget_old_proofs, forget_proof
from requests_portal.services.proofs import (
    NotForYou,
    NothingSent,
    answer_with_proof,
    look_at_proof,
    may_see_proof,
)
from requests_portal.services.withdrawing import withdraw_request
from requests_portal.tasks import tidy
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW, intake
from tests.requests_portal.test_files import PDF

ASKED = NOW + timedelta(days=1)
LATER = ASKED + timedelta(hours=2)
NOTE = "She named the month of her first invoice."


def asked_who(case: Case, by: User, *, at: Any = ASKED, kind: Kind = Kind.IDENTITY) -> Case:
    start_collection(case=case, by=Actor.system("test"), at=at)
    while collect_next(clock=lambda: at):
        pass
    case.refresh_from_db()
    ask(case=case, kind=kind, reason="Two of that name.", words="Who are you?", by=by, at=at)
    case.refresh_from_db()
    return case


@pytest.fixture
def asking(case: Case, handler: User) -> Case:
    """Ana's case, searched, while she is asked who she is; Hanna handles it."""
    asked_who(case, handler)
    assign(case=case, to=handler, by=Actor.staff(handler.pk), at=ASKED)
    return case


def document(content: bytes = PDF, name: str = "lease.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def uploads(count: int = 1) -> tuple[Upload, ...]:
    return check_uploads([document(name=f"lease{number}.pdf") for number in range(count)])


def answered(case: Case, count: int = 1) -> Case:
    answer_with_proof(case=case, words="", files=uploads(count), at=LATER)
    case.refresh_from_db()
    return case


def verbs(case: Case) -> list[str]:
    found = events_of("case", str(case.id)).filter(verb__startswith="identity.").order_by("id")
    return [one.verb for one in found]


def proof_blobs() -> int:
    return Blob.objects.filter(kind="identity-proof").count()


# --- uploading ---------------------------------------------------------------------------------
def test_a_document_answers_the_question_and_is_sealed(asking: Case) -> None:
    answered(asking, 2)
    files = list(ProofFile.objects.all())
    assert [(one.name, one.kind, one.size) for one in files] == [
        ("lease0.pdf", "pdf", len(PDF)),
        ("lease1.pdf", "pdf", len(PDF)),
    ]
    assert b"".join(open_blob(files[0].blob)) == PDF
    assert b"%PDF" not in bytes(files[0].blob.chunks.get().payload)
    assert asking.state == State.IN_PROGRESS
    assert asking.questions.get().answered_at == LATER
    [event] = events_of("case", str(asking.id)).filter(verb="identity.proof_received")
    assert (event.actor_kind, event.data) == ("person", {"files": 2})


def test_words_alone_answer_too_and_nothing_does_not(asking: Case) -> None:
    with pytest.raises(NothingSent):
        answer_with_proof(case=asking, words=" ", files=(), at=LATER)
    answer_with_proof(case=asking, words="It is me.", files=(), at=LATER)
    assert asking.questions.get().answer == "It is me."
    assert verbs(asking) == []


def test_a_second_answer_is_not_taken(asking: Case) -> None:
    answered(asking)
    with pytest.raises(CaseMovedOn):
        answer_with_proof(case=asking, words="again", files=uploads(), at=LATER)
    assert (ProofFile.objects.count(), proof_blobs()) == (1, 1)


def test_a_question_about_the_data_takes_no_proof(case: Case, handler: User) -> None:
    asked_who(case, handler, kind=Kind.CLARIFICATION)
    with pytest.raises(CaseMovedOn):
        answer_with_proof(case=case, words="x", files=uploads(), at=LATER)
    assert proof_blobs() == 0


# --- looking -----------------------------------------------------------------------------------
def test_only_the_assigned_handler_and_the_officer_see_proof(
    asking: Case, handler: User, auditor: User
) -> None:
    answered(asking)
    file = ProofFile.objects.get()
    officer, other = make_user(Role.DPO), make_user(Role.HANDLER)
    assert [may_see_proof(asking, one) for one in (handler, officer, other, auditor)] == [
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(NotForYou):
        look_at_proof(case=asking, file_id=file.pk, by=other, at=LATER)
    assert look_at_proof(case=asking, file_id=file.pk, by=officer, at=LATER) == file
    looks = events_of("case", str(asking.id)).filter(verb="identity.proof_viewed")
    assert [(one.actor_ref, one.data) for one in looks] == [(str(officer.pk), {"file": file.pk})]


def test_a_handler_who_became_an_auditor_sees_no_proof(asking: Case, handler: User) -> None:
    User.objects.filter(pk=handler.pk).update(roles=[Role.AUDITOR.value])
    handler.refresh_from_db()
    assert not may_see_proof(asking, handler)


def test_proof_of_one_case_is_not_found_under_another(asking: Case, handler: User) -> None:
    answered(asking)
    other = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    assign(case=other, to=handler, by=Actor.staff(handler.pk), at=NOW)
    file = ProofFile.objects.get()
    assert look_at_proof(case=other, file_id=file.pk, by=handler, at=LATER) is None
    assert "identity.proof_viewed" not in verbs(other)


# --- how it ends -------------------------------------------------------------------------------
def test_the_decision_deletes_the_proof_and_keeps_the_outcome(asking: Case, handler: User) -> None:
    answered(asking, 2)
    record(asking, handler, Way.DOCUMENT)
    decide(
        case=asking,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    assert (ProofFile.objects.count(), proof_blobs()) == (0, 0)
    outcome = asking.identity_outcomes.get()
    assert (outcome.is_confirmed, outcome.way, outcome.recorded_by) == (True, "document", handler)
    assert verbs(asking) == [
        "identity.proof_received",
        "identity.confirmed",
        "identity.proof_deleted",
    ]
    last = events_of("case", str(asking.id)).get(verb="identity.proof_deleted")
    assert (last.actor_ref, last.data) == (str(handler.pk), {"files": 2})


def test_a_decision_that_is_refused_keeps_the_proof(asking: Case, handler: User) -> None:
    answered(asking)
    with pytest.raises(OutcomeContradictsFindings):
        decide(
            case=asking,
            outcome=Outcome.NOTHING_HELD,
            message="",
            identity_checked=True,
            by=handler,
            at=LATER,
        )
    assert (ProofFile.objects.count(), proof_blobs()) == (1, 1)
    assert b"".join(open_blob(ProofFile.objects.get().blob)) == PDF


def test_withdrawing_deletes_the_proof(asking: Case) -> None:
    answered(asking)
    withdraw_request(case=asking, at=LATER)
    assert (ProofFile.objects.count(), proof_blobs()) == (0, 0)


@pytest.mark.parametrize("event", list(Event))
def test_every_event_that_ends_the_need_deletes_the_proof(asking: Case, event: Event) -> None:
    """The one door does it, so that no way of deciding can forget it."""
    answered(asking)
    try:
        move(case=asking, event=event, by=Actor.system("test"), at=LATER)
    except IllegalTransition:
        return
    ends = event in {Event.DECIDE, Event.WITHDRAW, Event.MERGE, Event.FORWARD}
    goes_on = event in {Event.ASK_IDENTITY, Event.ASK_CLARIFICATION}
    assert ends != goes_on
    assert ProofFile.objects.exists() == goes_on


def test_forgetting_twice_is_harmless_and_leaves_other_cases_alone(
    asking: Case, handler: User
) -> None:
    answered(asking)
    other = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    answered(asked_who(other, handler))
    by = Actor.staff(handler.pk)
    assert forget_proof(case=asking, by=by, at=LATER) == 1
    assert forget_proof(case=asking, by=by, at=LATER) == 0
    assert verbs(asking).count("identity.proof_deleted") == 1
    assert ProofFile.objects.get().question.case == other


def test_proof_never_stays_longer_than_thirty_days(asking: Case) -> None:
    answered(asking)
    assert forget_old_proofs(at=LATER + PROOF_LIFETIME - timedelta(seconds=1)) == 0
    assert forget_old_proofs(at=LATER + PROOF_LIFETIME) == 1
    assert (ProofFile.objects.count(), proof_blobs()) == (0, 0)
    event = events_of("case", str(asking.id)).get(verb="identity.proof_deleted")
    assert (event.actor_kind, event.actor_ref, event.data) == ("system", "tidy", {"files": 1})
    asking.refresh_from_db()
    assert asking.state == State.IN_PROGRESS


def test_the_tidy_task_deletes_old_proof(asking: Case) -> None:
    answered(asking)
    tidy()
    assert not ProofFile.objects.exists()


# --- the outcome -------------------------------------------------------------------------------
def record(
    case: Case, by: User, way: Way, *, is_confirmed: bool = True, note: str = NOTE
) -> IdentityOutcome:
    return record_outcome(case=case, way=way, is_confirmed=is_confirmed, note=note, by=by, at=LATER)


@pytest.mark.parametrize(
    ("asked", "was_answered", "has_proof", "ways"),
    [
        (True, True, True, (Way.CALL,)),
        (False, False, False, (Way.CALL,)),
        (False, True, False, (Way.CALL, Way.ANSWER)),
        (False, False, True, (Way.CALL, Way.DOCUMENT)),
        (False, True, True, (Way.CALL, Way.ANSWER, Way.DOCUMENT)),
    ],
)
def test_only_what_came_can_have_an_outcome(
    *, asked: bool, was_answered: bool, has_proof: bool, ways: tuple[Way, ...]
) -> None:
    found = ways_to_record(is_asked=asked, was_answered=was_answered, has_proof=has_proof)
    assert found == ways


def test_a_call_answers_the_open_question(asking: Case, handler: User) -> None:
    for way in (Way.ANSWER, Way.DOCUMENT, Way.PHONE_CODE):
        with pytest.raises(WayNotOpen):
            record(asking, handler, way)
    outcome = record(asking, handler, Way.CALL)
    asking.refresh_from_db()
    question = asking.questions.get()
    assert (asking.state, question.answer, question.noted_by) == (
        State.IN_PROGRESS,
        NOTE,
        handler,
    )
    assert (outcome.question, outcome.note, outcome.recorded_at) == (question, NOTE, LATER)
    with pytest.raises(CaseMovedOn):  # a second tap
        record(asking, handler, Way.CALL)
    assert asking.identity_outcomes.count() == 1


def test_an_outcome_can_be_revised_by_another(asking: Case, handler: User) -> None:
    take_answer(case=asking, answer="May 2019.", at=LATER)
    asking.refresh_from_db()
    record(asking, handler, Way.ANSWER, is_confirmed=False)
    record(asking, handler, Way.ANSWER)
    assert [one.is_confirmed for one in asking.identity_outcomes.all()] == [False, True]
    assert verbs(asking) == ["identity.not_confirmed", "identity.confirmed"]
    data = events_of("case", str(asking.id)).get(verb="identity.confirmed").data
    assert data == {"way": "answer"}


def test_outside_the_work_on_a_case_nothing_is_recorded(case: Case, handler: User) -> None:
    with pytest.raises(CaseMovedOn):
        record(case, handler, Way.CALL)
    assert not IdentityOutcome.objects.exists()


def test_the_database_knows_who_records(case: Case, handler: User) -> None:
    name = "identityoutcome_recorded_by_staff_but_for_codes"
    wrong: list[dict[str, Any]] = [
        {"way": "call", "is_confirmed": True},
        {"way": "phone_code", "is_confirmed": True, "recorded_by": handler},
        {"way": "phone_code", "is_confirmed": True},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            IdentityOutcome.objects.create(case=case, recorded_at=NOW, **values)


# --- the pages ---------------------------------------------------------------------------------
@pytest.fixture
def visitor(client: Client, company: str, handler: User) -> Client:
    """Ana at her page, while she is asked who she is."""
    now = timezone.now()
    case = receive_case(intake=intake(received_at=now), by=Actor.person(), at=now)
    asked_who(case, handler, at=now)
    client.post(issue_link(case=case, at=now).replace("http://localhost:8000", ""))
    return client


def test_the_page_asks_for_no_more_than_is_needed(visitor: Client) -> None:
    text = visitor.get("/en/my/").content.decode()
    assert "We do not ask for an identity paper." in text
    assert "cover all that is not needed" in text
    empty = visitor.post("/en/my/identity/", {"answer": " "})
    assert empty.status_code == 422
    assert "Write your answer, or choose a document." in empty.content.decode()
    sent = visitor.post("/en/my/identity/", {"answer": "", "documents": document()})
    assert sent.headers["Location"] == "/en/my/"
    assert "Your answer has arrived." in visitor.get("/en/my/").content.decode()
    again = visitor.post("/en/my/identity/", {"answer": "again"})
    assert again.headers["Location"] == "/en/my/"
    assert ProofFile.objects.count() == 1
    assert Case.objects.get().questions.get().answer == ""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"MZ" + bytes(3000), "A file is not what its name says."),
        (b"<html>no pdf</html>", "A file is not what its name says."),
        (b"", "A file is empty."),
    ],
)
def test_a_pdf_that_is_none_changes_nothing_and_loses_no_words(
    visitor: Client, content: bytes, sentence: str
) -> None:
    refused = visitor.post(
        "/en/my/identity/", {"answer": "Here is my lease", "documents": document(content)}
    )
    assert refused.status_code == 422
    text = refused.content.decode()
    assert sentence in text
    assert "Here is my lease</textarea>" in text
    assert Case.objects.get().state == State.AWAITING_IDENTITY
    assert proof_blobs() == 0


@pytest.mark.parametrize("page", ["identity/", "messages/"])
def test_two_gigabytes_are_refused_unread(visitor: Client, page: str) -> None:
    refused = visitor.post(f"/en/my/{page}", {"answer": "x"}, CONTENT_LENGTH=str(2 * 1024**3))
    assert refused.status_code == 413
    assert Case.objects.get().state == State.AWAITING_IDENTITY


def test_the_desk_shows_proof_to_its_handler_and_records_the_outcome(
    asking: Case, handler: User
) -> None:
    answered(asking)
    client, other = Client(), Client()
    client.force_login(handler)
    other.force_login(make_user(Role.HANDLER))
    page = f"/desk/cases/{asking.reference}/"
    path = f"{page}identity/proof/{ProofFile.objects.get().pk}/"
    text = client.get(page).content.decode()
    assert path in text
    assert "lease0.pdf" in text
    response = client.get(path)
    assert b"".join(response.streaming_content) == PDF  # type: ignore[attr-defined]
    assert response.headers["Content-Disposition"] == 'attachment; filename="lease0.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    text = other.get(page).content.decode()
    assert path not in text
    assert "lease0.pdf" not in text
    assert "Only the handler of this case" in text
    assert other.get(path).status_code == 403
    assert client.get(f"{page}identity/proof/0/").status_code == 404
    assert verbs(asking) == ["identity.proof_received", "identity.proof_viewed"]
    form = {"way": "document", "is_confirmed": "yes", "note": NOTE}
    for missing in form:
        assert client.post(f"{page}identity/outcome/", form | {missing: ""}).status_code == 422
    refused = client.post(f"{page}identity/outcome/", form | {"way": "phone_code"})
    assert "Nothing has come from the person in this way." in refused.content.decode()
    assert not IdentityOutcome.objects.exists()
    assert client.post(f"{page}identity/outcome/", form).headers["Location"] == page
    text = client.get(page).content.decode()
    assert NOTE in text
    assert "Document that they sent" in text


def test_an_auditor_sees_the_outcome_and_neither_proof_nor_form(
    asking: Case, handler: User, auditor: User
) -> None:
    answered(asking)
    record(asking, handler, Way.DOCUMENT)
    client = Client()
    client.force_login(auditor)
    page = f"/desk/cases/{asking.reference}/"
    text = client.get(page).content.decode()
    assert NOTE in text
    assert "lease0.pdf" not in text
    assert "identity/outcome/" not in text
    form = {"way": "call", "is_confirmed": "yes", "note": NOTE}
    assert client.post(f"{page}identity/outcome/", form).status_code == 403
    file = ProofFile.objects.get()
    assert client.get(f"{page}identity/proof/{file.pk}/").status_code == 403


def test_the_number_goes_with_the_decision_too(asking: Case, handler: User) -> None:
    PhoneCheck.objects.create(
        question=asking.questions.get(), number="+37251234567", offered_by=handler, offered_at=NOW
    )
    answered(asking)
    assert PhoneCheck.objects.exists()
    move(case=asking, event=Event.DECIDE, by=Actor.staff(handler.pk), at=LATER)
    assert not PhoneCheck.objects.exists()
