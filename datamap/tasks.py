"""Celery tasks: wake-ups and sweeps. The rows are the work; losing a message loses nothing."""

from celery import shared_task
from django.utils import timezone

from datamap.services import manual_reminders


@shared_task
def remind_owners() -> None:
    """Queue the mails that are due to the owners of open tasks."""
    manual_reminders.remind_owners(at=timezone.now())
