"""Work that waits for a person: given back without using up an attempt, woken by the answer."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import get_language

from datamap.connectors import AwaitingPerson, SourceError
from datamap.connectors.errors import waiting_advice
from datamap.domain.tasks import TaskState
from datamap.models import ManualTask
from datamap.queries import resource_of_task, waiting_for
from lib.units import LeasedUnit, LeaseLost, hasten, postpone
from lib.wakeups import wake

CODE = "awaiting_person"


def await_person(unit: LeasedUnit, waiting: AwaitingPerson, *, at: datetime) -> None:
    """Give a unit back until the task is answered, or looked at again when it is due.

    Does nothing where the unit is in other hands.
    """
    with suppress(LeaseLost), transaction.atomic():
        # Whoever signs it holds the task: either they see this unit waiting, or we their answer.
        is_open = (
            ManualTask.objects.select_for_update(no_key=True)
            .filter(pk=waiting.task_id, state=TaskState.OPEN.value)
            .exists()
        )
        postpone(unit, until=waiting.retry_at(at) if is_open else at, code=CODE)


def most_urgent(failures: Sequence[SourceError]) -> SourceError:
    """Return which of several errors to raise: what is tried again soon before what waits."""
    soon = [one for one in failures if not isinstance(one, AwaitingPerson)]
    return [*soon, *failures][0]


def resume(units: QuerySet[LeasedUnit], *, at: datetime, task: str) -> None:
    """Let units that wait for a person be tried from `at` on, by the Celery task of that name."""
    if hasten(units, code=CODE, at=at):
        wake(task)


def who_was_asked(reference: str) -> str:
    """Return who was asked for a reference and until when, in the current language.

    Empty where everything is answered: then the work is about to go on.
    """
    language = get_language() or "en"
    sentences = []
    for task in waiting_for(reference):
        resource = resource_of_task(task)
        title = resource.title.in_language(language)
        has_owner = task.owner_id is not None
        sentences.append(
            waiting_advice(resource, title=title, due_on=task.due_on, has_owner=has_owner)
        )
    return " ".join(sentences)
