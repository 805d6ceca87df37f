"""Recipients are told of corrections, erasures and restrictions: each once (Art. 19)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from datamap.services import load_map
from erasure.services.work import work_next
from lib.units import Status
from outbox.models import Message
from requests_portal.domain.choices import Choice
from requests_portal.domain.deciding import Judgement
from requests_portal.domain.letters import LetterKind
from requests_portal.domain.lifecycle import State
from requests_portal.domain.outside import Telling
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Correction, RecipientNotice
from requests_portal.queries import collected_rows
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.corrections import order_corrections, propose
from requests_portal.services.decision_letters import decision_letter
from requests_portal.services.erasure import approve_erasure, live_plan, plan_erasure
from requests_portal.services.identification import case_reference
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.notice_letters import notice_letter
from requests_portal.services.outside import confirm_receipt, note_undelivered
from requests_portal.services.recipients import (
    NoContact,
    ToldInFuture,
    contact_of,
    note_corrections,
    note_impossible,
    note_told,
    send_notice,
    send_notice_again,
)
from requests_portal.services.rectification import correct_next
from requests_portal.services.rulings import rule
from retention.domain.restricting import Reason
from retention.services.restrictions import restrict_person
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import MAP, NOW, intake, run_sql

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(hours=1)
CONTACT = "    country: FI\n    contact_email: dpo@cloud.example\n"


@pytest.fixture
def dpo(db: None) -> User:
    return make_user(Role.DPO)


@pytest.fixture
def reachable(company: str, tmp_path: Path) -> str:
    """The company, with a map that says where its recipient is told."""
    for file in MAP.iterdir():
        (tmp_path / file.name).write_text(file.read_text().replace("    country: FI\n", CONTACT))
    load_map(directory=tmp_path, by=Actor.system("test"), at=NOW)
    return company


def searched(right: Right, **changes: object) -> Case:
    case = receive_case(intake=intake(right=right, **changes), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: NOW):
        pass
    case.refresh_from_db()
    return case


def decide(case: Case, outcome: Outcome, by: User) -> None:
    judgement = Judgement(right=Right(case.right), outcome=outcome)
    draft = decision_letter(case=case, judgement=judgement, by=by)
    rule(case=case, judgement=judgement, draft=draft, identity_checked=True, by=by, at=LATER)


def corrected(by: User, table: str = "clients", **changes: str) -> Case:
    """Ana's name, put right in the register and told to her."""
    case = searched(Right.RECTIFICATION)
    collected = case.collection_units.get().tables.get(table_name=table)
    values = next(iter(collected_rows(collected))).values
    proposed = propose(
        case=case,
        collected=collected,
        values=values,
        changes=changes or {"name": "Anna Kask"},
        by=by,
        at=LATER,
    )
    order_corrections(case=case, chosen=[one.pk for one in proposed], by=by, at=LATER)
    while correct_next(clock=lambda: LATER):
        pass
    decide(case, Outcome.GRANTED, by)
    case.refresh_from_db()
    return case


def erased(by: User, dpo: User) -> Case:
    case = searched(Right.ERASURE)
    plan_erasure(case=case, claims={}, by=by, at=LATER)
    while work_next(clock=timezone.now):
        pass
    plan = live_plan(case)
    assert plan is not None
    approve_erasure(case=case, plan=plan, seen_hash=plan.hash, by=dpo, at=LATER)
    while work_next(clock=timezone.now):
        pass
    case.refresh_from_db()
    assert case.state == State.ANSWERED
    return case


def words_of(notice: RecipientNotice) -> str:
    assert notice.link is not None
    return str(notice.link.letter.content)


def send(notice: RecipientNotice, by: User, language: str = "en") -> None:
    draft = notice_letter(notice=notice, language=language)
    send_notice(notice=notice, draft=draft, by=by, at=LATER)
    notice.refresh_from_db()


# --- who has to be told ------------------------------------------------------------------------
def test_a_correction_is_told_to_whoever_received_the_table(company: str, handler: User) -> None:
    case = corrected(handler)
    notice = case.recipient_notices.get()
    assert (notice.recipient_id, notice.recipient_name) == ("cloud", "Cloud Ltd")
    assert (notice.state, notice.occasion) == (Telling.TO_SEND, "rectification")
    assert notice.touched == [["company", "clients", ["name"]]]
    event = Event.objects.get(verb="notice.due", object_id=str(case.id))
    assert event.data == {"recipient": "cloud", "occasion": "rectification"}


def test_a_table_nobody_received_is_told_to_nobody(company: str, handler: User) -> None:
    case = corrected(handler, table="notes", body="what Ana said")
    assert case.state == State.ANSWERED
    assert not case.recipient_notices.exists()


def test_a_correction_that_was_not_applied_is_told_to_nobody(company: str, handler: User) -> None:
    """Somebody changed the name meanwhile: nothing was written, so there is nothing to tell."""
    case = searched(Right.RECTIFICATION)
    collected = case.collection_units.get().tables.get(table_name="clients")
    values = next(iter(collected_rows(collected))).values
    (one,) = propose(
        case=case, collected=collected, values=values, changes={"name": "Anna"}, by=handler, at=NOW
    )
    order_corrections(case=case, chosen=[one.pk], by=handler, at=NOW)
    run_sql(company, "UPDATE clients SET name = 'Annika' WHERE id = 1")
    while correct_next(clock=lambda: LATER):
        pass
    assert Correction.objects.get().has_conflict
    note_corrections(case=case, at=LATER)
    assert not case.recipient_notices.exists()


def test_an_erasure_is_told_of_the_tables_that_lost_rows(
    company: str, tmp_path: Path, handler: User, dpo: User
) -> None:
    for file in MAP.iterdir():
        text = file.read_text().replace("    recipients: []\n", "")
        (tmp_path / file.name).write_text(text)
    load_map(directory=tmp_path, by=Actor.system("test"), at=NOW)
    case = erased(handler, dpo)
    notice = case.recipient_notices.get()
    assert (notice.recipient_id, notice.occasion) == ("cloud", "erasure")
    # clients and invoices are kept; other_phone is somebody else's
    assert notice.touched == [["company", "notes", ["email", "body", "at"]]]


def test_an_erasure_of_what_nobody_received_is_told_to_nobody(
    company: str, handler: User, dpo: User
) -> None:
    assert not erased(handler, dpo).recipient_notices.exists()


def test_a_restriction_is_told_of_the_tables_in_which_the_person_was_found(
    company: str, handler: User
) -> None:
    case = searched(Right.RESTRICTION, choice=Choice.ACCURACY.value)
    decide(case, Outcome.GRANTED, handler)
    notice = case.recipient_notices.get()
    assert (notice.occasion, notice.state) == ("restriction", Telling.TO_SEND)
    assert [place[1] for place in notice.touched] == ["clients", "invoices"]


def test_a_restriction_before_the_search_tells_nobody(company: str) -> None:
    """Who is not known to be found anywhere is not made known to others."""
    case = receive_case(intake=intake(right=Right.RESTRICTION), by=Actor.person(), at=NOW)
    restrict(case)
    assert not RecipientNotice.objects.exists()


def restrict(case: Case, reference: str | None = None, **narrowed: Any) -> None:
    restrict_person(
        keys=SubjectKeys(emails=(case.email,)),
        reason=Reason.ACCURACY,
        by=Actor.system("test"),
        at=LATER,
        reference=case_reference(case.id) if reference is None else reference,
        **narrowed,
    )


@pytest.mark.parametrize(
    ("narrowed", "tables"),
    [
        ({"categories": [Category.COMMUNICATIONS]}, []),
        ({"resources": ["elsewhere"]}, []),
        ({"resources": ["company"]}, ["clients", "invoices"]),
        ({"categories": [Category.IDENTITY_BILLING]}, ["clients", "invoices"]),
    ],
)
def test_a_narrow_restriction_is_told_of_what_it_covers(
    company: str, narrowed: dict[str, Any], tables: list[str]
) -> None:
    case = searched(Right.RESTRICTION)
    restrict(case, **narrowed)
    touched = [one.touched for one in case.recipient_notices.all()]
    assert [place[1] for places in touched for place in places] == tables


def test_a_restriction_of_no_case_tells_nobody(company: str) -> None:
    case = searched(Right.RESTRICTION)
    restrict(case, reference="")
    assert not RecipientNotice.objects.exists()


def test_each_recipient_is_noted_once_and_what_waits_is_told_together(
    company: str, handler: User
) -> None:
    case = searched(Right.RESTRICTION)
    restrict(case, categories=[Category.IDENTITY_BILLING])
    restrict(case)
    notice = case.recipient_notices.get()
    assert [place[1] for place in notice.touched] == ["clients", "invoices"]
    assert Event.objects.filter(verb="notice.due").count() == 1


# --- telling -----------------------------------------------------------------------------------
def test_the_letter_says_what_to_do_with_which_field_and_nothing_more(
    reachable: str, handler: User
) -> None:
    notice = corrected(handler, name="Anna Kask").recipient_notices.get()
    send(notice, handler)
    assert (notice.state, notice.sent_by) == (Telling.SENT, handler)
    letter = words_of(notice)
    for words in ("Cloud Ltd", "ana@example.com", "Anna Kask", "Ana Kask", "Article 19"):
        assert words in letter
    for secret in ("AP-1", "5123", "said Ana", "Invoices"):  # not what it is about
        assert secret not in letter
    assert notice.link is not None
    message = notice.link.message
    assert message.to == "dpo@cloud.example"
    for secret in ("Ana", "ana@", "Anna"):
        assert secret not in message.subject + message.text + message.html
    assert not notice.link.letter.is_to_person


@pytest.mark.parametrize("language", ["en", "pl", "et", "lv"])
def test_the_letter_of_a_restriction_names_tables_and_fields(
    reachable: str, handler: User, language: str
) -> None:
    case = searched(Right.RESTRICTION)
    restrict(case)
    notice = case.recipient_notices.get()
    send(notice, handler, language)
    assert notice.link is not None
    assert notice.link.letter.language == language
    title = {"en": "Clients", "pl": "Klienci", "et": "Kliendid", "lv": "Klienti"}[language]
    assert title in words_of(notice)
    assert "ana@example.com" in words_of(notice)
    assert "Ana Kask" not in words_of(notice)


def test_without_a_contact_nothing_is_sent(company: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    assert contact_of(notice) == ""
    draft = notice_letter(notice=notice, language="en")
    with pytest.raises(NoContact):
        send_notice(notice=notice, draft=draft, by=handler, at=LATER)
    notice.refresh_from_db()
    assert notice.state == Telling.TO_SEND


def test_a_contact_that_the_map_gains_later_is_used(
    company: str, handler: User, tmp_path: Path
) -> None:
    notice = corrected(handler).recipient_notices.get()
    for file in MAP.iterdir():
        (tmp_path / file.name).write_text(file.read_text().replace("    country: FI\n", CONTACT))
    load_map(directory=tmp_path, by=Actor.system("test"), at=LATER)
    assert contact_of(notice) == "dpo@cloud.example"


def test_a_second_click_sends_nothing(reachable: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    send(notice, handler)
    mails = Message.objects.count()
    with pytest.raises(CaseMovedOn):
        send(notice, handler)
    assert Message.objects.count() == mails


def test_the_recipient_confirms(reachable: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    send(notice, handler)
    assert notice.link is not None
    assert confirm_receipt(link=notice.link, at=LATER)
    notice.refresh_from_db()
    assert (notice.state, notice.acknowledged_at) == (Telling.ACKNOWLEDGED, LATER)


def test_a_failed_mail_is_sent_again_or_settled_otherwise(reachable: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    send(notice, handler)
    assert notice.link is not None
    failed = {"status": Status.FAILED, "error_code": "refused", "error_text": "x"}
    Message.objects.filter(pk=notice.link.message_id).update(**failed)
    assert note_undelivered(at=LATER) == 1
    notice.refresh_from_db()
    assert notice.state == Telling.FAILED
    send_notice_again(notice=notice, by=handler, at=LATER)
    notice.refresh_from_db()
    assert notice.state == Telling.SENT
    with pytest.raises(CaseMovedOn):  # it is on its way: not to be noted as impossible
        note_impossible(notice=notice, reason="no reply", by=handler, at=LATER)
    notice.link.refresh_from_db()
    Message.objects.filter(pk=notice.link.message_id).update(**failed)
    note_undelivered(at=LATER)
    note_told(notice=notice, told_on=date(2026, 3, 5), how="By phone", by=handler, at=LATER)
    notice.refresh_from_db()
    assert (notice.state, notice.told_on) == (Telling.TOLD_OTHERWISE, date(2026, 3, 5))


def test_staff_note_how_else_it_was_told(company: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    with pytest.raises(ToldInFuture):
        note_told(notice=notice, told_on=date(2026, 3, 6), how="x", by=handler, at=LATER)
    note_told(notice=notice, told_on=date(2026, 3, 5), how="By letter", by=handler, at=LATER)
    notice.refresh_from_db()
    assert (notice.state, notice.reason) == (Telling.TOLD_OTHERWISE, "By letter")
    assert (notice.settled_by, notice.settled_at) == (handler, LATER)
    with pytest.raises(CaseMovedOn):
        note_impossible(notice=notice, reason="x", by=handler, at=LATER)


def test_impossible_needs_and_keeps_its_reason(company: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    note_impossible(notice=notice, reason="It was wound up.", by=handler, at=LATER)
    notice.refresh_from_db()
    assert (notice.state, notice.reason) == (Telling.IMPOSSIBLE, "It was wound up.")
    event = Event.objects.get(verb="notice.impossible")
    assert event.data == {"recipient": "cloud"}  # the reason is no business of the trail


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "sent"},
        {"state": "failed"},
        {"state": "acknowledged", "acknowledged_at": NOW},
        {"state": "impossible"},
        {"state": "impossible", "settled_at": NOW},
        {"state": "told_otherwise"},
        {"told_on": date(2026, 3, 5)},
        {"settled_at": NOW},
        {"acknowledged_at": NOW},
    ],
)
def test_the_database_knows_no_notice_half_told(
    company: str, handler: User, changes: dict[str, object]
) -> None:
    notice = corrected(handler).recipient_notices.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        RecipientNotice.objects.filter(pk=notice.pk).update(**changes)


def test_impossible_without_reason_is_refused_by_the_database(company: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    with pytest.raises(IntegrityError, match="impossible_has_reason"), transaction.atomic():
        RecipientNotice.objects.filter(pk=notice.pk).update(
            state="impossible", settled_at=LATER, settled_by=handler
        )


# --- the pages ---------------------------------------------------------------------------------
def url(name: str, notice: RecipientNotice) -> str:
    return reverse(f"desk:{name}", args=[notice.case.reference, notice.pk])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def case_page(client: Client, case: Case) -> str:
    return client.get(reverse("desk:case-detail", args=[case.reference])).content.decode()


def own_page(case: Case) -> str:
    client = Client()
    session = client.session
    session["portal_case"] = str(case.id)
    session["portal_case_until"] = (timezone.now() + timedelta(hours=1)).timestamp()
    session.save()
    return client.get("/en/my/").content.decode()


def test_a_handler_sends_the_letter_from_its_preview(reachable: str, handler: User) -> None:
    case = corrected(handler)
    notice = case.recipient_notices.get()
    client = signed_in(handler)
    page = case_page(client, case)
    assert "Recipients to tell" in page
    assert "dpo@cloud.example" in page
    refused = client.post(url("notice-send", notice), {"language": "xx"})
    assert refused.status_code == 422
    preview = client.post(url("notice-send", notice), {"language": "en"})
    assert "This is the letter to Cloud Ltd." in preview.content.decode()
    notice.refresh_from_db()
    assert notice.state == Telling.TO_SEND
    send_it = {"language": "en", "letter_step": "send", "passage-3": "Correct it by Friday."}
    assert client.post(url("notice-send", notice), send_it).status_code == 302
    assert client.post(url("notice-send", notice), send_it).status_code == 302
    notice.refresh_from_db()
    assert notice.state == Telling.SENT
    assert "Correct it by Friday." in words_of(notice)
    assert case.letters.filter(kind=LetterKind.RECIPIENT_NOTICE).count() == 1
    assert "Waiting to be sent" in case_page(client, case)


def test_a_letter_without_a_mandatory_part_is_not_sent(reachable: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    pdf = signed_in(handler).post(
        url("notice-send", notice), {"language": "pl", "letter_step": "pdf"}
    )
    assert pdf.content.startswith(b"%PDF")
    notice.refresh_from_db()
    assert notice.state == Telling.TO_SEND


def test_a_handler_notes_otherwise_and_a_refused_form_loses_nothing(
    company: str, handler: User
) -> None:
    case = corrected(handler)
    notice = case.recipient_notices.get()
    client = signed_in(handler)
    assert "names no address of this recipient" in case_page(client, case)
    prefix = f"told-{notice.pk}"
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    form = {f"{prefix}-told_on": tomorrow, f"{prefix}-reason": "By phone, Ms Ots"}
    refused = client.post(url("notice-told", notice), form)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "This day has not come yet." in text
    assert "By phone, Ms Ots" in text
    empty = client.post(url("notice-impossible", notice), {f"impossible-{notice.pk}-reason": " "})
    assert empty.status_code == 422
    assert "Without a reason every recipient is told." in empty.content.decode()
    form[f"{prefix}-told_on"] = "2026-03-06"
    assert client.post(url("notice-told", notice), form).status_code == 302
    notice.refresh_from_db()
    assert notice.state == Telling.TOLD_OTHERWISE
    assert "By phone, Ms Ots" in case_page(client, case)


def test_an_auditor_looks_and_tells_nobody(reachable: str, handler: User, auditor: User) -> None:
    case = corrected(handler)
    notice = case.recipient_notices.get()
    client = signed_in(auditor)
    assert "Cloud Ltd" in case_page(client, case)
    assert url("notice-send", notice) not in case_page(client, case)
    for name in ("notice-send", "notice-again", "notice-told", "notice-impossible"):
        assert client.post(url(name, notice), {"language": "en"}).status_code == 403
    notice.refresh_from_db()
    assert notice.state == Telling.TO_SEND


def test_a_notice_of_another_case_is_out_of_reach(reachable: str, handler: User) -> None:
    notice = corrected(handler).recipient_notices.get()
    other = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    address = reverse("desk:notice-send", args=[other.reference, notice.pk])
    assert signed_in(handler).post(address, {"language": "en"}).status_code == 404


def test_the_person_sees_who_was_told(reachable: str, handler: User) -> None:
    case = corrected(handler)
    notice = case.recipient_notices.get()
    assert "will be told" in own_page(case)
    send(notice, handler)
    assert notice.link is not None
    Message.objects.filter(pk=notice.link.message_id).update(
        status="done", sent_at=LATER, finished_at=LATER
    )
    page = own_page(case)
    assert "Who was told" in page
    assert "Cloud Ltd" in page
    assert "told on 5 March 2026" in page


def test_the_person_sees_who_could_not_be_told_but_not_our_words(
    company: str, handler: User
) -> None:
    case = corrected(handler)
    note_impossible(
        notice=case.recipient_notices.get(), reason="inside words", by=handler, at=LATER
    )
    page = own_page(case)
    assert "it was impossible or a disproportionate effort" in page
    assert "inside words" not in page


def test_who_waits_to_be_told_is_found_in_the_queue(company: str, handler: User) -> None:
    case = corrected(handler)
    case.handovers.all().delete()  # what North AS has to be told is another matter
    client = signed_in(handler)
    assert case.reference in client.get("/desk/?show=outside").content.decode()
    note_impossible(notice=case.recipient_notices.get(), reason="x", by=handler, at=LATER)
    assert case.reference not in client.get("/desk/?show=outside").content.decode()
