"""Celery tasks: a wake-up every few minutes; the files say whether the day's backup is there."""

import logging

from celery import shared_task
from django.utils import timezone

from ledger.services.backups import make_daily_backup
from lib.refusals import Refusal

logger = logging.getLogger(__name__)


@shared_task
def back_up() -> None:
    """Make the backup of the day once its hour has come; tried again at the next wake-up."""
    try:
        made = make_daily_backup(at=timezone.now())
    except (Refusal, OSError) as error:
        logger.error("No backup was made: %s", error)  # noqa: TRY400 (its text says it all)
    else:
        if made is not None:
            logger.info("Backup %s was made", made.name)
