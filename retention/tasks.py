"""Celery tasks: wake-ups and sweeps. The rows are the work; losing a message loses nothing."""

from celery import shared_task
from django.utils import timezone

from retention.services.marks import mark_next, renew_marks


@shared_task
def mark_sources() -> None:
    """Bring sources in line with restrictions until none is due."""
    while mark_next(clock=timezone.now):
        pass


@shared_task
def renew_source_marks() -> None:
    """Order the marks of restrictions in force again, for rows that came since."""
    renew_marks(at=timezone.now())
