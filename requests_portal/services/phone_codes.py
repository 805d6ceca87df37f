"""Showing who one is by a code sent to a phone number that we hold already.

Staff choose the number, the person asks for the code when they sit before the page, a worker makes
and sends it. Safety: a code exists in the clear in the worker and in the text message alone; here
stays its keyed hash. Tries are counted under a lock, over all codes of a question together.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts.models import User
from audit.domain.actor import Actor
from lib.faults import log_fault
from lib.keyed_hash import keyed_hash
from lib.refusals import Refusal
from lib.units import LeaseLost, Status, backoff, claim_next, extend_lease, fail, finish
from lib.wakeups import wake
from requests_portal.connectors.identity_codes import (
    TIMEOUT_SECONDS,
    CodeNotSent,
    configured_sender,
)
from requests_portal.domain.identity import (
    CODE_DIGITS,
    CODE_LIFETIME,
    MOST_CODES,
    Verdict,
    Way,
    judge,
)
from requests_portal.domain.lifecycle import State
from requests_portal.domain.questions import Kind
from requests_portal.models import Case, PhoneCheck, PhoneCode
from requests_portal.services.asking import open_question, take_answer
from requests_portal.services.identity import note_outcome, numbers_on_record
from requests_portal.services.moves import CaseMovedOn, locked_case
from requests_portal.services.trail import record_on_case

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=3 * TIMEOUT_SECONDS)
#: A code that was sent so recently may still be on its way.
_PATIENCE = timedelta(minutes=1)
_AWAITING = frozenset({State.AWAITING_IDENTITY})
_WORKER = Actor.system("phone_codes")
#: For staff, beside a code that was not sent.
_NOT_SENT = {
    "gateway_unreachable": "The gateway for text messages could not be reached.",
    "gateway_busy": "The gateway for text messages asked to try again later.",
    "gateway_refused": "The gateway for text messages refused the code.",
    "no_gateway": "No gateway for text messages is configured.",
    "nobody_waits": "The code was not needed any more.",
    "internal": "The code could not be sent; the log says why.",
}
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


def open_check(case: Case) -> PhoneCheck | None:
    """Return the offer of a code that the person can take up now."""
    return (
        PhoneCheck.objects.prefetch_related("codes")
        .filter(question__case=case, question__answered_at__isnull=True)
        .first()
    )


def request_code(*, case: Case, at: datetime) -> PhoneCode:
    """Order a code, as the person asked. Raises CodeUnderWay, NoMoreCodes, CaseMovedOn."""
    with transaction.atomic():
        check = _locked_check(case)
        codes = list(check.codes.all())
        if check.locked_at is not None or len(codes) >= MOST_CODES:
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
        .filter(
            question__case=locked,
            question__kind=Kind.IDENTITY.value,
            question__answered_at__isnull=True,
        )
        .first()
    )
    if check is None:
        raise CaseMovedOn
    return check


def _is_fresh(code: PhoneCode, *, at: datetime) -> bool:
    return code.status in _UNDER_WAY or at < code.requested_at + _PATIENCE


def _hash(code: PhoneCode, text: str) -> bytes:
    return keyed_hash(f"{code.pk}:{text}", purpose="identity-code")


def _fits(code: PhoneCode, text: str) -> bool:
    return constant_time_compare(bytes(code.code_hash or b""), _hash(code, text))


# --- the worker --------------------------------------------------------------------------------
def send_next(*, clock: Callable[[], datetime]) -> bool:
    """Make and send one code that is due; False when there was none."""
    code = claim_next(PhoneCode.objects.all(), at=clock(), lease=LEASE)
    if code is None:
        return False
    try:
        _send(code, clock=clock)
    except LeaseLost:
        logger.info("phone code %s is in other hands now", code.pk)
    except CodeNotSent as error:
        _give_back(code, why=error.code, for_good=error.for_good, at=clock())
    except Exception as error:  # noqa: BLE001 (whatever it was, the unit must not be lost)
        log_fault(logger, f"phone code {code.pk}", error)
        _give_back(code, why="internal", for_good=False, at=clock())
    return True


def _send(code: PhoneCode, *, clock: Callable[[], datetime]) -> None:
    """Make a new code at each attempt: one whose sending was cut off is known to nobody here."""
    at = clock()
    check = PhoneCheck.objects.select_related("question__case").get(pk=code.phone_check_id)
    sender = configured_sender()
    if sender is None:
        raise CodeNotSent("no_gateway", for_good=True)
    if check.question.answered_at or check.locked_at or at >= code.requested_at + CODE_LIFETIME:
        raise CodeNotSent("nobody_waits", for_good=True)
    text = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    with transaction.atomic():
        extend_lease(code, at=at, lease=LEASE)
        PhoneCode.objects.filter(pk=code.pk).update(
            code_hash=_hash(code, text), expires_at=at + CODE_LIFETIME
        )
    case = check.question.case
    sender.send(to=check.number, text=_words(case, text), at=at)
    with transaction.atomic():
        finish(code, at=clock())
        record_on_case("identity.code_sent", by=_WORKER, at=clock(), case_id=case.id)


def _words(case: Case, code: str) -> str:
    with translation.override(case.language):
        return _(
            "%(code)s is the code for your request %(reference)s. It is valid for 10 minutes. "
            "Enter it on the page of your request only; nobody of us asks for it by phone."
        ) % {"code": code, "reference": case.reference}


def _give_back(code: PhoneCode, *, why: str, for_good: bool, at: datetime) -> None:
    """Try again soon, but not after the person has surely stopped waiting."""
    retry_at = at + backoff(code.attempts)
    too_late = retry_at >= code.requested_at + CODE_LIFETIME
    with suppress(LeaseLost):
        fail(
            code,
            at=at,
            code=why,
            text=_NOT_SENT[why],
            retry_at=None if for_good or too_late else retry_at,
        )
