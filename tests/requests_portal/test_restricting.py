"""Restrictions that a request brings about: at once, by decision, and how they end."""

import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

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
from datamap.services import load_map
from outbox.models import Message
from outbox.queries import messages_for
from requests_portal.domain.choices import Choice
from requests_portal.domain.deciding import Ground, Judgement, NothingToWeigh
from requests_portal.domain.letters import LetterKind
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Channel, Outcome, Right
from requests_portal.models import Case
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decision_letters import decision_letter
from requests_portal.services.links import issue_link, redeem_link
from requests_portal.services.reopening import reopen
from requests_portal.services.restricting import restrictions_of
from requests_portal.services.restriction_ends import (
    NothingRestricted,
    announce_end,
    end_letter,
    settle_notices,
)
from requests_portal.services.rulings import approve, propose, proposed_letter, rule
from requests_portal.services.story import person_timeline
from requests_portal.services.withdrawing import withdraw_request
from requests_portal.texts.cases import outcomes_of
from retention.domain.restricting import Reason
from retention.queries import is_restricted
from tests.requests_portal.conftest import MAP, NOW, intake

LATER = NOW + timedelta(hours=1)
LAST = NOW + timedelta(hours=2)
ANA = SubjectKeys(emails=("ana@example.com",))
BASIS = {Right.OBJECTION: "legitimate_interest", Right.WITHDRAWAL: "consent"}


@pytest.fixture
def dpo(db: None) -> User:
    return User.objects.create_user(
        email="dpo@example.org", password="a-long-password", name="Dana", roles=[Role.DPO]
    )


def notes_rest_on(basis: str, folder: Path) -> None:
    """Load the company's map again, with its notes on another legal basis."""
    copied = folder / "maps"
    shutil.copytree(MAP, copied)
    text = (copied / "company.yaml").read_text()
    head, tail = text.split("category: communications", 1)
    tail = tail.replace("legal_basis: contract", f"legal_basis: {basis}", 1)
    (copied / "company.yaml").write_text(f"{head}category: communications{tail}")
    load_map(directory=copied, by=Actor.system("test"), at=NOW)


def filed(right: Right, **changes: object) -> Case:
    return receive_case(intake=intake(right=right, **changes), by=Actor.person(), at=NOW)


def confirmed(case: Case) -> Case:
    text = messages_for(f"case:{case.id}:acknowledgement").get().text
    redeem_link(token=text.split("/link/")[1].split("/")[0], at=LATER)
    case.refresh_from_db()
    return case


def searched(case: Case) -> Case:
    start_collection(case=case, by=Actor.system("test"), at=LATER)
    while collect_next(clock=lambda: LATER):
        pass
    case.refresh_from_db()
    return case


def mails_leave(case: Case) -> None:
    """Let every mail of the case leave the house."""
    Message.objects.filter(reference__startswith=f"case:{case.id}:").update(
        status="done", sent_at=LAST, finished_at=LAST
    )


def refused(case: Case, ground: Ground, handler: User, dpo: User) -> None:
    judgement = Judgement(
        right=Right(case.right), outcome=Outcome.REFUSED, grounds=(ground,), reasons="Weighed."
    )
    proposal = propose(case=case, judgement=judgement, identity_checked=False, by=handler, at=LATER)
    approve(proposal=proposal, draft=proposed_letter(proposal, by=dpo), by=dpo, at=LATER)
    case.refresh_from_db()


@pytest.mark.parametrize("right", [Right.OBJECTION, Right.WITHDRAWAL])
def test_it_binds_us_when_the_address_is_confirmed_and_not_before(
    company: str, tmp_path: Path, right: Right
) -> None:
    notes_rest_on(BASIS[right], tmp_path)
    case = filed(right, phone="+37251234567")
    assert restrictions_of(case) == []  # a stranger can type any address
    confirmed(case)
    (held,) = restrictions_of(case)
    assert (held.resources, held.tables, held.categories) == (["company"], ["company.notes"], [])
    assert held.reason == (Reason.OBJECTION if right is Right.OBJECTION else Reason.CONSENT)
    assert held.keys == ANA  # the phone may be somebody else's


def test_what_staff_entered_binds_us_at_once(company: str, tmp_path: Path, handler: User) -> None:
    notes_rest_on("consent", tmp_path)
    case = receive_case(
        intake=intake(right=Right.WITHDRAWAL, channel=Channel.PHONE),
        by=Actor.staff(handler.pk),
        at=NOW,
    )
    assert len(restrictions_of(case)) == 1


def test_without_data_on_that_basis_nothing_is_restricted_and_it_is_said(
    company: str, handler: User
) -> None:
    case = confirmed(filed(Right.WITHDRAWAL))
    assert restrictions_of(case) == []
    (event,) = Event.objects.filter(verb="restriction.at_once")
    assert event.data == {"tables": 0}
    client = Client()
    client.force_login(handler)
    page = client.get(reverse("desk:case-detail", args=[case.reference])).content.decode()
    assert "See to it by hand." in page


def test_access_restricts_nothing(company: str, tmp_path: Path) -> None:
    notes_rest_on("consent", tmp_path)
    assert restrictions_of(confirmed(filed(Right.ACCESS))) == []


def test_granted_restriction_covers_all_identifiers_found_for_the_reason_chosen(
    company: str, handler: User
) -> None:
    case = searched(filed(Right.RESTRICTION, choice=Choice.CLAIM.value))
    judgement = Judgement(right=Right.RESTRICTION, outcome=Outcome.GRANTED)
    draft = decision_letter(case=case, judgement=judgement, by=handler)
    rule(case=case, judgement=judgement, draft=draft, identity_checked=True, by=handler, at=LATER)
    (held,) = restrictions_of(case)
    assert (held.reason, held.resources, held.categories) == (Reason.CLAIM, [], [])
    assert "+37251234567" in held.keys.phones
    assert is_restricted(SubjectKeys(customer_numbers=("AP-1",)))
    letter = case.letters.get(kind=LetterKind.DECISION)
    assert "We tell you before this ends" in str(letter.content)


def test_upheld_objection_names_the_data(company: str, tmp_path: Path, handler: User) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = searched(confirmed(filed(Right.OBJECTION, choice=Choice.MARKETING.value)))
    judgement = Judgement(right=Right.OBJECTION, outcome=Outcome.GRANTED)
    draft = decision_letter(case=case, judgement=judgement, by=handler)
    rule(case=case, judgement=judgement, draft=draft, identity_checked=True, by=handler, at=LATER)
    assert {tuple(one.tables) for one in restrictions_of(case)} == {("company.notes",)}
    passages = case.letters.get(kind=LetterKind.DECISION).content["passages"]
    named = [one["lines"] for one in passages if one["heading"] == "Which data this is"]
    assert named == [["Notes (Company register)"]]
    mails_leave(case)
    assert settle_notices(at=LAST) == 0  # what was granted stays


def test_refused_objection_ends_the_restriction_after_its_letter_was_sent(
    company: str, tmp_path: Path, handler: User, dpo: User
) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = searched(confirmed(filed(Right.OBJECTION, choice=Choice.OTHER_USE.value)))
    refused(case, Ground.COMPELLING, handler, dpo)
    letter = case.letters.get(kind=LetterKind.DECISION)
    assert "That ends now" in str(letter.content)
    assert settle_notices(at=LAST) == 0  # the mail waits to be sent
    assert len(restrictions_of(case)) == 1
    mails_leave(case)
    assert settle_notices(at=LAST) == 1
    assert (restrictions_of(case), settle_notices(at=LAST)) == ([], 0)


def test_withdrawn_objection_ends_after_the_person_was_told(company: str, tmp_path: Path) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = confirmed(filed(Right.OBJECTION))
    withdraw_request(case=case, at=LATER)
    assert settle_notices(at=LAST) == 0
    mails_leave(case)
    assert settle_notices(at=LAST) == 1


def test_end_is_announced_by_letter_and_lifted_when_it_was_sent(
    company: str, handler: User
) -> None:
    case = searched(filed(Right.RESTRICTION))
    judgement = Judgement(right=Right.RESTRICTION, outcome=Outcome.GRANTED)
    draft = decision_letter(case=case, judgement=judgement, by=handler)
    rule(case=case, judgement=judgement, draft=draft, identity_checked=True, by=handler, at=LATER)
    mails_leave(case)
    client = Client()
    client.force_login(handler)
    page = reverse("desk:case-detail", args=[case.reference])
    assert "Write that it ends" in client.get(page).content.decode()
    step = reverse("desk:restriction-end", args=[case.reference])
    assert "Article 18(3) GDPR" in client.post(step).content.decode()
    assert client.post(step, {"letter_step": "send"}).status_code == 302
    assert settle_notices(at=LAST) == 0
    assert "it is lifted when the mail has been sent" in client.get(page).content.decode()
    with pytest.raises(NothingRestricted):
        announce_end(case=case, draft=end_letter(case), by=handler, at=LAST)
    mails_leave(case)
    assert settle_notices(at=LAST + timedelta(minutes=1)) == 1
    assert not is_restricted(ANA)


def test_auditor_ends_nothing(company: str, auditor: User) -> None:
    case = filed(Right.RESTRICTION)
    client = Client()
    client.force_login(auditor)
    step = reverse("desk:restriction-end", args=[case.reference])
    assert client.post(step, {"letter_step": "send"}).status_code == 403


def test_objection_to_advertising_ends_what_rests_on_a_consent_too(
    company: str, tmp_path: Path
) -> None:
    notes_rest_on("consent", tmp_path)
    assert restrictions_of(confirmed(filed(Right.OBJECTION, choice="other_use"))) == []
    (held,) = restrictions_of(confirmed(filed(Right.OBJECTION, choice="marketing")))
    assert held.tables == ["company.notes"]


def test_granted_withdrawal_leaves_alone_what_rests_on_no_consent(
    company: str, handler: User
) -> None:
    case = searched(filed(Right.WITHDRAWAL))
    judgement = Judgement(right=Right.WITHDRAWAL, outcome=Outcome.GRANTED)
    draft = decision_letter(case=case, judgement=judgement, by=handler)
    rule(case=case, judgement=judgement, draft=draft, identity_checked=True, by=handler, at=LATER)
    assert restrictions_of(case) == []


def test_where_nothing_is_held_the_address_stays_barred(
    company: str, tmp_path: Path, handler: User
) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = searched(confirmed(filed(Right.OBJECTION, email="nobody@example.com", phone="")))
    judgement = Judgement(right=Right.OBJECTION, outcome=Outcome.NOTHING_HELD)
    draft = decision_letter(case=case, judgement=judgement, by=handler)
    rule(case=case, judgement=judgement, draft=draft, identity_checked=True, by=handler, at=LATER)
    assert "That ends now" not in str(case.letters.get(kind=LetterKind.DECISION).content)
    mails_leave(case)
    assert settle_notices(at=LAST) == 0


def test_confirming_what_was_refused_meanwhile_binds_nobody(
    company: str, tmp_path: Path, handler: User, dpo: User
) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = searched(filed(Right.OBJECTION))
    refused(case, Ground.COMPELLING, handler, dpo)
    confirmed(case)
    assert (case.state, case.confirmed_at) == (State.ANSWERED, LATER)
    assert restrictions_of(case) == []


@pytest.mark.parametrize("ground", [Ground.COMPELLING, Ground.LEGAL_CLAIM, Ground.OTHER_BASIS])
def test_objection_to_advertising_is_not_weighed(
    company: str, handler: User, dpo: User, ground: Ground
) -> None:
    case = searched(filed(Right.OBJECTION, choice="marketing"))
    with pytest.raises(NothingToWeigh):
        refused(case, ground, handler, dpo)
    client = Client()
    client.force_login(handler)
    sent = {"outcome": "refused", "grounds": [ground.value], "message": "We earn by it."}
    answer = client.post(reverse("desk:ruling-decide", args=[case.reference]), sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "stops without any weighing" in page
    assert "We earn by it." in page
    assert not case.proposals.exists()


def test_earlier_letter_is_no_notice_of_a_later_refusal(
    company: str, tmp_path: Path, handler: User, dpo: User
) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = searched(confirmed(filed(Right.OBJECTION)))
    judgement = Judgement(right=Right.OBJECTION, outcome=Outcome.GRANTED)
    draft = decision_letter(case=case, judgement=judgement, by=handler)
    rule(case=case, judgement=judgement, draft=draft, identity_checked=True, by=handler, at=LATER)
    mails_leave(case)
    case.refresh_from_db()
    reopen(case=case, words="Once more", by=None, at=LAST)
    case.refresh_from_db()
    refused(searched(case), Ground.COMPELLING, handler, dpo)
    assert settle_notices(at=LAST) == 0  # the letter of the refusal has not left the house
    mails_leave(case)
    assert settle_notices(at=LAST) == 2


def test_reopened_objection_binds_us_anew(
    company: str, tmp_path: Path, handler: User, dpo: User
) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = searched(confirmed(filed(Right.OBJECTION)))
    refused(case, Ground.COMPELLING, handler, dpo)
    mails_leave(case)
    assert settle_notices(at=LAST) == 1
    reopen(case=case, words="Look again", by=None, at=LAST)
    assert (len(restrictions_of(case)), settle_notices(at=LAST)) == (1, 0)


def test_letter_shows_before_it_is_sent_what_it_carries_out(company: str, handler: User) -> None:
    case = searched(filed(Right.RESTRICTION, choice=Choice.CLAIM.value))
    client = Client()
    client.force_login(handler)
    sent = {"outcome": "granted", "message": "As you ask.", "identity_checked": "on"}
    page = client.post(reverse("desk:ruling-decide", args=[case.reference]), sent).content.decode()
    assert "We tell you before this ends (Article 18(3) GDPR)." in page
    assert "In your words" in page
    assert restrictions_of(case) == []


def test_person_is_told_that_a_withdrawn_request_ends_its_restriction(
    company: str, tmp_path: Path
) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = confirmed(filed(Right.OBJECTION))
    withdraw_request(case=case, at=LATER)
    assert "(Article 18(3) GDPR)" in messages_for(f"case:{case.id}:withdrawn").get().text
    other = confirmed(filed(Right.ACCESS))
    withdraw_request(case=other, at=LATER)
    assert "18(3)" not in messages_for(f"case:{other.id}:withdrawn").get().text


def test_person_reads_since_when_data_is_only_stored(
    client: Client, company: str, tmp_path: Path
) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    case = filed(Right.OBJECTION)
    mail = messages_for(f"case:{case.id}:acknowledgement").get().text
    assert "we do not wait for our decision" in " ".join(mail.split())
    link = issue_link(case=confirmed(case), at=timezone.now())
    client.post(urlsplit(link).path)
    assert "we only store the data that this is about" in client.get("/en/my/").content.decode()


def test_complaint_is_answered_by_its_letter_alone(company: str, handler: User) -> None:
    case = searched(filed(Right.COMPLAINT))
    assert "We began to look into it" in [step.title for step in person_timeline(case)]
    judgement = Judgement(right=Right.COMPLAINT, outcome=Outcome.GRANTED, reasons="You are right.")
    draft = decision_letter(case=case, judgement=judgement, by=handler)
    rule(case=case, judgement=judgement, draft=draft, identity_checked=True, by=handler, at=LATER)
    assert messages_for(f"case:{case.id}:done").count() == 0
    assert messages_for(f"case:{case.id}:letter-decision").count() == 1


@pytest.mark.parametrize("right", [one for one in Right if one is not Right.ACCESS])
def test_only_a_copy_is_described_as_one(right: Right) -> None:
    assert "copy" not in str(outcomes_of(right)[Outcome.GRANTED])


# --- filing at the portal ------------------------------------------------------------------------
WHO = {
    "name": {"name": "Ana Kask"},
    "email": {"email": "ana@example.com"},
    "phone": {"phone": ""},
    "customer-number": {"customer_number": ""},
    "country": {"country": "EE"},
}
OWN: dict[Right, dict[str, dict[str, str]]] = {
    Right.RESTRICTION: {
        "why": {"restriction_choice": "claim"},
        "about": {"about": "The invoices of May"},
    },
    Right.OBJECTION: {"which": {"objection_choice": "marketing"}, "about": {"about": ""}},
    Right.WITHDRAWAL: {"about": {"about": "The newsletter"}},
    Right.COMPLAINT: {"about": {"about": "You called me at night"}},
    Right.PORTABILITY: {"about": {"about": ""}, "where": {"target": "me"}},
}


@pytest.mark.parametrize("right", OWN)
def test_every_right_is_filed_one_question_a_page(client: Client, db: None, right: Right) -> None:
    start = client.get(f"/en/rights/{right.value}/").content.decode()
    assert f"/en/request/{right.value}/for-whom/" in start
    for step, answer in {**WHO, **OWN[right]}.items():
        assert client.get(f"/en/request/{right.value}/{step}/").status_code == 200
        assert client.post(f"/en/request/{right.value}/{step}/", answer).status_code == 302
    assert client.get(f"/en/request/{right.value}/review/").status_code == 200
    assert client.post(f"/en/request/{right.value}/review/").status_code == 302
    case = Case.objects.get()
    chosen = {Right.RESTRICTION: "claim", Right.OBJECTION: "marketing"}.get(right, "")
    assert (case.right, case.choice, case.about) == (right, chosen, OWN[right]["about"]["about"])
    assert case.state == State.CONFIRMING


def test_complaint_names_the_authorities_first(client: Client, db: None) -> None:
    page = client.get("/en/rights/complaint/").content.decode()
    assert page.index("Andmekaitse Inspektsioon") < page.index("Or tell us first")
    assert "Datu valsts inspekcija" in page
    assert "UODO" in page


def test_choice_of_another_right_is_refused_by_the_database(db: None, company: str) -> None:
    with pytest.raises(IntegrityError, match="case_choice_of_its_right"), transaction.atomic():
        filed(Right.OBJECTION, choice=Choice.CLAIM.value)
