from celery import shared_task
from django.utils import timezone

from outbox import services

#: One run ends after so many; the next wake-up or sweep continues.
MESSAGES_PER_RUN = 200


@shared_task
def deliver_due() -> None:
    """Send what is due. Several runs at once share the queue."""
    services.deliver_due(clock=timezone.now, limit=MESSAGES_PER_RUN)
