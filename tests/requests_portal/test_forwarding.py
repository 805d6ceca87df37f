"""Entrusted data: passed on to its controller by staff, once, and the person is told."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from datamap.queries import map_of
from datamap.services import load_map
from lib.blobs import Blob, open_blob
from lib.units import NotFailed, claim_next
from outbox.models import Message
from outbox.queries import messages_for
from requests_portal.domain.letters import LetterKind, PartsMissing
from requests_portal.domain.lifecycle import State
from requests_portal.domain.outside import Telling
from requests_portal.domain.representing import Authority, Representation
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, Handover, HandoverFile, Letter, Representative
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import (
    collect_next,
    search_only_proven,
    start_collection,
)
from requests_portal.services.decisions import SearchIncomplete, decide
from requests_portal.services.forwarding import (
    EntrustedPart,
    NothingEntrusted,
    entrusted_parts,
    hand_over,
    letter_for,
    part_of,
    send_handover_again,
)
from requests_portal.services.handover_files import (
    build_next_file,
    remove_expired_files,
    retry_file,
)
from requests_portal.services.letters import letter_pdf
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.outside import LINK_LIFETIME, confirm_receipt, note_undelivered
from requests_portal.services.reopening import may_reopen, reopen
from requests_portal.services.withdrawing import withdraw_request
from tests.requests_portal.conftest import MAP, NOW, intake, run_sql

LATER = NOW + timedelta(hours=1)
PHONE = "+37251234567"


SOUTH = """
  south:
    name: South AS
    contact_email: privacy@south.example
    dpa_months: 3
    source_key: south
"""


def copy_map(place: Path, *, also: str) -> None:
    """Load the company's map with further controllers."""
    for file in MAP.iterdir():
        text = file.read_text()
        (place / file.name).write_text(text + also if "controllers:" in text else text)
    load_map(directory=place, by=Actor.system("test"), at=NOW)


def searched(**changes: object) -> Case:
    case = receive_case(intake=intake(**changes), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: NOW):
        pass
    case.refresh_from_db()
    return case


@pytest.fixture
def mixed(company: str) -> Case:
    """Ana's case: records of our own, and an answer that belongs to North AS."""
    return searched(phone=PHONE, about="All my calls.")


@pytest.fixture
def entrusted(company: str) -> Case:
    """A case of somebody of whom we hold only what North AS has entrusted to us."""
    run_sql(company, "INSERT INTO answers VALUES (3, '+37258880000', 'north', 'maybe')")
    return searched(email="callee@example.com", name="Kai Tamm", phone="+37258880000")


def passed_on(case: Case, by: User, controller_id: str = "north") -> Handover:
    draft = letter_for(case, part_of(case, controller_id), language="en")
    return hand_over(case=case, controller_id=controller_id, draft=draft, by=by, at=LATER)


def built(handover: Handover, *, at: datetime = LATER) -> zipfile.ZipFile:
    while build_next_file(clock=lambda: at):
        pass
    file = HandoverFile.objects.get(handover=handover)
    assert (file.status, file.error_code) == ("done", "")
    assert file.blob is not None
    return zipfile.ZipFile(io.BytesIO(b"".join(open_blob(file.blob))))


def words_of(letter: Letter) -> str:
    pdf = PdfReader(io.BytesIO(b"".join(open_blob(letter_pdf(letter)))))
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def test_the_search_notes_whose_data_it_found(mixed: Case) -> None:
    handover = mixed.handovers.get()
    assert (handover.controller_id, handover.controller_name) == ("north", "North AS")
    assert (handover.state, handover.held, handover.link) == (Telling.TO_SEND, [], None)
    (part,) = entrusted_parts(mixed)
    assert (part.held, part.rows) == ([("company", "answers", 1)], 1)


def test_a_mixed_request_stays_open_and_its_other_part_is_forwarded(
    mixed: Case, handler: User
) -> None:
    handover = passed_on(mixed, handler)
    mixed.refresh_from_db()
    part = handover.forwarded_case
    assert part is not None
    assert (mixed.state, part.state, part.parent) == (State.IN_PROGRESS, State.FORWARDED, mixed)
    assert part.reference != mixed.reference
    assert (part.forwarded_at, part.safe_on) == (LATER, mixed.safe_on)
    assert (part.name, part.email_hash, part.about) == ("Ana Kask", mixed.email_hash, mixed.about)
    assert (handover.state, handover.sent_by, handover.sent_at) == (Telling.SENT, handler, LATER)
    assert handover.held == [["company", "answers", 1]]
    assert sorted(part.letters.values_list("kind", flat=True)) == ["forwarding", "handover"]
    assert not mixed.letters.filter(kind__in=["forwarding", "handover"]).exists()
    verbs = Event.objects.filter(object_id=str(part.id)).values_list("verb", flat=True)
    assert set(verbs) == {"case.split", "case.forward", "letter.sent"}


def test_our_own_part_is_answered_as_before(mixed: Case, handler: User) -> None:
    passed_on(mixed, handler)
    decide(
        case=mixed,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    mixed.refresh_from_db()
    assert mixed.state == State.DECIDED


def test_a_wholly_entrusted_request_is_forwarded_itself(entrusted: Case, handler: User) -> None:
    handover = passed_on(entrusted, handler)
    entrusted.refresh_from_db()
    assert (entrusted.state, handover.forwarded_case) == (State.FORWARDED, entrusted)
    assert Case.objects.count() == 1
    assert not entrusted.is_open
    built(handover)
    units = entrusted.collection_units.all()
    assert [unit.searched_with for unit in units] == [[]]  # nothing of it is ours to keep


def test_the_last_of_two_controllers_forwards_the_case_itself(
    company: str, handler: User, tmp_path: Path
) -> None:
    """Two companies have entrusted data of the same person to us: neither is forgotten."""
    copy_map(tmp_path, also=SOUTH)
    run_sql(
        company,
        """INSERT INTO answers VALUES
            (3, '+37258880000', 'north', 'maybe'), (4, '+37258880000', 'south', 'no')""",
    )
    case = searched(email="callee@example.com", name="Kai Tamm", phone="+37258880000")
    north, south = passed_on(case, handler), passed_on(case, handler, "south")
    case.refresh_from_db()
    assert (case.state, south.forwarded_case) == (State.FORWARDED, case)
    assert north.forwarded_case is not None
    assert (north.forwarded_case.state, north.forwarded_case.parent) == (State.FORWARDED, case)
    with built(south) as archive:
        (line,) = archive.read("data/company-answers.jsonl").splitlines()
    assert json.loads(line)["said"] == "no"


@pytest.mark.parametrize("case_name", ["mixed", "entrusted"])
def test_a_second_click_forwards_nothing(
    case_name: str, handler: User, request: pytest.FixtureRequest
) -> None:
    case = request.getfixturevalue(case_name)
    draft = letter_for(case, part_of(case, "north"), language="en")
    passed_on(case, handler)
    before = (Case.objects.count(), Letter.objects.count(), Message.objects.count())
    with pytest.raises(CaseMovedOn):
        hand_over(case=case, controller_id="north", draft=draft, by=handler, at=LATER)
    assert (Case.objects.count(), Letter.objects.count(), Message.objects.count()) == before
    assert Handover.objects.count() == HandoverFile.objects.count() == 1


def test_what_was_answered_first_can_still_be_passed_on(mixed: Case, handler: User) -> None:
    """The own part is answered and its findings are gone: the other part is not lost."""
    Case.objects.filter(pk=mixed.pk).update(
        state=State.ANSWERED, decided_at=LATER, answered_at=LATER
    )
    mixed.collection_units.update(searched_with=[])
    handover = passed_on(Case.objects.get(pk=mixed.pk), handler)
    with built(handover) as archive:
        assert len(archive.read("data/company-answers.jsonl").splitlines()) == 1


def test_the_part_that_was_passed_on_is_not_opened_again(mixed: Case, handler: User) -> None:
    part = passed_on(mixed, handler).forwarded_case
    assert part is not None
    assert not may_reopen(part)
    with pytest.raises(CaseMovedOn):
        reopen(case=part, words="Why?", by=handler, at=LATER)


def test_a_wholly_forwarded_request_can_be_opened_again_and_is_not_passed_on_twice(
    entrusted: Case, handler: User
) -> None:
    passed_on(entrusted, handler)
    entrusted.refresh_from_db()
    reopen(case=entrusted, words="You hold more.", by=handler, at=LATER)
    entrusted.refresh_from_db()
    assert entrusted.state == State.RECEIVED
    start_collection(case=entrusted, by=Actor.system("test"), at=LATER)
    while collect_next(clock=lambda: LATER):
        pass
    entrusted.refresh_from_db()
    with pytest.raises(CaseMovedOn):
        passed_on(entrusted, handler)
    assert entrusted.handovers.count() == 1


def test_nothing_is_passed_on_before_the_search_has_ended(company: str, handler: User) -> None:
    case = receive_case(intake=intake(phone=PHONE), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    collect_next(clock=lambda: NOW)
    draft = letter_for(case, part_of(case, "north"), language="en")
    case.collection_units.update(status="queued", finished_at=None)
    with pytest.raises(SearchIncomplete):
        hand_over(case=case, controller_id="north", draft=draft, by=handler, at=LATER)
    assert not Letter.objects.filter(kind=LetterKind.HANDOVER).exists()


def test_nothing_is_passed_on_to_whom_it_does_not_belong(mixed: Case, handler: User) -> None:
    draft = letter_for(mixed, part_of(mixed, "north"), language="en")
    with pytest.raises(NothingEntrusted):
        hand_over(case=mixed, controller_id="south", draft=draft, by=handler, at=LATER)


def test_a_withdrawn_request_is_not_passed_on(mixed: Case, handler: User) -> None:
    draft = letter_for(mixed, part_of(mixed, "north"), language="en")
    withdraw_request(case=mixed, at=LATER)
    with pytest.raises(CaseMovedOn):
        hand_over(case=mixed, controller_id="north", draft=draft, by=handler, at=LATER)


def test_a_letter_without_its_parts_forwards_nothing(mixed: Case, handler: User) -> None:
    draft = letter_for(mixed, part_of(mixed, "north"), language="en")
    emptied = type(draft)(
        kind=draft.kind,
        title=draft.title,
        subject=draft.subject,
        passages=draft.passages[1:],
        to_name=draft.to_name,
        language=draft.language,
    )
    with pytest.raises(PartsMissing):
        hand_over(case=mixed, controller_id="north", draft=emptied, by=handler, at=LATER)
    assert (Case.objects.count(), mixed.handovers.get().state) == (1, Telling.TO_SEND)


def test_a_search_begun_anew_notes_anew(mixed: Case) -> None:
    search_only_proven(case=mixed, by=Actor.system("test"), at=LATER)
    assert not mixed.handovers.exists()
    while collect_next(clock=lambda: LATER):
        pass
    assert mixed.handovers.get().state == Telling.TO_SEND


# --- the letters -------------------------------------------------------------------------------
def test_the_letter_to_the_controller_says_who_asks_what_and_until_when(
    mixed: Case, handler: User
) -> None:
    handover = passed_on(mixed, handler)
    part = handover.forwarded_case
    assert part is not None
    text = words_of(part.letters.get(kind=LetterKind.HANDOVER))
    for words in (
        "North AS",
        part.reference,
        "you decide on the request",
        "Access, Article 15 GDPR",
        "Ana Kask",
        "ana@example.com",
        PHONE,
        "All my calls.",
        "Answers",
        "1 record",
        "Article 28(3)(e) GDPR",
        "5 April 2026",
        "Hanna",
    ):
        assert words in text
    assert "Clients" not in text  # what is ours is none of its business


@pytest.mark.parametrize("case_name", ["mixed", "entrusted"])
def test_the_person_is_told_who_decides(
    case_name: str, handler: User, request: pytest.FixtureRequest
) -> None:
    case = request.getfixturevalue(case_name)
    handover = passed_on(case, handler)
    part = handover.forwarded_case
    assert part is not None
    letter = part.letters.get(kind=LetterKind.FORWARDING)
    assert letter.is_to_person
    text = words_of(letter)
    for words in (
        "North AS",
        "privacy@north.example",
        "We help it with our part",
        "Andmekaitse Inspektsioon",
        "Article 79",
        "5 April 2026",
        part.reference,
    ):
        assert words in text
    assert ("under the reference " + case.reference in text) == (part != case)
    assert ("no data of our own" in text) == (part == case)
    assert messages_for(f"case:{part.id}:letter-forwarding").count() == 1


@pytest.mark.parametrize("language", ["pl", "et", "lv"])
def test_the_letter_is_in_the_language_chosen_for_the_controller(
    mixed: Case, handler: User, language: str
) -> None:
    draft = letter_for(mixed, part_of(mixed, "north"), language=language)
    handover = hand_over(case=mixed, controller_id="north", draft=draft, by=handler, at=LATER)
    assert handover.link is not None
    letter = handover.link.letter
    assert (letter.language, letter.content["passages"][0]["part"]) == (language, "decided")
    assert f"/{language}/" in handover.link.message.text


def test_the_mail_to_the_controller_holds_no_personal_data(mixed: Case, handler: User) -> None:
    handover = passed_on(mixed, handler)
    assert handover.link is not None
    message = handover.link.message
    assert message.to == handover.link.to_email == "privacy@north.example"
    for secret in ("Ana", "ana@example.com", PHONE, "calls"):
        assert secret not in message.text + message.html + message.subject
    assert not messages_for(f"case:{mixed.id}:").filter(pk=message.pk).exists()


# --- the file ----------------------------------------------------------------------------------
def test_the_file_holds_the_request_and_the_rows_of_this_controller_alone(
    mixed: Case, handler: User, company: str
) -> None:
    run_sql(company, "INSERT INTO answers VALUES (7, '+3725123 4567', 'south', 'not yours')")
    handover = passed_on(mixed, handler)
    with built(handover) as archive:
        assert archive.namelist() == ["data/company-answers.jsonl", "request.json"]
        (line,) = archive.read("data/company-answers.jsonl").splitlines()
        request = json.loads(archive.read("request.json"))
    row = {"id": 1, "phone": "003725123 4567", "campaign": "north", "said": "yes"}
    assert json.loads(line) == row
    part = handover.forwarded_case
    assert part is not None
    assert request["request"] == {
        "reference": part.reference,
        "right": "access",
        "article": "15",
        "language": "en",
        "channel": "portal",
        "choice": None,
        "words": "All my calls.",
        "dates": {
            "received_at": "2026-03-05T10:00:00+02:00",
            "received_on": "2026-03-05",
            "one_month_ends_on": "2026-04-05",
            "last_day_by_law": "2026-04-06",
            "forwarded_at": "2026-03-05T11:00:00+02:00",
        },
    }
    assert request["person"] == {
        "name": "Ana Kask",
        "email": "ana@example.com",
        "postal_address": None,
        "email_confirmed_at": None,
        "phone": PHONE,
        "customer_number": None,
    }
    assert request["controller"] == {"name": "North AS", "contact": "privacy@north.example"}
    (table,) = request["tables"]
    assert (table["file"], table["rows"]) == ("data/company-answers.jsonl", 1)
    file = HandoverFile.objects.get()
    assert (file.rows, file.blob and file.blob.size) == (1, file.size)


def test_what_is_asked_for_another_is_passed_on_as_theirs(company: str, handler: User) -> None:
    case = searched(
        name="Piret Tamm",
        email="piret@example.org",
        phone=PHONE,
        representation=Representation(authority=Authority.MANDATE, name="Ana Kask"),
    )
    handover = passed_on(case, handler)
    part = handover.forwarded_case
    assert part is not None
    copied = Representative.objects.get(case=part)
    assert (copied.person_name, copied.checked_at) == ("Ana Kask", None)
    assert Representative.objects.get(case=case).pk != copied.pk
    with built(handover) as archive:
        request = json.loads(archive.read("request.json"))
        assert len(archive.read("data/company-answers.jsonl").splitlines()) == 1
    assert request["person"]["name"] == "Ana Kask"
    assert (request["person"]["email"], request["person"]["email_confirmed_at"]) == (None, None)
    assert request["written_by"] == {
        "name": "Piret Tamm",
        "email": "piret@example.org",
        "postal_address": None,
        "authority": "mandate",
        "checked_at": None,
    }
    words = " ".join(words_of(one) for one in part.letters.all())
    assert "We have not checked yet that they may speak for the person." in words


def test_a_source_that_is_away_fails_the_file_and_a_retry_builds_it(
    mixed: Case, handler: User, company: str
) -> None:
    handover = passed_on(mixed, handler)
    run_sql(company, "ALTER TABLE answers RENAME TO elsewhere")
    assert build_next_file(clock=lambda: LATER)
    file = HandoverFile.objects.get()
    assert (file.status, file.attempts) == ("queued", 1)
    assert file.error_code != ""
    with pytest.raises(NotFailed):
        retry_file(file=file, by=Actor.staff(handler.pk), at=LATER)
    HandoverFile.objects.update(status="failed", not_before=None)
    file.refresh_from_db()
    retry_file(file=file, by=Actor.staff(handler.pk), at=LATER)
    run_sql(company, "ALTER TABLE elsewhere RENAME TO answers")
    with built(handover) as archive:
        assert "data/company-answers.jsonl" in archive.namelist()
    assert Blob.objects.filter(kind="handover").count() == 1


def test_a_file_whose_worker_died_is_begun_again(mixed: Case, handler: User) -> None:
    handover = passed_on(mixed, handler)
    file = HandoverFile.objects.get()
    claimed = claim_next(HandoverFile.objects.all(), at=LATER, lease=timedelta(seconds=1))
    assert claimed == file
    while build_next_file(clock=lambda: LATER + timedelta(minutes=1)):
        pass
    assert len(built(handover).namelist()) == 2


def test_the_file_goes_with_its_link_and_is_built_anew_with_a_new_one(
    mixed: Case, handler: User
) -> None:
    handover = passed_on(mixed, handler)
    built(handover)
    Message.objects.update(status="done", sent_at=LATER, finished_at=LATER)
    over = LATER + LINK_LIFETIME
    assert remove_expired_files(at=over - timedelta(seconds=1)) == 0
    assert remove_expired_files(at=over) == 1
    assert remove_expired_files(at=over) == 0
    assert not Blob.objects.filter(kind="handover").exists()
    send_handover_again(handover=handover, by=handler, at=over)
    assert build_next_file(clock=lambda: over)
    assert HandoverFile.objects.get().rows == 1


def test_the_identifiers_go_with_the_file_of_a_controller_who_confirmed(
    mixed: Case, handler: User
) -> None:
    handover = passed_on(mixed, handler)
    built(handover)
    assert handover.link is not None
    assert confirm_receipt(link=handover.link, at=LATER)
    assert HandoverFile.objects.get().sealed_keys != []
    remove_expired_files(at=LATER + LINK_LIFETIME)
    assert HandoverFile.objects.get().sealed_keys == []


# --- states ------------------------------------------------------------------------------------
def test_a_mail_that_was_given_up_is_seen_and_sent_again(mixed: Case, handler: User) -> None:
    handover = passed_on(mixed, handler)
    link = handover.link
    assert link is not None
    with pytest.raises(CaseMovedOn):  # it is on its way
        send_handover_again(handover=handover, by=handler, at=LATER)
    assert note_undelivered(at=LATER) == 0
    Message.objects.filter(pk=link.message_id).update(
        status="failed", error_code="refused", error_text="x"
    )
    assert note_undelivered(at=LATER) == 1
    assert note_undelivered(at=LATER) == 0
    handover.refresh_from_db()
    assert handover.state == Telling.FAILED
    hash_before, message_before = bytes(link.token_hash), link.message_id
    send_handover_again(handover=handover, by=handler, at=LATER)
    handover.refresh_from_db()
    link.refresh_from_db()
    assert handover.state == Telling.SENT
    assert bytes(link.token_hash) != hash_before
    assert link.message_id != message_before
    assert link.letter.message_id == link.message_id  # the evidence of when it left
    with pytest.raises(CaseMovedOn):
        send_handover_again(handover=handover, by=handler, at=LATER)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "sent"},
        {"state": "acknowledged"},
        {"state": "failed"},
        {"state": "impossible"},
        {"state": "told_otherwise"},
        {"sent_at": NOW},
        {"acknowledged_at": NOW},
    ],
)
def test_the_database_knows_no_handover_half_sent(mixed: Case, changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        mixed.handovers.update(**changes)


def test_a_case_is_no_part_of_itself(mixed: Case) -> None:
    with pytest.raises(IntegrityError, match="case_is_no_part"), transaction.atomic():
        Case.objects.filter(pk=mixed.pk).update(parent=mixed)


def test_part_is_described_by_the_map_it_was_searched_with(mixed: Case) -> None:
    part = part_of(mixed, "north")
    assert isinstance(part, EntrustedPart)
    assert part.data_map == map_of(mixed.collection_units.get().map_version.hash)


# --- the pages ---------------------------------------------------------------------------------
def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(case: Case, controller_id: str = "north") -> str:
    return reverse("desk:handover-send", args=[case.reference, controller_id])


def case_page(client: Client, case: Case) -> str:
    return client.get(reverse("desk:case-detail", args=[case.reference])).content.decode()


def own_page(case: Case) -> str:
    client = Client()
    session = client.session
    session["portal_case"] = str(case.id)
    session["portal_case_until"] = (timezone.now() + timedelta(hours=1)).timestamp()
    session.save()
    return client.get("/en/my/").content.decode()


def test_a_handler_passes_on_from_the_preview(mixed: Case, handler: User) -> None:
    client = signed_in(handler)
    page = case_page(client, mixed)
    assert "Data we hold for other companies" in page
    assert "privacy<wbr>@north.example" in page
    assert client.post(address(mixed), {"language": "xx"}).status_code == 422
    preview = client.post(address(mixed), {"language": "en"}).content.decode()
    assert "This is the letter to North AS." in preview
    assert mixed.handovers.get().state == Telling.TO_SEND
    send = {"language": "en", "letter_step": "send", "passage-5": "Please answer by Friday."}
    assert client.post(address(mixed), send).status_code == 302
    assert client.post(address(mixed), send).status_code == 302  # a second tap
    handover = mixed.handovers.get()
    part = handover.forwarded_case
    assert part is not None
    assert Case.objects.count() == 2
    assert "Please answer by Friday." in words_of(part.letters.get(kind=LetterKind.HANDOVER))
    page = case_page(client, mixed)
    assert part.reference in page
    assert "Waiting to be sent" in page
    assert "that was passed on to North AS" in case_page(client, part)
    assert mixed.reference in case_page(client, part)


def test_a_letter_that_lacks_a_part_shows_what_is_missing_and_forwards_nothing(
    mixed: Case, handler: User
) -> None:
    """Only marked passages can be emptied, and none of them is mandatory here."""
    client = signed_in(handler)
    send = {"language": "en", "letter_step": "send", "passage-0": "", "passage-5": ""}
    assert client.post(address(mixed), send).status_code == 302
    handover = mixed.handovers.get()
    assert handover.link is not None
    assert "you decide on the request" in words_of(handover.link.letter)


def test_an_unknown_controller_is_no_page(mixed: Case, handler: User) -> None:
    assert signed_in(handler).post(address(mixed, "south"), {"language": "en"}).status_code == 404


def test_an_auditor_looks_and_passes_nothing_on(mixed: Case, handler: User, auditor: User) -> None:
    client = signed_in(auditor)
    assert "North AS" in case_page(client, mixed)
    assert address(mixed) not in case_page(client, mixed)
    assert client.post(address(mixed), {"language": "en"}).status_code == 403
    handover = passed_on(mixed, handler)
    for name in ("handover-again", "handover-file-again"):
        again = reverse(f"desk:{name}", args=[mixed.reference, handover.pk])
        assert client.post(again).status_code == 403


def test_a_new_link_is_sent_from_the_case_page(mixed: Case, handler: User) -> None:
    handover = passed_on(mixed, handler)
    client = signed_in(handler)
    again = reverse("desk:handover-again", args=[mixed.reference, handover.pk])
    assert again not in case_page(client, mixed)
    assert handover.link is not None
    Message.objects.filter(pk=handover.link.message_id).update(
        status="failed", error_code="refused", error_text="x"
    )
    page = case_page(client, mixed)
    assert "Mail failed" in page  # before the sweep has noted it, too
    assert again in page
    mails = Message.objects.count()
    assert client.post(again).status_code == 302
    assert client.post(again).status_code == 302
    assert Message.objects.count() == mails + 1


def test_a_failed_file_is_built_again_from_the_case_page(mixed: Case, handler: User) -> None:
    handover = passed_on(mixed, handler)
    HandoverFile.objects.update(status="failed", error_code="unreachable", error_text="Away.")
    client = signed_in(handler)
    again = reverse("desk:handover-file-again", args=[mixed.reference, handover.pk])
    assert again in case_page(client, mixed)
    assert mixed.reference in client.get("/desk/?show=outside").content.decode()
    assert client.post(again).status_code == 302
    assert len(built(handover, at=timezone.now()).namelist()) == 2


def test_the_queue_shows_what_waits_to_be_passed_on_of_an_answered_case_too(
    mixed: Case, handler: User
) -> None:
    client = signed_in(handler)
    Case.objects.filter(pk=mixed.pk).update(
        state=State.ANSWERED, decided_at=LATER, answered_at=LATER
    )
    page = client.get("/desk/?show=outside").content.decode()
    assert mixed.reference in page
    assert "Another company has to be told" in page
    passed_on(Case.objects.get(pk=mixed.pk), handler)
    assert mixed.reference not in client.get("/desk/?show=outside").content.decode()


@pytest.mark.parametrize("case_name", ["mixed", "entrusted"])
def test_the_person_sees_who_decides(
    case_name: str, handler: User, request: pytest.FixtureRequest
) -> None:
    case = request.getfixturevalue(case_name)
    assert "Who else decides" not in own_page(case)
    part = passed_on(case, handler).forwarded_case
    assert part is not None
    pages = [own_page(case), own_page(part)]
    for page in pages:
        assert ("Who decides" in page) == (part == case or page is pages[1])
        assert "North AS" in page
        assert "privacy@north.example" in page
        assert part.reference in page
    assert "We aim to answer by" not in own_page(part)
    assert "We passed your request on" in own_page(part)
