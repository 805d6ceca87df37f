"""Sending the codes that people wait for.

Safety: a code exists in the clear in the worker and in the text message alone; what is kept is its
keyed hash, committed before it is sent. Each attempt makes a new one: a worker that was killed may
have sent the last one or not.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from audit.domain.actor import Actor
from lib.faults import log_fault
from lib.units import LeaseLost, backoff, claim_next, extend_lease, fail, finish
from requests_portal.connectors.identity_codes import (
    TIMEOUT_SECONDS,
    CodeNotSent,
    configured_sender,
)
from requests_portal.domain.identity import CODE_DIGITS, CODE_LIFETIME
from requests_portal.models import Case, PhoneCheck, PhoneCode
from requests_portal.services.phone_codes import code_hash
from requests_portal.services.trail import record_on_case

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=3 * TIMEOUT_SECONDS)
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
    if not check.question.is_open or check.locked_at or at >= code.requested_at + CODE_LIFETIME:
        raise CodeNotSent("nobody_waits", for_good=True)
    text = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    with transaction.atomic():
        extend_lease(code, at=at, lease=LEASE)
        PhoneCode.objects.filter(pk=code.pk).update(
            code_hash=code_hash(code, text), expires_at=at + CODE_LIFETIME
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
