"""Showing who one is by a code sent to a phone number that we hold already.

Staff choose the number, the person asks for the code when they sit before the page, a worker makes
and sends it (`code_sending`). Safety: tries are counted under a lock, over all codes of a question
together, and what is wrong is committed before it is told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare

from accounts.models import User
from audit.domain.actor import Actor
from lib.keyed_hash import keyed_hash
from lib.refusals import Refusal
from lib.units import Status
from lib.wakeups import wake
from requests_portal.connectors.identity_codes import (
    configured_sender,
)
from requests_portal.domain.identity import (
    MOST_CODES,
    Verdict,
    Way,
    judge,
)
from requests_portal.domain.lifecycle import State
from requests_portal.models import Case, PhoneCheck, PhoneCode
from requests_portal.services.asking import open_question, take_answer
from requests_portal.services.identity import note_outcome, numbers_on_record
from requests_portal.services.moves import CaseMovedOn, locked_case
from requests_portal.services.trail import record_on_case

#: A code that was sent so recently may still be on its way.
_PATIENCE = timedelta(minutes=1)
#: How much of the number a visitor of the page is shown.
_DIGITS_SHOWN = 2
_OPEN = {"question__answered_at__isnull": True, "question__lapsed_at__isnull": True}
_AWAITING = frozenset({State.AWAITING_IDENTITY})
_UNDER_WAY = (Status.QUEUED.value, Status.RUNNING.value)


class NoGateway(Refusal):
    """No gateway is configured that could send a code."""


class NotOnRecord(Refusal):
    """The number is not one that our own records hold of this person."""


class CodeRefused(Refusal):
    """No further code is sent now."""


class CodeUnderWay(CodeRefused):
    """One was sent just now."""


class NoMoreCodes(CodeRefused):
    """As many were sent as may be, or too many were entered wrongly."""


def can_send_codes() -> bool:
    """Tell whether a gateway is configured."""
    return configured_sender() is not None


def offer_code(*, case: Case, number: str, by: User, at: datetime) -> PhoneCheck:
    """Let the person answer the open question with a code sent to a number on record.

    Raises NoGateway, NotOnRecord, CaseMovedOn when nobody is asked or it was offered already.
    """
    if not can_send_codes():
        raise NoGateway("No gateway for text messages is configured.")
    with transaction.atomic():
        locked = locked_case(case, _AWAITING)
        question = open_question(locked)
        if question is None or PhoneCheck.objects.filter(question=question).exists():
            raise CaseMovedOn
        if number not in numbers_on_record(locked):
            raise NotOnRecord("This number does not stand in our records of the person.")
        record_on_case("identity.code_offered", by=Actor.staff(by.pk), at=at, case_id=case.id)
        return PhoneCheck.objects.create(
            question=question, number=number, offered_by=by, offered_at=at
        )


@dataclass(frozen=True, kw_only=True)
class CodeStand:
    """How an offer stands for the person: the end of the number, and what they can do now."""

    ending: str
    may_request: bool
    may_enter: bool
    is_locked: bool


def stand_of(check: PhoneCheck, *, at: datetime) -> CodeStand:
    """Return how an offer stands at `at`."""
    codes = list(check.codes.all())
    is_locked = check.locked_at is not None
    latest = codes[-1] if codes else None
    is_fresh = latest is not None and _is_fresh(latest, at=at)
    return CodeStand(
        ending=check.number[-_DIGITS_SHOWN:],
        may_request=not is_locked and not is_fresh and _sent(codes) < MOST_CODES,
        may_enter=not is_locked and any(_may_be_entered(one, at=at) for one in codes),
        is_locked=is_locked,
    )


def open_check(case: Case) -> PhoneCheck | None:
    """Return the offer of a code that the person can take up now."""
    return PhoneCheck.objects.prefetch_related("codes").filter(question__case=case, **_OPEN).first()


def request_code(*, case: Case, at: datetime) -> PhoneCode:
    """Order a code, as the person asked. Raises CodeUnderWay, NoMoreCodes, CaseMovedOn."""
    with transaction.atomic():
        check = _locked_check(case)
        codes = list(check.codes.all())
        if check.locked_at is not None or _sent(codes) >= MOST_CODES:
            raise NoMoreCodes("We cannot send a further code.")
        if codes and _is_fresh(codes[-1], at=at):
            raise CodeUnderWay("We have just sent you a code. It can take a minute.")
        record_on_case("identity.code_requested", by=Actor.person(), at=at, case_id=case.id)
        wake("requests_portal.tasks.send_codes")
        return PhoneCode.objects.create(phone_check=check, requested_at=at, not_before=at)


def enter_code(*, case: Case, code: str, at: datetime) -> Verdict:
    """Judge a code that the person entered; the right one answers the question.

    A wrong one is counted and committed: the verdict is returned, not raised. CaseMovedOn when
    nothing is asked any more.
    """
    with transaction.atomic():
        check = _locked_check(case)
        latest = check.codes.filter(code_hash__isnull=False).last()
        verdict, tries = judge(
            matches=latest is not None and _fits(latest, code),
            expires_at=latest.expires_at if latest else None,
            wrong_tries=check.wrong_tries,
            at=at,
        )
        if verdict is Verdict.RIGHT:
            _pass(check, case=case, at=at)
        elif tries > check.wrong_tries:
            _count_wrong(check, tries, locked=verdict is Verdict.LOCKED, case=case, at=at)
    return verdict


def _pass(check: PhoneCheck, *, case: Case, at: datetime) -> None:
    check.passed_at = at
    check.save(update_fields=["passed_at"])
    note_outcome(case=case, question=check.question, way=Way.PHONE_CODE, is_confirmed=True, at=at)
    take_answer(case=case, answer="", at=at)


def _count_wrong(check: PhoneCheck, tries: int, *, locked: bool, case: Case, at: datetime) -> None:
    check.wrong_tries = tries
    check.locked_at = at if locked else None
    check.save(update_fields=["wrong_tries", "locked_at"])
    record_on_case(
        "identity.code_locked" if locked else "identity.code_wrong",
        by=Actor.person(),
        at=at,
        case_id=case.id,
        data={"tries": tries},
    )


def _locked_check(case: Case) -> PhoneCheck:
    """Return the offer for the open question, with case and offer locked; CaseMovedOn."""
    locked = locked_case(case, _AWAITING)
    check = (
        PhoneCheck.objects.select_for_update(of=("self",))
        .select_related("question")
        .filter(question__case=locked, **_OPEN)
        .first()
    )
    if check is None:
        raise CaseMovedOn
    return check


def _is_fresh(code: PhoneCode, *, at: datetime) -> bool:
    return code.status in _UNDER_WAY or at < code.requested_at + _PATIENCE


def _may_be_entered(code: PhoneCode, *, at: datetime) -> bool:
    return code.status in _UNDER_WAY or (code.expires_at is not None and at < code.expires_at)


def _sent(codes: list[PhoneCode]) -> int:
    """Count the codes that may have reached the phone, or will."""
    return sum(1 for one in codes if one.status != Status.FAILED)


def code_hash(code: PhoneCode, text: str) -> bytes:
    """Return all that is kept of a code."""
    return keyed_hash(f"{code.pk}:{text}", purpose="identity-code")


def _fits(code: PhoneCode, text: str) -> bool:
    return constant_time_compare(bytes(code.code_hash or b""), code_hash(code, text))
