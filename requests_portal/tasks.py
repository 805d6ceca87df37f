"""Celery tasks: wake-ups and sweeps. The rows are the work; losing a message loses nothing."""

import logging

from celery import shared_task
from django.utils import timezone

from requests_portal.services.cases import close_told
from requests_portal.services.code_sending import send_next
from requests_portal.services.collection import collect_next
from requests_portal.services.days_off import count_after_changes
from requests_portal.services.digests import send_digests
from requests_portal.services.drafts import remove_stale_drafts
from requests_portal.services.evidence import settle_evidence
from requests_portal.services.extending import settle_extensions
from requests_portal.services.handover_files import build_next_file, remove_expired_files
from requests_portal.services.letters import print_waiting
from requests_portal.services.outside import note_undelivered
from requests_portal.services.packages import build_next, remove_expired_packages
from requests_portal.services.proof_ends import forget_old_proofs
from requests_portal.services.rectification import correct_next
from requests_portal.services.reminding import remind
from requests_portal.services.restriction_ends import settle_notices
from requests_portal.services.suspending import count_waiting_cases
from requests_portal.services.transfers import push_next

logger = logging.getLogger(__name__)


@shared_task
def collect() -> None:
    """Search resources until none is due."""
    while collect_next(clock=timezone.now):
        pass


@shared_task
def build_packages() -> None:
    """Build packages until none is due."""
    while build_next(clock=timezone.now):
        pass


@shared_task
def build_handover_files() -> None:
    """Build the files for controllers until none is due."""
    while build_next_file(clock=timezone.now):
        pass


@shared_task
def apply_corrections() -> None:
    """Apply corrections until none is due."""
    while correct_next(clock=timezone.now):
        pass


@shared_task
def push_transfers() -> None:
    """Send packages to other companies until none is due."""
    while push_next(clock=timezone.now):
        pass


@shared_task
def print_letters() -> None:
    """Make the PDFs of letters until none waits."""
    while print_waiting():
        pass


@shared_task
def send_codes() -> None:
    """Send the codes that people wait for."""
    while send_next(clock=timezone.now):
        pass


@shared_task
def settle_sent() -> None:
    """Do what waits for a mail to have left the house: extensions, ends of restrictions."""
    at = timezone.now()
    settle_extensions(at=at)
    settle_notices(at=at)
    note_undelivered(at=at)


@shared_task
def remind_staff() -> None:
    """Remind staff of cases whose day is near or over, and send the overview of the day."""
    at = timezone.now()
    reminders, digests = remind(at=at), send_digests(at=at)
    if reminders or digests:
        logger.info("queued %s mails with reminders and %s digests", reminders, digests)


@shared_task
def count_calendars() -> None:
    """Count the dates of open cases anew where a public holiday was added or taken out."""
    if counted := count_after_changes(at=timezone.now()):
        logger.info("counted the dates of %s cases by a changed calendar", counted)


@shared_task
def tidy() -> None:
    """Remove stale drafts, expired packages and old proof of identity; close what was told; count
    dates that wait; keep from purges what open requests need.
    """
    at = timezone.now()
    drafts = remove_stale_drafts(at=at)
    packages = remove_expired_packages(at=at)
    forget_old_proofs(at=at)
    remove_expired_files(at=at)
    close_told(at=at)
    count_waiting_cases(at=at)
    settle_evidence(at=at)
    logger.info("tidied %s drafts and %s packages", drafts, packages)
