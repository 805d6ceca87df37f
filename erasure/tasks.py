"""Celery tasks: wake-ups and sweeps. The rows are the work; losing a message loses nothing."""

from celery import shared_task
from django.utils import timezone

from erasure.services.schedule import erase_due_next
from erasure.services.work import work_next


@shared_task
def work() -> None:
    """Survey and carry out plans until none is due."""
    while work_next(clock=timezone.now):
        pass


@shared_task
def erase_scheduled() -> None:
    """Erase what plans have left and whose date has come."""
    while erase_due_next(clock=timezone.now):
        pass
