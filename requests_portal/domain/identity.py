"""How somebody can show who they are, and when a code is right (Art. 12(6)).

No identity paper by default: a number that we hold, a call, an answer that only they can know.
"""

from datetime import datetime, timedelta
from enum import StrEnum

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=10)
#: Wrong tries over all codes of one question together; a new code gives no new ones.
MOST_TRIES = 5
#: Codes for one question: the number may be somebody else's, who did not ask to be disturbed.
MOST_CODES = 3
#: Proof never stays longer, decided or not.
PROOF_LIFETIME = timedelta(days=30)


class Way(StrEnum):
    PHONE_CODE = "phone_code"  # a code sent to a number that we hold, entered by the person
    CALL = "call"  # staff called a number that we hold
    ANSWER = "answer"  # what the person answered, only they can know
    DOCUMENT = "document"  # a document that the person uploaded


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    LOCKED = "locked"


def judge(
    *, matches: bool, expires_at: datetime | None, wrong_tries: int, at: datetime
) -> tuple[Verdict, int]:
    """Judge one entered code; return the verdict and how many wrong tries there are then.

    Nothing is valid once it is locked, nor from `expires_at` on: what is expired costs no try, for
    nobody can pass with it. `expires_at` is None while no code was sent.
    """
    if wrong_tries >= MOST_TRIES:
        return Verdict.LOCKED, wrong_tries
    if expires_at is None or at >= expires_at:
        return Verdict.EXPIRED, wrong_tries
    if matches:
        return Verdict.RIGHT, wrong_tries
    tries = wrong_tries + 1
    return (Verdict.LOCKED if tries >= MOST_TRIES else Verdict.WRONG), tries


def ways_to_record(*, is_asked: bool, was_answered: bool, has_proof: bool) -> tuple[Way, ...]:
    """Return the ways of which staff can record the outcome now.

    While the person is asked, only a call can settle it: it is the answer, too.
    """
    if is_asked:
        return (Way.CALL,)
    return (
        Way.CALL,
        *((Way.ANSWER,) if was_answered else ()),
        *((Way.DOCUMENT,) if has_proof else ()),
    )
