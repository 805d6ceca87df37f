"""What went out, and what did not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from lib.units import Status
from outbox.models import Message

#: A message that is not out after this time is worth a look.
OVERDUE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Undelivered:
    """Counts for staff: `overdue` still waits or is being retried, `failed` waits for a person."""

    overdue: int
    failed: int


def messages_for(reference_prefix: str) -> QuerySet[Message]:
    """Return the messages whose reference begins so ("case:<uuid>:"), oldest first."""
    return Message.objects.filter(reference__startswith=reference_prefix).order_by(
        "created_at", "id"
    )


def undelivered(*, at: datetime) -> Undelivered:
    """Count the mails that should be out and are not."""
    waiting = Q(
        status__in=[Status.QUEUED, Status.RUNNING],
        by_post=False,
        created_at__lt=at - OVERDUE_AFTER,
    )
    counts = Message.objects.aggregate(
        overdue=Count("pk", filter=waiting), failed=Count("pk", filter=Q(status=Status.FAILED))
    )
    return Undelivered(overdue=counts["overdue"], failed=counts["failed"])


def to_be_posted() -> QuerySet[Message]:
    """Return what waits until somebody posts it, oldest first."""
    return Message.objects.filter(by_post=True, sent_at__isnull=True).order_by("created_at", "id")


def failed_messages() -> QuerySet[Message]:
    """Return what was given up, newest first; `lib.units.requeue` gives it another round."""
    return Message.objects.filter(status=Status.FAILED).order_by("-created_at", "-id")
