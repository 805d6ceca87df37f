"""Remembering who tried to sign in, and forgetting it in time."""

from datetime import datetime

from django.db import transaction

from accounts.domain.sign_in import Outcome, oldest_kept
from accounts.models import SignInAttempt, User
from accounts.queries import user_by_email
from audit.domain.actor import Actor
from audit.services import record
from lib.entities import ENTITIES
from lib.keyed_hash import keyed_hash


def record_success(*, user: User, ip: str, at: datetime) -> None:
    """Remember a sign-in that went through all its steps."""
    _remember(email=user.email, user=user, outcome=Outcome.SUCCEEDED, ip=ip, at=at)


def record_refusal(*, email: str, ip: str, at: datetime) -> None:
    """Remember that address and password did not open the door, and why."""
    user = user_by_email(email)
    if user is None:
        outcome = Outcome.UNKNOWN
    else:
        outcome = Outcome.WRONG_PASSWORD if user.is_active else Outcome.INACTIVE
    _remember(email=email, user=user, outcome=outcome, ip=ip, at=at)


def record_throttled(*, email: str, ip: str, at: datetime) -> None:
    """Remember an attempt that was not looked at, since there were too many before it."""
    _remember(email=email, user=user_by_email(email), outcome=Outcome.THROTTLED, ip=ip, at=at)


def record_wrong_code(*, user: User, ip: str, at: datetime) -> None:
    """Remember that the second factor was not the right one."""
    _remember(email=user.email, user=user, outcome=Outcome.SECOND_FACTOR_FAILED, ip=ip, at=at)


def purge_attempts(*, at: datetime) -> int:
    """Delete, in one statement, the attempts whose 60 days are over; return how many.

    The days are those of Tallinn. The retention engine stands above this app and takes this over
    with its rule for `logs`; until then the same end is computed here.
    """
    before = oldest_kept(at=at, tz=ENTITIES["EE"].tz)
    with transaction.atomic():
        count, _ = SignInAttempt.objects.filter(at__lt=before).delete()
        if count:
            record(
                "sign_in_attempts.purged",
                by=Actor.system("accounts"),
                at=at,
                object_kind="sign_in_attempts",
                object_id="all",
                data={"count": count, "before": before.isoformat()},
            )
    return count


def _remember(*, email: str, user: User | None, outcome: Outcome, ip: str, at: datetime) -> None:
    SignInAttempt.objects.create(
        at=at,
        user=user,
        email_hash=keyed_hash(email.strip().lower(), purpose="sign-in"),
        outcome=outcome.value,
        ip=ip,
    )
