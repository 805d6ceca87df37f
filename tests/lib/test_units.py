"""Leases, tried on the outbox's messages with real connections and real concurrency."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from lib.units import (
    LeaseLost,
    NotFailed,
    Status,
    advance,
    backoff,
    claim_next,
    extend_lease,
    fail,
    finish,
    postpone,
    requeue,
)
from outbox.models import Message
from tests.outbox.factories import AT, make_message

LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def claim(*, at: datetime = AT) -> Message | None:
    return claim_next(Message.objects.all(), at=at, lease=LEASE)


def claimed() -> Message:
    make_message()
    unit = claim()
    assert unit is not None
    return unit


def in_threads(work: Callable[[int], object], *, threads: int) -> list[object]:
    """Run `work(0..threads-1)` at the same moment, each on a connection of its own."""
    barrier = Barrier(threads)

    def run(number: int) -> object:
        try:
            barrier.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


@pytest.mark.django_db
def test_claim_next_of_nothing_is_none() -> None:
    assert claim() is None


@pytest.mark.django_db
def test_claim_next_leases_the_row() -> None:
    unit = make_message()

    taken = claim()

    assert taken == unit
    unit.refresh_from_db()
    assert (unit.status, unit.attempts, unit.lease_until) == (Status.RUNNING, 1, AT + LEASE)
    assert unit.lease_token is not None
    assert taken is not None
    assert taken.lease_token == unit.lease_token


@pytest.mark.django_db
def test_claim_next_takes_the_longest_waiting_and_not_the_early() -> None:
    later = make_message(not_before=AT)
    sooner = make_message(not_before=AT - SECOND)
    at_once = make_message(not_before=None)
    make_message(not_before=AT + SECOND)

    assert [claim(), claim(), claim(), claim()] == [at_once, sooner, later, None]


@pytest.mark.django_db
def test_claim_next_takes_over_only_after_the_lease() -> None:
    unit = claimed()

    assert claim(at=AT + LEASE) is None
    assert claim(at=AT + LEASE + SECOND) == unit


@pytest.mark.django_db
def test_claim_next_prefers_what_a_killed_worker_left() -> None:
    left = claimed()
    make_message(not_before=AT - SECOND)

    assert claim(at=AT + LEASE + SECOND) == left


@pytest.mark.django_db
def test_claim_next_keeps_to_the_given_rows() -> None:
    make_message()

    assert claim_next(Message.objects.filter(language="pl"), at=AT, lease=LEASE) is None


@pytest.mark.django_db
def test_taken_over_unit_is_lost_to_its_first_holder() -> None:
    first = claimed()
    second = claim(at=AT + LEASE + SECOND)
    assert second is not None

    with pytest.raises(LeaseLost):
        extend_lease(first, at=AT, lease=LEASE)
    with pytest.raises(LeaseLost):
        finish(first, at=AT, also={"sent_at": AT})
    with pytest.raises(LeaseLost):
        fail(first, at=AT, code="late", text="", retry_at=None)

    finish(second, at=AT, also={"sent_at": AT})
    assert second.attempts == 2
    assert Message.objects.get().status == Status.DONE


@pytest.mark.django_db
def test_expired_lease_that_nobody_took_can_still_finish() -> None:
    unit = claimed()

    finish(unit, at=AT + 2 * LEASE, also={"sent_at": AT + 2 * LEASE})

    assert Message.objects.get().finished_at == AT + 2 * LEASE


@pytest.mark.django_db
def test_finish_settles_the_row_and_only_once() -> None:
    unit = claimed()

    finish(unit, at=AT, also={"sent_at": AT})

    stored = Message.objects.get()
    for row in (unit, stored):
        assert (row.status, row.finished_at, row.sent_at) == (Status.DONE, AT, AT)
        assert (row.lease_token, row.lease_until) == (None, None)
    with pytest.raises(LeaseLost):
        finish(unit, at=AT, also={"sent_at": AT})
    assert claim(at=AT + 100 * LEASE) is None


@pytest.mark.django_db
def test_late_worker_writes_nothing_inside_its_transaction() -> None:
    late = claimed()
    claim(at=AT + LEASE + SECOND)

    def write_and_finish() -> None:
        with transaction.atomic():
            make_message(reference="written by the late one")
            finish(late, at=AT, also={"sent_at": AT})

    with pytest.raises(LeaseLost):
        write_and_finish()

    assert not Message.objects.filter(reference="written by the late one").exists()


@pytest.mark.django_db
def test_extend_lease_moves_the_end() -> None:
    unit = claimed()

    extend_lease(unit, at=AT + LEASE, lease=LEASE)

    assert claim(at=AT + LEASE + SECOND) is None
    assert Message.objects.get().lease_until == AT + 2 * LEASE


@pytest.mark.django_db
def test_advance_moves_the_end_and_counts_the_attempt_anew() -> None:
    unit = claimed()
    Message.objects.update(attempts=7)
    advance(unit, at=AT + LEASE, lease=LEASE)

    unit.refresh_from_db()
    assert (unit.lease_until, unit.attempts) == (AT + 2 * LEASE, 1)


@pytest.mark.django_db
def test_postponed_unit_waits_with_a_new_round_and_no_error() -> None:
    unit = claimed()
    fail(unit, at=AT, code="timeout", text="Slow.", retry_at=AT)
    again = claim()
    assert again is not None
    postpone(again, until=AT + LEASE, also={"subject": "Later"})

    again.refresh_from_db()
    assert (again.status, again.attempts, again.not_before) == (Status.QUEUED, 0, AT + LEASE)
    assert (again.error_code, again.error_text, again.lease_token) == ("", "", None)
    assert again.subject == "Later"
    with pytest.raises(LeaseLost):
        postpone(unit, until=AT)


@pytest.mark.django_db
def test_fail_with_retry_waits_and_keeps_the_reason() -> None:
    unit = claimed()

    fail(unit, at=AT, code="smtp_451", text="Later.", retry_at=AT + SECOND)

    stored = Message.objects.get()
    assert (stored.status, stored.error_code, stored.error_text) == ("queued", "smtp_451", "Later.")
    assert claim(at=AT) is None
    again = claim(at=AT + SECOND)
    assert again is not None
    assert again.attempts == 2
    finish(again, at=AT + SECOND, also={"sent_at": AT + SECOND})
    assert (again.error_code, again.error_text) == ("", "")


@pytest.mark.django_db
def test_fail_for_good_stays_visible_and_is_never_claimed() -> None:
    unit = claimed()

    fail(unit, at=AT, code="smtp_550", text="No.", retry_at=None)

    stored = Message.objects.get()
    assert (stored.status, stored.error_code, stored.finished_at) == ("failed", "smtp_550", None)
    assert claim(at=AT + 100 * LEASE) is None


@pytest.mark.django_db
def test_fail_with_a_retry_in_the_past_is_refused() -> None:
    unit = claimed()

    with pytest.raises(ValueError, match="before the failure"):
        fail(unit, at=AT, code="x", text="", retry_at=AT - SECOND)


@pytest.mark.django_db
def test_requeue_gives_a_failed_unit_a_new_round() -> None:
    unit = claimed()
    fail(unit, at=AT, code="smtp_550", text="No.", retry_at=None)

    requeue(unit, at=AT + SECOND)

    assert claim(at=AT) is None
    again = claim(at=AT + SECOND)
    assert again is not None
    assert (again.attempts, again.error_code, again.error_text) == (1, "", "")


@pytest.mark.django_db
def test_requeue_of_what_has_not_failed_is_refused() -> None:
    unit = claimed()

    with pytest.raises(NotFailed):
        requeue(unit, at=AT)


def test_backoff_doubles_up_to_four_hours() -> None:
    minutes = [backoff(attempt).total_seconds() / 60 for attempt in (0, 1, 2, 3, 9, 10, 11, 1000)]

    assert minutes == [0.5, 0.5, 1, 2, 128, 240, 240, 240]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    [
        {"status": "sleeping"},
        {"status": "running"},
        {"status": "running", "lease_token": uuid.UUID(int=1)},
        {"lease_token": uuid.UUID(int=1), "lease_until": AT},
        {"status": "done", "sent_at": AT},
        {"finished_at": AT},
        {"status": "failed"},
        {"status": "done", "sent_at": AT, "finished_at": AT, "error_code": "x"},
        {"error_text": "a text without a code"},
        {"status": "done", "finished_at": AT},
        {"sent_at": AT},
    ],
)
def test_row_with_status_and_fields_apart_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_message(**broken)


@pytest.mark.django_db(transaction=True)
def test_claimers_at_once_never_get_the_same_unit() -> None:
    for _ in range(40):
        make_message()

    def work(_: int) -> list[int]:
        mine = []
        while (unit := claim()) is not None:
            mine.append(unit.pk)
        return mine

    taken = [pk for mine in in_threads(work, threads=4) for pk in mine]  # type: ignore[attr-defined]

    # A claimer may leave early past rows the others were just locking, but none is claimed twice.
    assert len(taken) == len(set(taken)) == 40
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_claim_next_passes_over_a_locked_row() -> None:
    first, second = make_message(not_before=AT - SECOND), make_message()

    with transaction.atomic():
        assert Message.objects.select_for_update(no_key=True).get(pk=first.pk) == first
        taken = in_threads(lambda _: claim(), threads=1)

    assert taken == [second]


@pytest.mark.django_db(transaction=True)
def test_claim_next_is_not_kept_from_a_row_that_others_refer_to() -> None:
    """A foreign key check holds FOR KEY SHARE on the unit; that is no reason to pass it over."""
    unit = make_message()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM outbox_message WHERE id = %s FOR KEY SHARE", [unit.pk])
        taken = in_threads(lambda _: claim(), threads=1)

    assert taken == [unit]


@pytest.mark.django_db(transaction=True)
def test_finish_by_two_threads_settles_once() -> None:
    unit = claimed()

    def work(_: int) -> str:
        try:
            finish(Message.objects.get(pk=unit.pk), at=AT, also={"sent_at": AT})
        except LeaseLost:
            return "lost"
        return "done"

    # A thread that reads after the other settled has no token, which loses just as well.
    assert sorted(map(str, in_threads(work, threads=2))) == ["done", "lost"]
