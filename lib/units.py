"""Units of work as rows: claimed under a lease, finished under the same lease, never lost.

A worker claims a unit, commits, works in steps that commit, and finishes it. Killed at any
instruction, its lease runs out and the next worker continues. Whoever lost the lease gets LeaseLost
from every further step: put the step's own writes and `extend_lease` (or `finish`) into one
transaction, and a late worker's writes roll back with it.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import F, Q, QuerySet

U = TypeVar("U", bound="LeasedUnit")

BACKOFF_FIRST = timedelta(seconds=30)
BACKOFF_LONGEST = timedelta(hours=4)


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class LeaseLost(Exception):
    """Another worker holds this unit now, or it is settled: stop, and undo the open step."""


class NotFailed(Exception):
    """Only a failed unit can be put back into the queue."""


class LeasedUnit(models.Model):
    """Status and lease of one unit of work. Only the functions of this module change them."""

    status = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in Status], default=Status.QUEUED.value
    )
    attempts = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    #: The earliest instant of the next attempt; NULL means at once.
    not_before = models.DateTimeField(null=True, blank=True)
    #: Why the last attempt failed: kept while a retry is queued or running, empty when done.
    error_code = models.CharField(max_length=64, blank=True, default="")
    #: A sentence for staff. Never personal data, never a source's own message.
    error_text = models.TextField(blank=True, default="")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status_known",
                condition=Q(status__in=[s.value for s in Status]),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_running_has_lease",
                condition=Q(status="running", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_token__isnull=True, lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_done_has_time",
                condition=Q(status="done", finished_at__isnull=False)
                | (~Q(status="done") & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_failed_has_error",
                condition=(~Q(status="failed") | ~Q(error_code=""))
                & (~Q(status="done") | Q(error_code=""))
                & (~Q(error_code="") | Q(error_text="")),
            ),
        ]
        indexes = [
            models.Index(
                F("not_before").asc(nulls_first=True),
                name="%(class)s_queued",
                condition=Q(status="queued"),
            ),
            models.Index(
                fields=["lease_until"], name="%(class)s_leased", condition=Q(status="running")
            ),
        ]


def claim_next(units: QuerySet[U], *, at: datetime, lease: timedelta) -> U | None:
    """Lease the unit of `units` that has waited longest, or return None.

    A unit whose lease ran out before `at` comes first, then a queued one whose `not_before` has
    come. Two callers never get the same unit (FOR UPDATE SKIP LOCKED). Inside a transaction the
    row stays locked until its end, so claim in a transaction of its own.
    """
    expired = units.filter(status=Status.RUNNING, lease_until__lt=at).order_by("lease_until", "pk")
    due = units.filter(
        Q(not_before__isnull=True) | Q(not_before__lte=at), status=Status.QUEUED
    ).order_by(F("not_before").asc(nulls_first=True), "pk")
    with transaction.atomic(using=units.db):
        for waiting in (expired, due):
            unit = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
            if unit is not None:
                _take(unit, at=at, lease=lease)
                return unit
    return None


def extend_lease(unit: LeasedUnit, *, at: datetime, lease: timedelta) -> None:
    """Keep the unit until `at + lease`; raise LeaseLost if another worker has it."""
    _change_leased(unit, lease_until=at + lease)


def advance(unit: LeasedUnit, *, at: datetime, lease: timedelta) -> None:
    """Keep the unit as `extend_lease` does; an attempt that got so far is not counted as futile."""
    _change_leased(unit, lease_until=at + lease, attempts=1)


def finish(unit: LeasedUnit, *, at: datetime, also: Mapping[str, Any] | None = None) -> None:
    """Mark the unit done, setting the fields of `also` in the same UPDATE; LeaseLost as above."""
    _change_leased(
        unit,
        status=Status.DONE.value,
        finished_at=at,
        error_code="",
        error_text="",
        **_NO_LEASE,
        **(also or {}),
    )


def fail(
    unit: LeasedUnit, *, at: datetime, code: str, text: str, retry_at: datetime | None
) -> None:
    """End this attempt: queue the next one for `retry_at`, or leave the unit failed for a person.

    `code` and `text` are shown to staff and must hold no personal data. LeaseLost as above.
    """
    if retry_at is not None and retry_at < at:
        raise ValueError("A retry cannot lie before the failure.")
    _change_leased(
        unit,
        status=Status.FAILED.value if retry_at is None else Status.QUEUED.value,
        not_before=retry_at,
        error_code=code,
        error_text=text,
        **_NO_LEASE,
    )


def postpone(
    unit: LeasedUnit, *, until: datetime, code: str = "", also: Mapping[str, Any] | None = None
) -> None:
    """Give a unit back for another look at `until`: its work is not over, and nothing failed.

    Its attempts begin anew. `code` says what it waits for, see `hasten`. `also` as in `finish`;
    LeaseLost as above.
    """
    _change_leased(
        unit,
        status=Status.QUEUED.value,
        not_before=until,
        attempts=0,
        error_code=code,
        error_text="",
        **_NO_LEASE,
        **(also or {}),
    )


def hasten(units: QuerySet[U], *, code: str, at: datetime) -> int:
    """Let those of `units` that wait under `code` be looked at from `at` on; return how many."""
    waiting = units.filter(status=Status.QUEUED, error_code=code, not_before__gt=at)
    return waiting.update(not_before=at)


def requeue(unit: LeasedUnit, *, at: datetime) -> None:
    """Give a failed unit another round of attempts, from `at` on; NotFailed if it is not failed."""
    _change(
        unit,
        {"status": Status.FAILED.value},
        NotFailed,
        {
            "status": Status.QUEUED.value,
            "attempts": 0,
            "not_before": at,
            "error_code": "",
            "error_text": "",
        },
    )


def backoff(attempts: int) -> timedelta:
    """Return the pause after attempt number `attempts`: 30 s, doubled each time, at most 4 h."""
    doublings: int = min(max(attempts, 1) - 1, 16)
    return min(BACKOFF_FIRST * (1 << doublings), BACKOFF_LONGEST)


_NO_LEASE: dict[str, None] = {"lease_token": None, "lease_until": None}


def _take(unit: LeasedUnit, *, at: datetime, lease: timedelta) -> None:
    unit.status = Status.RUNNING.value
    unit.attempts += 1
    unit.lease_token = uuid.uuid4()
    unit.lease_until = at + lease
    unit.save(update_fields=["status", "attempts", "lease_token", "lease_until"])


def _change_leased(unit: LeasedUnit, **changes: Any) -> None:  # noqa: ANN401 (model fields)
    held = {"status": Status.RUNNING.value, "lease_token": unit.lease_token}
    _change(unit, held, LeaseLost, changes)


def _change(
    unit: LeasedUnit,
    condition: dict[str, Any],
    refusal: type[Exception],
    changes: dict[str, Any],
) -> None:
    """Update the row only while `condition` holds, then the instance; raise `refusal` otherwise."""
    rows = type(unit)._base_manager.filter(pk=unit.pk, **condition)  # noqa: SLF001 (Django's public name)
    if not rows.update(**changes):
        raise refusal(f"{unit._meta.label} {unit.pk}")  # noqa: SLF001
    for name, value in changes.items():
        setattr(unit, name, value)
