"""Celery tasks: wake-ups and sweeps. The rows are the work; losing a message loses nothing."""

from celery import shared_task
from django.utils import timezone

from retention.services import overdue
from retention.services.hold_people import widen_holds
from retention.services.hold_reviews import remind_of_reviews
from retention.services.marks import mark_next, renew_marks
from retention.services.purge_runs import start_nightly
from retention.services.purge_work import purge_next


@shared_task
def mark_sources() -> None:
    """Bring sources in line with restrictions until none is due."""
    while mark_next(clock=timezone.now):
        pass


@shared_task
def renew_source_marks() -> None:
    """Order the marks of restrictions in force again, for rows that came since."""
    renew_marks(at=timezone.now())


@shared_task
def widen_legal_holds() -> None:
    """Hold people's data under all identifiers by which our sources know them."""
    widen_holds(at=timezone.now())


@shared_task
def remind_of_hold_reviews() -> None:
    """Mail data protection officers which holds are to be looked at again."""
    remind_of_reviews(at=timezone.now())


@shared_task
def begin_purge() -> None:
    """Begin the run of this night once its hour has come."""
    start_nightly(at=timezone.now())


@shared_task
def sample_overdue() -> None:
    """Look at how far each table is behind its rules, as often as is set."""
    overdue.sample_overdue(clock=timezone.now)


@shared_task
def purge() -> None:
    """Work on the run under way until nothing of it is due."""
    while purge_next(clock=timezone.now):
        pass
