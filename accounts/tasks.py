import logging

from celery import shared_task
from django.utils import timezone

from accounts.services.sign_ins import purge_attempts

logger = logging.getLogger(__name__)


@shared_task
def purge_sign_in_attempts() -> None:
    """Forget the sign-in attempts whose 60 days are over."""
    logger.info("%d sign-in attempts purged", purge_attempts(at=timezone.now()))
