"""Rulings: proposed by one, decided by another, told by a letter that lacks nothing."""

import io
from datetime import timedelta
from itertools import product

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from lib.blobs import open_blob
from outbox.queries import messages_for
from requests_portal.domain.deciding import (
    Ground,
    GroundMissing,
    Judgement,
    SamePersonDecides,
    grounds_for,
    outcomes_for,
)
from requests_portal.domain.letters import LetterKind, require_parts
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Decision, Letter
from requests_portal.services.cases import close_told, receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decision_letters import decision_letter, fee_letter
from requests_portal.services.decisions import OutcomeContradictsFindings, SearchIncomplete
from requests_portal.services.letters import letter_pdf
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.rulings import (
    AlreadyProposed,
    FeeMissing,
    IdentityNotChecked,
    NotFromOnePerson,
    approve,
    open_proposal,
    propose,
    proposed_letter,
    rule,
    send_back,
)
from requests_portal.services.story import person_timeline
from tests.requests_portal.conftest import NOW, intake

LATER = NOW + timedelta(hours=1)
REFUSED = Judgement(
    right=Right.ACCESS,
    outcome=Outcome.REFUSED,
    grounds=(Ground.EXCESSIVE,),
    reasons="The tenth today.",
)


@pytest.fixture
def dpo(db: None) -> User:
    return User.objects.create_user(
        email="dpo@example.org", password="a-long-password", name="Dana", roles=[Role.DPO]
    )


def searched(right: Right, **changes: object) -> Case:
    case = receive_case(intake=intake(right=right, **changes), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: LATER):
        pass
    case.refresh_from_db()
    return case


@pytest.fixture
def access(company: str) -> Case:
    return searched(Right.ACCESS)


def refuse(case: Case, handler: User, dpo: User) -> None:
    proposal = propose(case=case, judgement=REFUSED, identity_checked=False, by=handler, at=LATER)
    draft = proposed_letter(proposal, by=dpo)
    approve(proposal=proposal, draft=draft, by=dpo, at=LATER)
    case.refresh_from_db()


def test_a_refusal_is_decided_by_the_second_person_and_told_by_letter(
    access: Case, handler: User, dpo: User
) -> None:
    refuse(access, handler, dpo)
    decision = Decision.objects.get(case=access)
    assert (access.state, decision.outcome, decision.grounds) == (
        State.ANSWERED,
        Outcome.REFUSED,
        ["excessive"],
    )
    assert (decision.decided_by, decision.proposal and decision.proposal.proposed_by) == (
        dpo,
        handler,
    )
    letter = access.letters.get(kind=LetterKind.DECISION)
    pdf = PdfReader(io.BytesIO(b"".join(open_blob(letter_pdf(letter)))))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    for part in (
        "We refuse to give you a copy of your data.",
        "Article 12(5) GDPR",
        "The tenth today.",
        "prepared by Hanna and decided by Dana",
        "Andmekaitse Inspektsioon",
        "Article 79",
        "6 April 2026",
    ):
        assert part in text
    assert messages_for(f"case:{access.id}:letter-decision").count() == 1
    assert not access.collection_units.filter(tables__blob__isnull=False).exists()


def test_nobody_decides_what_they_proposed(access: Case, handler: User) -> None:
    proposal = propose(case=access, judgement=REFUSED, identity_checked=False, by=handler, at=NOW)
    draft = proposed_letter(proposal, by=handler)
    with pytest.raises(SamePersonDecides):
        approve(proposal=proposal, draft=draft, by=handler, at=LATER)
    access.refresh_from_db()
    assert (access.state, open_proposal(access)) == (State.IN_PROGRESS, proposal)
    assert not access.letters.filter(kind=LetterKind.DECISION).exists()


def test_a_refusal_cannot_be_ruled_by_one_person(access: Case, handler: User) -> None:
    draft = decision_letter(case=access, judgement=REFUSED, by=handler)
    with pytest.raises(NotFromOnePerson):
        rule(
            case=access,
            judgement=REFUSED,
            draft=draft,
            identity_checked=True,
            by=handler,
            at=LATER,
        )


def test_refusal_without_ground_changes_nothing(access: Case, handler: User) -> None:
    bare = Judgement(right=Right.ACCESS, outcome=Outcome.REFUSED, reasons="No.")
    with pytest.raises(GroundMissing):
        propose(case=access, judgement=bare, identity_checked=False, by=handler, at=LATER)
    assert not access.proposals.exists()


def test_one_proposal_at_a_time_and_what_is_sent_back_can_be_proposed_anew(
    access: Case, handler: User, dpo: User
) -> None:
    first = propose(case=access, judgement=REFUSED, identity_checked=False, by=handler, at=LATER)
    with pytest.raises(AlreadyProposed):
        propose(case=access, judgement=REFUSED, identity_checked=False, by=dpo, at=LATER)
    send_back(proposal=first, remark="Too harsh.", by=dpo, at=LATER)
    with pytest.raises(CaseMovedOn):
        send_back(proposal=first, remark="Again.", by=dpo, at=LATER)
    first.refresh_from_db()
    with pytest.raises(CaseMovedOn):
        approve(proposal=first, draft=proposed_letter(first, by=dpo), by=dpo, at=LATER)
    refuse(access, handler, dpo)
    assert access.state == State.ANSWERED


def test_a_fee_is_told_and_the_request_goes_on(access: Case, handler: User, dpo: User) -> None:
    fee = Judgement(
        right=Right.ACCESS, outcome=Outcome.FEE, grounds=(Ground.EXCESSIVE,), reasons="Every day."
    )
    with pytest.raises(FeeMissing):
        propose(case=access, judgement=fee, identity_checked=False, by=handler, at=LATER)
    proposal = propose(
        case=access, judgement=fee, identity_checked=False, fee_cents=1550, by=handler, at=LATER
    )
    approve(proposal=proposal, draft=proposed_letter(proposal, by=dpo), by=dpo, at=LATER)
    access.refresh_from_db()
    assert (access.state, access.decisions.count()) == (State.IN_PROGRESS, 0)
    letter = access.letters.get(kind=LetterKind.FEE)
    assert "15.50 euro" in str(letter.content)
    with pytest.raises(FeeMissing):
        propose(
            case=access,
            judgement=REFUSED,
            identity_checked=False,
            fee_cents=100,
            by=handler,
            at=LATER,
        )


def test_a_grant_needs_a_whole_search_and_the_statement_whose_data_it_is(
    company: str, handler: User
) -> None:
    granted = Judgement(right=Right.RESTRICTION, outcome=Outcome.GRANTED)
    case = receive_case(intake=intake(right=Right.RESTRICTION), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    case.refresh_from_db()
    draft = decision_letter(case=case, judgement=granted, by=handler)

    def decide(judgement: Judgement, *, identity_checked: bool) -> None:
        rule(
            case=case,
            judgement=judgement,
            draft=draft,
            identity_checked=identity_checked,
            by=handler,
            at=LATER,
        )

    with pytest.raises(SearchIncomplete):
        decide(granted, identity_checked=True)
    while collect_next(clock=lambda: LATER):
        pass
    with pytest.raises(IdentityNotChecked):
        decide(granted, identity_checked=False)
    with pytest.raises(OutcomeContradictsFindings):
        decide(
            Judgement(right=Right.RESTRICTION, outcome=Outcome.NOTHING_HELD), identity_checked=True
        )
    case.refresh_from_db()
    assert (case.state, case.decisions.count()) == (State.IN_PROGRESS, 0)


def test_refused_case_is_closed_after_fourteen_days(access: Case, handler: User, dpo: User) -> None:
    refuse(access, handler, dpo)
    assert close_told(at=LATER + timedelta(days=13)) == 0
    assert close_told(at=LATER + timedelta(days=14)) == 1


def test_the_story_of_a_refusal_does_not_tell_of_a_copy(
    access: Case, handler: User, dpo: User
) -> None:
    refuse(access, handler, dpo)
    titles = [step.title for step in person_timeline(access)]
    assert "We wrote to you what was decided, and why" in titles
    assert not any("download" in title.lower() for title in titles)


@pytest.mark.parametrize("language", ["en", "pl", "et", "lv"])
@pytest.mark.parametrize("right", Right)
def test_every_decision_of_every_right_has_a_letter_with_all_its_parts(
    db: None, handler: User, dpo: User, right: Right, language: str
) -> None:
    case = receive_case(intake=intake(right=right, language=language), by=Actor.person(), at=NOW)
    for outcome in outcomes_for(right):
        judgement = Judgement(
            right=right,
            outcome=outcome,
            grounds=grounds_for(right, outcome)[:2],
            reasons="Because." if grounds_for(right, outcome) else "",
        )
        if outcome is Outcome.FEE:
            draft = fee_letter(case=case, judgement=judgement, cents=1000)
        else:
            draft = decision_letter(case=case, judgement=judgement, by=dpo, proposed_by=handler)
        require_parts(draft)


# --- the desk ------------------------------------------------------------------------------------
STEPS = ("ruling-decide", "ruling-approve", "ruling-send-back")


def address(name: str, case: Case) -> str:
    proposal = open_proposal(case)
    args = [case.reference] if name == "ruling-decide" else [case.reference, proposal.pk]  # type: ignore[union-attr] # there is one
    return reverse(f"desk:{name}", args=args)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


ANSWER = {"outcome": "refused", "grounds": ["excessive"], "message": "The tenth today."}


@pytest.mark.parametrize(("name", "role"), list(product(STEPS, (Role.AUDITOR, Role.ENGINEER))))
def test_others_decide_nothing(access: Case, handler: User, name: str, role: Role) -> None:
    propose(case=access, judgement=REFUSED, identity_checked=False, by=handler, at=LATER)
    user = User.objects.create_user(email="x@example.org", name="X", roles=[role])
    assert client_of(user).post(address(name, access)).status_code == 403
    access.refresh_from_db()
    assert access.state == State.IN_PROGRESS


def test_two_people_refuse_at_the_desk_with_the_letter_before_their_eyes(
    access: Case, handler: User, dpo: User
) -> None:
    hanna, dana = client_of(handler), client_of(dpo)
    case_page = reverse("desk:case-detail", args=[access.reference])
    assert "Refuse, or ask a fee" in hanna.get(case_page).content.decode()
    assert hanna.post(address("ruling-decide", access), ANSWER).status_code == 302
    assert "Another person reads the letter" in hanna.get(case_page).content.decode()
    approval = address("ruling-approve", access)
    assert hanna.post(approval, {"letter_step": "send"}).status_code == 302
    assert not Decision.objects.exists()
    preview = dana.post(approval).content.decode()
    assert "We refuse to give you a copy of your data." in preview
    pdf = dana.post(approval, {"letter_step": "pdf"})
    assert pdf["Content-Type"] == "application/pdf"
    number = preview.split('name="passage-')[1].split('"')[0]
    emptied = dana.post(approval, {"letter_step": "send", f"passage-{number}": " "})
    assert emptied.status_code == 422
    assert "it lacks the reasons" in emptied.content.decode()
    assert not Letter.objects.filter(kind=LetterKind.DECISION).exists()
    sent = dana.post(approval, {"letter_step": "send", f"passage-{number}": "The tenth this week."})
    assert sent.status_code == 302
    assert Decision.objects.get().message == "The tenth this week."
    page = dana.get(case_page).content.decode()
    assert "Proposed by Hanna" in page


def test_a_proposal_is_sent_back_with_a_remark(access: Case, handler: User, dpo: User) -> None:
    propose(case=access, judgement=REFUSED, identity_checked=False, by=handler, at=LATER)
    dana = client_of(dpo)
    back = address("ruling-send-back", access)
    assert dana.post(back, {"remark": ""}).status_code == 422
    assert dana.post(back, {"remark": "Too harsh."}).status_code == 302
    page = dana.get(reverse("desk:case-detail", args=[access.reference])).content.decode()
    assert "Too harsh." in page
    assert dana.post(back, {"remark": "Again"}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"outcome": ""}, "Choose a decision."),
        ({"grounds": []}, "Choose the ground."),
        ({"message": " "}, "Say why, in this case."),
        ({"grounds": ["not_identified"]}, "does not carry this decision"),
        ({"fee": "10"}, "no fee is asked"),
        ({"outcome": "fee"}, "Enter the fee."),
        ({"outcome": "fee", "fee": "-3"}, "greater than or equal to 1"),
    ],
)
def test_what_does_not_hold_together_is_refused_in_a_sentence(
    access: Case, handler: User, changes: dict[str, object], sentence: str
) -> None:
    response = client_of(handler).post(address("ruling-decide", access), {**ANSWER, **changes})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not access.proposals.exists()


def test_a_granted_restriction_is_previewed_then_sent(company: str, handler: User) -> None:
    case = searched(Right.RESTRICTION)
    hanna = client_of(handler)
    answer = {"outcome": "granted", "identity_checked": "on", "message": "We have looked at it."}
    preview = hanna.post(address("ruling-decide", case), answer)
    assert preview.status_code == 200
    assert "We restrict the use of your data" in preview.content.decode()
    assert not Decision.objects.exists()
    sent = hanna.post(address("ruling-decide", case), {**answer, "letter_step": "send"})
    assert sent.status_code == 302
    case.refresh_from_db()
    assert (case.state, case.decisions.get().outcome) == (State.ANSWERED, Outcome.GRANTED)
