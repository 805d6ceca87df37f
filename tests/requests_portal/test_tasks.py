"""The tasks work off what is due, by the rows and not by their messages."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from audit.domain.actor import Actor
from lib.units import Status
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, IntakeDraft, Package
from requests_portal.services.collection import start_collection
from requests_portal.services.decisions import decide
from requests_portal.tasks import build_packages, collect, tidy


def test_tasks_carry_a_case_from_search_to_answer(case: Case, handler: User) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=timezone.now())
    collect()
    assert case.collection_units.get().status == Status.DONE
    case.refresh_from_db()
    decide(
        case=case,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=timezone.now(),
    )
    build_packages()
    case.refresh_from_db()
    assert case.state == State.ANSWERED


def test_tasks_without_work_do_nothing(db: None) -> None:
    collect()
    build_packages()
    tidy()


def test_tidy_removes_what_is_over(case: Case, handler: User) -> None:
    long_ago = timezone.now() - timedelta(days=20)
    IntakeDraft.objects.create(right="access", updated_at=long_ago)
    test_tasks_carry_a_case_from_search_to_answer(case, handler)
    Package.objects.update(expires_at=long_ago)
    tidy()
    assert not IntakeDraft.objects.exists()
    assert Package.objects.get().blob is None
