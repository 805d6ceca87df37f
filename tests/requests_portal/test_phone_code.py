"""A code to a phone number on record: who gets it, how often, and what it proves."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from embedded.ports import free_port
from lib.units import Status
from requests_portal.domain.identity import CODE_LIFETIME, MOST_CODES, MOST_TRIES, Verdict, judge
from requests_portal.domain.lifecycle import State
from requests_portal.domain.questions import Kind
from requests_portal.models import Case, CollectionUnit, IdentityOutcome, PhoneCheck, PhoneCode
from requests_portal.services.asking import ask, take_answer
from requests_portal.services.cases import receive_case
from requests_portal.services.code_sending import send_next
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.identity import numbers_on_record
from requests_portal.services.links import issue_link
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.phone_codes import (
    CodeUnderWay,
    NoGateway,
    NoMoreCodes,
    NotOnRecord,
    enter_code,
    offer_code,
    open_check,
    request_code,
    stand_of,
)
from requests_portal.services.withdrawing import withdraw_request
from tests.accounts.factories import make_user
from tests.requests_portal import gateway
from tests.requests_portal.conftest import NOW, intake

ON_RECORD = "+37251234567"
ASKED = NOW + timedelta(days=1)
LATER = ASKED + timedelta(hours=2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def phones(settings: Settings) -> Iterator[gateway.Gateway]:
    """A gateway that the settings name."""
    with gateway.running() as running:
        settings.IDENTITY_CODE_URL, settings.IDENTITY_CODE_TOKEN = running.url, gateway.TOKEN
        yield running


def asked_who(case: Case, by: User, *, at: datetime = ASKED, kind: Kind = Kind.IDENTITY) -> Case:
    start_collection(case=case, by=Actor.system("test"), at=at)
    while collect_next(clock=lambda: at):
        pass
    case.refresh_from_db()
    ask(case=case, kind=kind, reason="Two of that name.", words="Who are you?", by=by, at=at)
    case.refresh_from_db()
    return case


@pytest.fixture
def asking(case: Case, handler: User) -> Case:
    """Ana's case, searched, while she is asked who she is."""
    return asked_who(case, handler)


@pytest.fixture
def offered(asking: Case, handler: User, phones: gateway.Gateway) -> Case:
    """The same, and she may have a code sent."""
    offer_code(case=asking, number=ON_RECORD, by=handler, at=ASKED)
    return asking


def order(case: Case, at: datetime = LATER) -> None:
    request_code(case=case, at=at)
    assert send_next(clock=lambda: at)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def verbs(case: Case) -> list[str]:
    found = events_of("case", str(case.id)).filter(verb__startswith="identity.").order_by("id")
    return [one.verb for one in found]


# --- the rules ---------------------------------------------------------------------------------
@given(
    matches=st.booleans(),
    minutes=st.none() | st.integers(-20, 20),
    tries=st.integers(0, MOST_TRIES),
)
def test_only_a_right_code_in_time_and_before_the_lock_passes(
    *, matches: bool, minutes: int | None, tries: int
) -> None:
    expires_at = None if minutes is None else NOW + minutes * MINUTE
    verdict, after = judge(matches=matches, expires_at=expires_at, wrong_tries=tries, at=NOW)
    in_time = minutes is not None and minutes > 0
    assert (verdict is Verdict.RIGHT) == (matches and in_time and tries < MOST_TRIES)
    assert after == tries + (in_time and not matches and tries < MOST_TRIES)
    assert (verdict is Verdict.LOCKED) == (after == MOST_TRIES)


# --- the number --------------------------------------------------------------------------------
def test_only_numbers_of_our_own_records_are_offered(
    company: str, handler: User, phones: gateway.Gateway
) -> None:
    stranger = "+48601999999"
    case = receive_case(intake=intake(phone=stranger), by=Actor.person(), at=NOW)
    asked_who(case, handler)
    assert numbers_on_record(case) == (ON_RECORD,)
    with pytest.raises(NotOnRecord):
        offer_code(case=case, number=stranger, by=handler, at=ASKED)
    assert not PhoneCheck.objects.exists()


def test_a_number_that_the_person_gave_is_offered_where_our_records_prove_it(
    company: str, handler: User
) -> None:
    case = receive_case(intake=intake(phone=ON_RECORD), by=Actor.person(), at=NOW)
    asked_who(case, handler)
    assert numbers_on_record(case) == (ON_RECORD,)


def test_without_a_gateway_nothing_is_offered(asking: Case, handler: User) -> None:
    with pytest.raises(NoGateway):
        offer_code(case=asking, number=ON_RECORD, by=handler, at=ASKED)
    assert not PhoneCheck.objects.exists()


def test_it_is_offered_once_and_only_while_identity_is_asked_for(
    case: Case, handler: User, phones: gateway.Gateway
) -> None:
    with pytest.raises(CaseMovedOn):
        offer_code(case=case, number=ON_RECORD, by=handler, at=ASKED)
    asked_who(case, handler)
    offer_code(case=case, number=ON_RECORD, by=handler, at=ASKED)
    with pytest.raises(CaseMovedOn):
        offer_code(case=case, number=ON_RECORD, by=handler, at=ASKED)
    assert PhoneCheck.objects.count() == 1


def test_a_question_about_the_data_is_not_answered_by_a_code(
    case: Case, handler: User, phones: gateway.Gateway
) -> None:
    asked_who(case, handler, kind=Kind.CLARIFICATION)
    with pytest.raises(CaseMovedOn):
        offer_code(case=case, number=ON_RECORD, by=handler, at=ASKED)


# --- the code ----------------------------------------------------------------------------------
def test_the_right_code_answers_the_question(
    offered: Case, handler: User, phones: gateway.Gateway
) -> None:
    order(offered)
    [message] = phones.taken
    assert message["to"] == ON_RECORD
    assert message["text"] == (
        f"{phones.code} is the code for your request {offered.reference}. It is valid for "
        "10 minutes. Enter it on the page of your request only; nobody of us asks for it by phone."
    )
    assert enter_code(case=offered, code=phones.code, at=LATER + MINUTE) is Verdict.RIGHT
    offered.refresh_from_db()
    assert offered.state == State.IN_PROGRESS
    outcome = offered.identity_outcomes.get()
    question = offered.questions.get()
    assert (outcome.is_confirmed, outcome.way, outcome.recorded_by, outcome.recorded_at) == (
        True,
        "phone_code",
        None,
        LATER + MINUTE,
    )
    assert (outcome.question, question.answered_at) == (question, LATER + MINUTE)
    assert PhoneCheck.objects.get().passed_at == LATER + MINUTE
    assert verbs(offered) == [
        "identity.code_offered",
        "identity.code_requested",
        "identity.code_sent",
        "identity.confirmed",
    ]
    with pytest.raises(CaseMovedOn):  # a second tap
        enter_code(case=offered, code=phones.code, at=LATER + MINUTE)
    assert offered.identity_outcomes.count() == 1


def test_the_code_itself_is_kept_nowhere(offered: Case, phones: gateway.Gateway) -> None:
    order(offered)
    row = PhoneCode.objects.get()
    assert phones.code.encode() not in bytes(row.code_hash or b"")
    assert len(bytes(row.code_hash or b"")) == 32
    for event in events_of("case", str(offered.id)):
        assert phones.code not in str(event.data)
    assert (row.status, row.finished_at) == (Status.DONE, LATER)


def test_five_wrong_codes_shut_the_way_for_good(offered: Case, phones: gateway.Gateway) -> None:
    order(offered)
    right = phones.code
    verdicts = [enter_code(case=offered, code=wrong(right), at=LATER) for _ in range(3)]
    order(offered, LATER + 2 * MINUTE)  # a new code gives no new tries
    right = phones.code
    verdicts += [
        enter_code(case=offered, code=wrong(right), at=LATER + 2 * MINUTE) for _ in range(2)
    ]
    assert verdicts == [Verdict.WRONG] * 4 + [Verdict.LOCKED]
    assert enter_code(case=offered, code=right, at=LATER + 2 * MINUTE) is Verdict.LOCKED
    with pytest.raises(NoMoreCodes):
        request_code(case=offered, at=LATER + 5 * MINUTE)
    offered.refresh_from_db()
    check = PhoneCheck.objects.get()
    assert (offered.state, check.wrong_tries) == (State.AWAITING_IDENTITY, 5)
    assert not IdentityOutcome.objects.exists()
    assert verbs(offered)[-5:] == [
        "identity.code_wrong",
        "identity.code_requested",
        "identity.code_sent",
        "identity.code_wrong",
        "identity.code_locked",
    ]
    take_answer(case=offered, answer="My first invoice was of May.", at=LATER + 6 * MINUTE)


def test_a_code_is_dead_after_ten_minutes_and_costs_no_try(
    offered: Case, phones: gateway.Gateway
) -> None:
    order(offered)
    expired = enter_code(case=offered, code=phones.code, at=LATER + CODE_LIFETIME)
    assert (expired, PhoneCheck.objects.get().wrong_tries) == (Verdict.EXPIRED, 0)
    last_moment = LATER + CODE_LIFETIME - timedelta(seconds=1)
    assert enter_code(case=offered, code=phones.code, at=last_moment) is Verdict.RIGHT


def test_only_the_newest_code_counts(offered: Case, phones: gateway.Gateway) -> None:
    order(offered)
    first = phones.code
    order(offered, LATER + 2 * MINUTE)
    if phones.code != first:
        again = enter_code(case=offered, code=first, at=LATER + 2 * MINUTE)
        assert again is Verdict.WRONG
    assert enter_code(case=offered, code=phones.code, at=LATER + 2 * MINUTE) is Verdict.RIGHT


def test_before_any_code_nothing_fits(offered: Case) -> None:
    assert enter_code(case=offered, code="000000", at=LATER) is Verdict.EXPIRED
    assert PhoneCheck.objects.get().wrong_tries == 0


def test_codes_are_few_and_not_at_once(offered: Case, phones: gateway.Gateway) -> None:
    request_code(case=offered, at=LATER)
    with pytest.raises(CodeUnderWay):
        request_code(case=offered, at=LATER + 5 * MINUTE)  # still on its way
    send_next(clock=lambda: LATER)
    with pytest.raises(CodeUnderWay):
        request_code(case=offered, at=LATER + timedelta(seconds=59))
    for number in range(1, MOST_CODES):
        order(offered, LATER + number * MINUTE)
    with pytest.raises(NoMoreCodes):
        request_code(case=offered, at=LATER + 20 * MINUTE)
    assert len(phones.taken) == MOST_CODES


def test_the_codes_of_one_case_do_not_fit_another(
    offered: Case, handler: User, phones: gateway.Gateway
) -> None:
    other = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    asked_who(other, handler)
    offer_code(case=other, number=ON_RECORD, by=handler, at=ASKED)
    order(offered)
    theirs = phones.code
    order(other)
    if phones.code != theirs:
        assert enter_code(case=other, code=theirs, at=LATER) is Verdict.WRONG


def test_withdrawing_forgets_the_number_and_the_codes(
    offered: Case, phones: gateway.Gateway
) -> None:
    request_code(case=offered, at=LATER)
    withdraw_request(case=offered, at=LATER)
    assert not PhoneCheck.objects.exists()
    assert not PhoneCode.objects.exists()
    assert not send_next(clock=lambda: LATER)
    assert phones.taken == []


# --- sending -----------------------------------------------------------------------------------
def test_a_busy_gateway_is_asked_again_with_a_new_code(
    offered: Case, phones: gateway.Gateway
) -> None:
    phones.answers = [503]
    request_code(case=offered, at=LATER)
    assert send_next(clock=lambda: LATER)
    row = PhoneCode.objects.get()
    assert (row.status, row.error_code) == (Status.QUEUED, "gateway_busy")
    first_hash = bytes(row.code_hash or b"")
    assert not send_next(clock=lambda: LATER)  # not before its time
    assert send_next(clock=lambda: LATER + MINUTE)
    row.refresh_from_db()
    assert (row.status, row.error_code) == (Status.DONE, "")
    assert bytes(row.code_hash or b"") != first_hash
    assert enter_code(case=offered, code=phones.code, at=LATER + MINUTE) is Verdict.RIGHT


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_gateway_that_refuses_is_not_asked_again(
    offered: Case, phones: gateway.Gateway, status: int
) -> None:
    phones.answers = [status]
    order(offered)
    row = PhoneCode.objects.get()
    assert (row.status, row.error_code) == (Status.FAILED, "gateway_refused")
    # what was not sent does not count against the person
    order(offered, LATER + 2 * MINUTE)
    assert len(phones.taken) == 1


def test_a_redirect_is_not_followed(offered: Case, phones: gateway.Gateway) -> None:
    phones.answers = [302]
    order(offered)
    assert [one["path"] for one in phones.asked] == ["/messages/"]
    assert PhoneCode.objects.get().error_code == "gateway_busy"


def test_a_gateway_out_of_reach_is_tried_until_nobody_waits(
    offered: Case, settings: Settings
) -> None:
    settings.IDENTITY_CODE_URL = f"http://127.0.0.1:{free_port()}/"
    request_code(case=offered, at=LATER)
    for minutes in (0, 5, 10):
        assert send_next(clock=partial(datetime.__add__, LATER, minutes * MINUTE))
    row = PhoneCode.objects.get()
    assert (row.status, row.error_code) == (Status.FAILED, "nobody_waits")


def test_a_gateway_that_was_taken_away_fails_clearly(offered: Case, settings: Settings) -> None:
    request_code(case=offered, at=LATER)
    settings.IDENTITY_CODE_URL = ""
    send_next(clock=lambda: LATER)
    row = PhoneCode.objects.get()
    assert (row.error_code, row.error_text) == (
        "no_gateway",
        "No gateway for text messages is configured.",
    )


def test_an_answered_question_needs_no_code(offered: Case, phones: gateway.Gateway) -> None:
    request_code(case=offered, at=LATER)
    take_answer(case=offered, answer="It is me.", at=LATER)
    send_next(clock=lambda: LATER)
    assert phones.taken == []
    assert PhoneCode.objects.get().error_code == "nobody_waits"


def test_what_is_sent_is_signed_and_the_token_stays(
    offered: Case, phones: gateway.Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    order(offered)
    [asked] = phones.asked
    assert asked["Content-Type"] == "application/json; charset=utf-8"
    assert asked["X-Timestamp"] == str(int(LATER.timestamp()))
    assert gateway.TOKEN not in str(asked)
    for secret in (ON_RECORD, phones.code, gateway.TOKEN):
        assert secret not in caplog.text


def test_a_wrong_token_is_refused_by_the_gateway(
    offered: Case, phones: gateway.Gateway, settings: Settings
) -> None:
    settings.IDENTITY_CODE_TOKEN = "another"
    order(offered)
    assert phones.taken == []


def test_the_text_speaks_the_language_of_the_case(offered: Case, phones: gateway.Gateway) -> None:
    Case.objects.filter(pk=offered.pk).update(language="pl")
    order(offered)
    assert offered.reference in phones.taken[0]["text"]


def test_a_worker_that_was_killed_leaves_the_code_to_the_next(
    offered: Case, phones: gateway.Gateway
) -> None:
    code = request_code(case=offered, at=LATER)
    dead = {"lease_token": "00000000-0000-0000-0000-000000000001", "lease_until": LATER + MINUTE}
    PhoneCode.objects.filter(pk=code.pk).update(status=Status.RUNNING.value, attempts=1, **dead)
    assert not send_next(clock=lambda: LATER)
    assert send_next(clock=lambda: LATER + 2 * MINUTE)
    assert len(phones.taken) == 1
    assert enter_code(case=offered, code=phones.code, at=LATER + 3 * MINUTE) is Verdict.RIGHT


def test_the_database_ties_the_lock_to_the_tries(offered: Case) -> None:
    check = open_check(offered)
    assert check is not None
    wrong_ways: dict[str, dict[str, Any]] = {
        "phonecheck_locked_after_most_tries": {"wrong_tries": MOST_TRIES},
        "phonecheck_locked_is_not_passed": {
            "wrong_tries": MOST_TRIES,
            "locked_at": LATER,
            "passed_at": LATER,
        },
    }
    for name, values in wrong_ways.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            PhoneCheck.objects.filter(pk=check.pk).update(**values)
    request_code(case=offered, at=LATER)
    with pytest.raises(IntegrityError, match="phonecode_one_on_its_way"), transaction.atomic():
        PhoneCode.objects.create(phone_check=check, requested_at=LATER)


# --- how it stands -----------------------------------------------------------------------------
def test_what_the_person_can_do(offered: Case, phones: gateway.Gateway) -> None:
    def stands(at: datetime) -> tuple[bool, bool, bool]:
        check = open_check(offered)
        assert check is not None
        stand = stand_of(check, at=at)
        assert stand.ending == "67"
        return stand.may_request, stand.may_enter, stand.is_locked

    assert stands(LATER) == (True, False, False)
    request_code(case=offered, at=LATER)
    assert stands(LATER) == (False, True, False)
    send_next(clock=lambda: LATER)
    assert stands(LATER + 2 * MINUTE) == (True, True, False)
    assert stands(LATER + CODE_LIFETIME) == (True, False, False)
    for _ in range(MOST_TRIES):
        enter_code(case=offered, code=wrong(phones.code), at=LATER)
    assert stands(LATER) == (False, False, True)


# --- the pages ---------------------------------------------------------------------------------
@pytest.fixture
def now_asked(company: str, handler: User) -> Case:
    now = timezone.now()
    case = receive_case(intake=intake(received_at=now), by=Actor.person(), at=now)
    return asked_who(case, handler, at=now)


def visit(client: Client, case: Case) -> Client:
    client.post(issue_link(case=case, at=timezone.now()).replace("http://localhost:8000", ""))
    return client


def test_the_whole_way_on_the_pages(
    client: Client, now_asked: Case, handler: User, phones: gateway.Gateway
) -> None:
    desk = Client()
    desk.force_login(handler)
    page = f"/desk/cases/{now_asked.reference}/"
    assert ON_RECORD in desk.get(page).content.decode()
    refused = desk.post(f"{page}identity/code/", {"number": "+48601234567"})
    assert refused.status_code == 422
    assert "This number is not on record any more." in refused.content.decode()
    visit(client, now_asked)
    assert "Send me a code" not in client.get("/en/my/").content.decode()
    assert desk.post(f"{page}identity/code/", {"number": ON_RECORD}).status_code == 302
    text = client.get("/en/my/").content.decode()
    assert "ends in 67" in text
    assert ON_RECORD not in text
    assert client.post("/en/my/identity/code/").headers["Location"] == "/en/my/"
    assert send_next(clock=timezone.now)
    typed = client.post("/en/my/identity/code/enter/", {"code": "12 34"})
    assert (typed.status_code, PhoneCheck.objects.get().wrong_tries) == (422, 0)
    assert "The code has six digits." in typed.content.decode()
    missed = client.post("/en/my/identity/code/enter/", {"code": wrong(phones.code)})
    assert missed.status_code == 422
    assert "This is not the code." in missed.content.decode()
    spaced = f"{phones.code[:3]} {phones.code[3:]}"
    taken = client.post("/en/my/identity/code/enter/", {"code": spaced})
    assert taken.headers["Location"] == "/en/my/"
    assert "You have shown who you are." in client.get("/en/my/").content.decode()
    text = desk.get(page).content.decode()
    assert "Code to a phone number on record" in text
    assert "By code or document" in text
    again = client.post("/en/my/identity/code/enter/", {"code": phones.code})
    assert again.headers["Location"] == "/en/my/"
    assert client.post("/en/my/identity/code/").headers["Location"] == "/en/my/"


def test_the_page_says_when_no_further_code_is_sent(
    client: Client, now_asked: Case, handler: User, phones: gateway.Gateway
) -> None:
    now = timezone.now()
    offer_code(case=now_asked, number=ON_RECORD, by=handler, at=now)
    visit(client, now_asked)
    client.post("/en/my/identity/code/")
    assert "on its way to your phone" in client.get("/en/my/").content.decode()
    client.post("/en/my/identity/code/")
    assert "We have just sent you a code." in client.get("/en/my/").content.decode()
    send_next(clock=timezone.now)
    for _ in range(MOST_TRIES):
        locked = client.post("/en/my/identity/code/enter/", {"code": wrong(phones.code)})
    assert "this way is closed for your protection" in locked.content.decode()
    client.post("/en/my/identity/code/")
    assert "We cannot send a further code." in client.get("/en/my/").content.decode()


def test_the_desk_says_why_no_code_can_be_offered(
    now_asked: Case, handler: User, settings: Settings
) -> None:
    desk = Client()
    desk.force_login(handler)
    page = f"/desk/cases/{now_asked.reference}/"
    text = desk.get(page).content.decode()
    assert "no gateway is configured" in text
    assert "Offer a code" not in text
    refused = desk.post(f"{page}identity/code/", {"number": ON_RECORD})
    assert refused.status_code == 422
    assert "No gateway for text messages is configured." in refused.content.decode()
    settings.IDENTITY_CODE_URL = "https://sms.example.org/"
    CollectionUnit.objects.update(searched_with=[])
    assert "our records hold no phone number of this person" in desk.get(page).content.decode()


def test_an_auditor_offers_nothing(now_asked: Case) -> None:
    client = Client()
    client.force_login(make_user(Role.AUDITOR))
    page = f"/desk/cases/{now_asked.reference}/"
    assert "identity/code/" not in client.get(page).content.decode()
    assert client.post(f"{page}identity/code/", {"number": ON_RECORD}).status_code == 403


@pytest.mark.parametrize("step", ["", "code/", "code/enter/"])
def test_without_the_link_nobody_proves_anything(client: Client, asking: Case, step: str) -> None:
    response = client.post(f"/en/my/identity/{step}", {"code": "123456", "answer": "x"})
    assert response.headers["Location"] == "/en/link/new/"
    asking.refresh_from_db()
    assert asking.state == State.AWAITING_IDENTITY
