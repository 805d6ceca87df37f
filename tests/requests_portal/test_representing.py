"""Asking for a child or by mandate: noted, checked before anything is done, searched rightly."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.keys import SubjectKeys
from requests_portal.domain.deciding import Ground, Judgement
from requests_portal.domain.lifecycle import State
from requests_portal.domain.merging import NotTheSamePerson
from requests_portal.domain.representing import Authority, MandateNotChecked, Representation
from requests_portal.domain.rights import Channel, Outcome, Right
from requests_portal.models import Case, Correction, Representative
from requests_portal.queries import found_rows, representation_open
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decision_letters import decision_letter
from requests_portal.services.decisions import decide
from requests_portal.services.entering import enter_request
from requests_portal.services.erasure import approve_erasure, live_plan, plan_erasure
from requests_portal.services.identification import keys_at_once, keys_given, own_keys
from requests_portal.services.links import issue_link, redeem_link
from requests_portal.services.merging import duplicates_of, merge
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.representing import check_mandate, require_mandate
from requests_portal.services.restricting import restrictions_of
from requests_portal.services.rulings import answer_nothing_held, propose, rule
from requests_portal.services.withdrawing import withdraw_request
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW, intake

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_brakes_from_other_tests() -> None:
    cache.clear()


def for_ana(**changes: Any) -> Representation:
    """Return that Piret speaks for Ana by mandate."""
    stated = {
        "authority": Authority.MANDATE,
        "name": "Ana Kask",
        "email": "ana@example.com",
        "statement": "Signed mandate of 1 March.",
    }
    return Representation(**{**stated, **changes})


def filed(right: Right = Right.ACCESS, **changes: Any) -> Case:
    """Return a request that Piret filed for Ana."""
    given = {
        "name": "Piret Tamm",
        "email": "piret@example.org",
        "right": right,
        "representation": for_ana(),
    }
    return receive_case(intake=intake(**{**given, **changes}), by=Actor.person(), at=NOW)


def searched(case: Case) -> Case:
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: NOW):
        pass
    case.refresh_from_db()
    return case


def checked(case: Case, by: User) -> None:
    check_mandate(case=case, how="Called Ana on +372 5123 4567.", by=by, at=LATER)


# --- what is kept ------------------------------------------------------------------------------
def test_the_case_is_the_writer_s_and_the_row_the_other_s(company: str) -> None:
    case = filed()
    assert (case.name, case.email) == ("Piret Tamm", "piret@example.org")
    row = Representative.objects.get(case=case)
    assert (row.authority, row.person_name, row.person_email, row.statement) == (
        "mandate",
        "Ana Kask",
        "ana@example.com",
        "Signed mandate of 1 March.",
    )
    assert representation_open(case)


def test_a_request_for_oneself_has_nothing_to_check(case: Case, handler: User) -> None:
    assert not representation_open(case)
    require_mandate(case)
    with pytest.raises(CaseMovedOn):
        checked(case, handler)


def test_a_check_is_noted_once_by_name_and_time(company: str, handler: User) -> None:
    case = filed()
    checked(case, handler)
    row = Representative.objects.get(case=case)
    assert (row.checked_by, row.checked_at) == (handler, LATER)
    assert row.how_checked == "Called Ana on +372 5123 4567."
    assert not representation_open(case)
    event = events_of("case", str(case.id)).get(verb="mandate.checked")
    assert (event.actor_ref, event.data) == (str(handler.pk), {"authority": "mandate"})
    with pytest.raises(CaseMovedOn):
        checked(case, handler)


def test_nothing_is_checked_on_what_has_ended(company: str, handler: User) -> None:
    case = filed()
    withdraw_request(case=case, at=NOW)
    with pytest.raises(CaseMovedOn):
        checked(case, handler)
    assert representation_open(case)


def test_the_database_wants_a_name_with_a_time(company: str) -> None:
    case = filed()
    with pytest.raises(IntegrityError, match="representative_checked"), transaction.atomic():
        Representative.objects.filter(case=case).update(checked_at=NOW)


# --- what is searched --------------------------------------------------------------------------
def test_the_search_is_for_the_other_and_nothing_of_it_is_proven(company: str) -> None:
    case = searched(filed(phone="+37251234567"))
    assert keys_given(case) == SubjectKeys(emails=("ana@example.com",), phones=("+37251234567",))
    assert own_keys(case) == SubjectKeys()
    known = case.collection_units.order_by("position").last().searched_with  # type: ignore[union-attr]
    assert ("email", "piret@example.org") not in {(one["kind"], one["value"]) for one in known}
    assert {one["proven"] for one in known} == {False}
    assert found_rows(case) > 0


@pytest.mark.parametrize(
    ("email", "phone", "number", "keys"),
    [
        ("", "+37251234567", "", SubjectKeys(phones=("+37251234567",))),
        ("", "", "AP-1", SubjectKeys(customer_numbers=("AP-1",))),
        ("", "", "", SubjectKeys(emails=("piret@example.org",))),  # a child under a parent's
    ],
)
def test_the_writer_s_own_address_is_searched_only_where_there_is_nothing_else(
    company: str, email: str, phone: str, number: str, keys: SubjectKeys
) -> None:
    case = filed(representation=for_ana(email=email), phone=phone, customer_number=number)
    assert keys_given(case) == keys
    assert keys_at_once(case) == keys


def test_who_asks_for_themselves_is_known_at_once_by_the_address_alone(company: str) -> None:
    case = filed(representation=None, phone="+37251234567")
    assert keys_at_once(case) == SubjectKeys(emails=("piret@example.org",))


# --- nothing is done before it is checked ------------------------------------------------------
def test_access_waits_for_the_check(company: str, handler: User) -> None:
    case = searched(filed())

    def granted() -> None:
        decide(
            case=case,
            outcome=Outcome.GRANTED,
            message="",
            identity_checked=True,
            by=handler,
            at=LATER,
        )

    with pytest.raises(MandateNotChecked):
        granted()
    case.refresh_from_db()
    assert (case.state, case.decisions.count()) == (State.IN_PROGRESS, 0)
    checked(case, handler)
    granted()
    assert case.decisions.get().outcome == Outcome.GRANTED


def test_nothing_held_is_no_answer_for_a_stranger_either(company: str, handler: User) -> None:
    case = searched(filed(Right.ERASURE, representation=for_ana(email="nobody@example.net")))
    with pytest.raises(MandateNotChecked):
        answer_nothing_held(case=case, by=handler, at=LATER)
    checked(case, handler)
    answer_nothing_held(case=case, by=handler, at=LATER)


def test_a_ruling_waits_but_a_refusal_does_not(company: str, handler: User) -> None:
    case = searched(filed(Right.RESTRICTION))
    granted = Judgement(right=Right.RESTRICTION, outcome=Outcome.GRANTED)
    draft = decision_letter(case=case, judgement=granted, by=handler)
    with pytest.raises(MandateNotChecked):
        rule(case=case, judgement=granted, draft=draft, identity_checked=True, by=handler, at=LATER)
    refused = Judgement(
        right=Right.RESTRICTION,
        outcome=Outcome.CANNOT_IDENTIFY,
        grounds=(Ground.NOT_IDENTIFIED,),
        reasons="No mandate was shown.",
    )
    proposal = propose(case=case, judgement=refused, identity_checked=False, by=handler, at=LATER)
    assert proposal.outcome == Outcome.CANNOT_IDENTIFY


def test_an_erasure_is_approved_only_after_the_check(company: str, handler: User) -> None:
    case = searched(filed(Right.ERASURE))
    plan_erasure(case=case, claims={}, by=handler, at=LATER)
    plan = live_plan(case)
    assert plan is not None
    with pytest.raises(MandateNotChecked):
        approve_erasure(case=case, plan=plan, seen_hash="", by=make_user(Role.DPO), at=LATER)
    assert not case.decisions.exists()


def test_no_correction_is_written_before_the_check(company: str) -> None:
    case = searched(filed(Right.RECTIFICATION))
    client = Client()
    client.force_login(make_user(Role.HANDLER))
    page = client.post(f"/desk/cases/{case.reference}/corrections/apply/", follow=True)
    assert "Note first how you made sure" in page.content.decode()
    assert not Correction.objects.exists()


@pytest.mark.parametrize("checked_first", [True, False])
def test_an_objection_binds_when_address_and_mandate_are_known(
    company: str, handler: User, *, checked_first: bool
) -> None:
    case = filed(Right.OBJECTION, received_at=NOW)
    token = issue_link(case=case, at=NOW).rstrip("/").rpartition("/")[2]
    steps: list[Any] = [
        lambda: checked(case, handler),
        lambda: redeem_link(token=token, at=LATER),
    ]
    first, second = steps if checked_first else reversed(steps)
    first()
    events = events_of("case", str(case.id)).filter(verb="restriction.at_once")
    assert (restrictions_of(case), events.count()) == ([], 0)
    second()
    assert events.count() == 1


def test_what_staff_entered_binds_with_the_check_alone(company: str, handler: User) -> None:
    case = enter_request(
        intake=intake(right=Right.WITHDRAWAL, channel=Channel.LETTER, representation=for_ana()),
        submission=uuid4(),
        scan=None,
        by=handler,
        at=NOW,
    )
    events = events_of("case", str(case.id)).filter(verb="restriction.at_once")
    assert events.count() == 0
    checked(case, handler)
    assert events.count() == 1


def test_letters_name_the_one_who_is_spoken_for(company: str) -> None:
    letter = filed().letters.get()
    assert ["On behalf of", "Ana Kask"] in letter.content["references"]
    assert letter.content["to"] == ["Piret Tamm", "piret@example.org"]


def test_what_is_asked_for_two_children_is_never_one_request(company: str, handler: User) -> None:
    mia = filed(representation=for_ana(name="Mia  Tamm"))
    tom = filed(representation=for_ana(name="Tom Tamm"))
    own = filed(representation=None)
    again = filed(representation=for_ana(name="mia tamm"))
    assert duplicates_of(mia) == [again]
    assert duplicates_of(own) == []
    for other in (tom, own):
        with pytest.raises(NotTheSamePerson):
            merge(case=mia, into=other, covers_both=True, by=handler, at=LATER)
    merge(case=again, into=mia, covers_both=False, by=handler, at=LATER)


# --- the portal --------------------------------------------------------------------------------
SELF = {
    "for-whom": {"for_whom": "self"},
    "name": {"name": "Piret Tamm"},
    "email": {"email": "piret@example.org"},
    "phone": {"phone": ""},
    "customer-number": {"customer_number": ""},
    "country": {"country": "EE"},
    "about": {"about": ""},
}
ANOTHER = {
    "for-whom": {"for_whom": "parental"},
    "whose": {"person_name": "Mia Tamm"},
    "whose-email": {"person_email": " Mia@Example.org "},
    "mandate": {"statement": "I am her mother."},
    **{step: answer for step, answer in SELF.items() if step != "for-whom"},
}
BASE = "/en/request/access/"


def walk(client: Client, answers: dict[str, dict[str, str]]) -> list[str]:
    """Answer question by question as the portal leads; the steps it led to."""
    step, led = "for-whom", []
    while step != "review":
        led.append(step)
        assert client.get(f"{BASE}{step}/").status_code == 200
        answer = client.post(f"{BASE}{step}/", answers[step])
        step = answer.headers["Location"].removeprefix(BASE).strip("/")
    return led


def test_the_portal_asks_for_whom_first_and_the_rest_only_of_who_asks_for_another(
    client: Client, company: str
) -> None:
    assert "/en/request/access/for-whom/" in client.get("/en/rights/access/").content.decode()
    assert walk(client, SELF) == list(SELF)
    client.post(f"{BASE}review/")
    assert not Representative.objects.exists()


def test_a_mother_asks_for_her_child(client: Client, company: str) -> None:
    assert walk(client, ANOTHER) == list(ANOTHER)
    review = client.get(f"{BASE}review/").content.decode()
    assert "For my child" in review
    assert "Mia Tamm" in review
    client.post(f"{BASE}review/")
    row = Representative.objects.select_related("case").get()
    assert (row.authority, row.person_name, row.person_email, row.statement) == (
        "parental",
        "Mia Tamm",
        "mia@example.org",
        "I am her mother.",
    )
    assert (row.case.name, row.case.email) == ("Piret Tamm", "piret@example.org")
    client.post(issue_link(case=row.case, at=timezone.now()).replace("http://localhost:8000", ""))
    assert "On behalf of Mia Tamm" in client.get("/en/my/").content.decode()


def test_who_turns_back_to_themselves_is_asked_no_more(client: Client, company: str) -> None:
    walk(client, ANOTHER)
    again = client.post(f"{BASE}for-whom/", {"for_whom": "self"})
    assert again.headers["Location"] == f"{BASE}review/"
    assert "Mia Tamm" not in client.get(f"{BASE}review/").content.decode()
    assert client.get(f"{BASE}whose/").status_code == 404
    client.post(f"{BASE}review/")
    assert Case.objects.count() == 1
    assert not Representative.objects.exists()


def test_who_turns_to_another_late_is_asked_before_it_is_sent(client: Client, company: str) -> None:
    walk(client, SELF)
    asked = client.post(f"{BASE}for-whom/", {"for_whom": "mandate"})
    assert asked.headers["Location"] == f"{BASE}whose/"
    assert client.post(f"{BASE}review/").headers["Location"] == f"{BASE}whose/"
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("step", "answer", "sentence"),
    [
        ("for-whom", {"for_whom": ""}, "Choose for whom you ask."),
        ("whose", {"person_name": " "}, "Enter the name of the person."),
        ("whose", {"person_name": "http://evil.example"}, "Enter the name of the person."),
        ("whose-email", {"person_email": "mia"}, "It should look like name@example.com."),
        ("mandate", {"statement": ""}, "Tell us how we can see that you may ask."),
    ],
)
def test_bad_answers_are_refused_in_a_sentence(
    client: Client, company: str, step: str, answer: dict[str, str], sentence: str
) -> None:
    client.post(f"{BASE}for-whom/", {"for_whom": "mandate"})
    refused = client.post(f"{BASE}{step}/", answer)
    assert sentence in refused.content.decode()


# --- the desk ----------------------------------------------------------------------------------
def test_a_handler_reads_the_claim_and_notes_the_check(company: str) -> None:
    case = searched(filed())
    client = Client()
    client.force_login(make_user(Role.HANDLER))
    url = f"/desk/cases/{case.reference}/"
    page = client.get(url).content.decode()
    assert "Signed mandate of 1 March." in page
    assert f"{url}mandate/" in page
    assert f"{url}narrow/" not in page
    assert client.post(f"{url}narrow/").status_code == 404
    early = client.post(
        f"{url}decide/", {"outcome": "granted", "message": "My words", "identity_checked": "on"}
    )
    assert early.status_code == 422
    assert "Note first how you made sure" in early.content.decode()
    assert "My words" in early.content.decode()
    empty = client.post(f"{url}mandate/", {"how_checked": " "})
    assert empty.status_code == 422
    assert "Say what you looked at" in empty.content.decode()
    assert client.post(f"{url}mandate/", {"how_checked": "Called Ana."}).status_code == 302
    page = client.get(url).content.decode()
    assert "Called Ana." in page
    assert f"{url}mandate/" not in page
    again = client.post(f"{url}mandate/", {"how_checked": "Twice."}, follow=True)
    assert "Somebody has already moved this on." in again.content.decode()
    assert Representative.objects.get(case=case).how_checked == "Called Ana."


def test_an_auditor_reads_and_notes_nothing(company: str) -> None:
    case = filed()
    client = Client()
    client.force_login(make_user(Role.AUDITOR))
    url = f"/desk/cases/{case.reference}/"
    assert f"{url}mandate/" not in client.get(url).content.decode()
    assert client.post(f"{url}mandate/", {"how_checked": "x"}).status_code == 403
    assert representation_open(case)


def test_staff_enter_a_request_for_a_child(company: str) -> None:
    client = Client()
    client.force_login(make_user(Role.HANDLER))
    client.post(
        "/desk/cases/new/",
        {
            "submission": str(uuid4()),
            "channel": "phone",
            "received_on": "2026-02-27",
            "entity_code": "LV",
            "right": "access",
            "language": "lv",
            "name": "Piret Tamm",
            "email": "piret@example.org",
            "for_whom": "parental",
            "person_name": "Mia Tamm",
            "statement": "Says she is her mother; not shown yet.",
        },
    )
    row = Representative.objects.get()
    assert (row.person_name, row.authority) == ("Mia Tamm", "parental")
    assert row.checked_at is None
