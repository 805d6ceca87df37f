from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.domain.roles import Role
from accounts.domain.sign_in import Outcome
from accounts.models import SignInAttempt, User
from accounts.queries import latest_attempts_of, sign_in_attempts
from accounts.services.sign_ins import (
    purge_attempts,
    record_refusal,
    record_success,
    record_throttled,
    record_wrong_code,
)
from accounts.tasks import purge_sign_in_attempts
from audit.models import Event
from lib.keyed_hash import keyed_hash
from tests.accounts.factories import AT, make_attempt, make_user

IP = "192.0.2.7"


def the_attempt() -> tuple[User | None, str, str, datetime]:
    attempt = SignInAttempt.objects.get()
    return attempt.user, attempt.outcome, attempt.ip, attempt.at


def test_record_success_remembers_who_when_and_from_where(handler: User) -> None:
    record_success(user=handler, ip=IP, at=AT)

    assert the_attempt() == (handler, "succeeded", IP, AT)


def test_record_refusal_of_somebody_active_is_a_wrong_password(handler: User) -> None:
    record_refusal(email=" HANNA@example.ee ", ip=IP, at=AT)

    assert the_attempt() == (handler, "wrong_password", IP, AT)


def test_record_refusal_of_a_closed_account_says_so(db: None) -> None:
    user = make_user(Role.HANDLER, is_active=False)

    record_refusal(email=user.email, ip=IP, at=AT)

    assert the_attempt() == (user, "inactive", IP, AT)


def test_record_refusal_of_an_unknown_address_keeps_its_hash_alone(db: None) -> None:
    record_refusal(email="Nobody@example.ee", ip=IP, at=AT)

    assert the_attempt() == (None, "unknown", IP, AT)
    stored = SignInAttempt.objects.get().email_hash
    assert bytes(stored) == keyed_hash("nobody@example.ee", purpose="sign-in")


@pytest.mark.parametrize("email", ["hanna@example.ee", "nobody@example.ee"])
def test_record_throttled_knows_whom_it_knows(handler: User, email: str) -> None:
    record_throttled(email=email, ip=IP, at=AT)

    known = handler if email == handler.email else None
    assert the_attempt() == (known, "throttled", IP, AT)


def test_record_wrong_code_remembers_who(handler: User) -> None:
    record_wrong_code(user=handler, ip=IP, at=AT)

    assert the_attempt() == (handler, "second_factor_failed", IP, AT)


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.WRONG_PASSWORD, Outcome.INACTIVE])
def test_an_attempt_of_nobody_cannot_be_one_of_a_person(db: None, outcome: Outcome) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(None, outcome)


def test_an_attempt_of_somebody_cannot_be_unknown(handler: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(handler, Outcome.UNKNOWN)


def test_a_user_with_attempts_is_not_deleted(handler: User) -> None:
    make_attempt(handler, Outcome.SUCCEEDED)

    with pytest.raises(ProtectedError):
        handler.delete()


def test_purge_attempts_keeps_sixty_whole_days(handler: User) -> None:
    make_attempt(handler, Outcome.SUCCEEDED, at=datetime(2026, 9, 23, 20, 59, 59, tzinfo=UTC))
    kept = make_attempt(handler, Outcome.SUCCEEDED, at=datetime(2026, 9, 23, 21, 0, tzinfo=UTC))

    assert purge_attempts(at=AT) == 1

    assert list(SignInAttempt.objects.all()) == [kept]
    event = Event.objects.get()
    assert (event.verb, event.actor_kind, event.actor_ref) == (
        "sign_in_attempts.purged",
        "system",
        "accounts",
    )
    assert event.data == {"count": 1, "before": "2026-09-24T00:00:00+03:00"}


def test_purge_attempts_with_nothing_due_leaves_no_trace(handler: User) -> None:
    make_attempt(handler, Outcome.SUCCEEDED)

    assert purge_attempts(at=AT) == 0

    assert not Event.objects.exists()


def test_the_task_purges_by_the_clock(handler: User) -> None:
    make_attempt(handler, Outcome.SUCCEEDED, at=datetime(2020, 1, 1, tzinfo=UTC))

    purge_sign_in_attempts()

    assert not SignInAttempt.objects.exists()


def test_sign_in_attempts_come_newest_first_and_by_outcome(handler: User) -> None:
    old = make_attempt(handler, Outcome.SUCCEEDED, at=datetime(2026, 11, 1, tzinfo=UTC))
    new = make_attempt(None, Outcome.UNKNOWN)

    assert list(sign_in_attempts()) == [new, old]
    assert list(sign_in_attempts(outcome=Outcome.UNKNOWN)) == [new]


def test_latest_attempts_are_ten_of_the_person(handler: User) -> None:
    make_attempt(None, Outcome.UNKNOWN)
    made = [make_attempt(handler, Outcome.SUCCEEDED) for _ in range(11)]

    assert latest_attempts_of(handler) == made[:0:-1]


def test_an_attempt_is_named_by_outcome_and_time(handler: User) -> None:
    assert str(make_attempt(handler, Outcome.SUCCEEDED)) == "succeeded 2026-11-23T09:00:00+00:00"
