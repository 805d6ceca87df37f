"""Ending tasks of those who keep data by hand: given up, or answered and no longer needed."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from audit.domain.actor import Actor
from datamap.domain.tasks import TaskState, Verb
from datamap.models import ManualHolding, ManualTask
from datamap.services.manual_trail import record_on_task
from lib.blobs import delete_blob


def withdraw(
    *, reference: str, by: Actor, at: datetime, verbs: Collection[Verb] = tuple(Verb)
) -> int:
    """Close the open tasks of a reference that nobody needs any more; return how many."""
    with transaction.atomic():
        tasks = ManualTask.objects.select_for_update(no_key=True).filter(
            reference=reference,
            state=TaskState.OPEN.value,
            verb__in=[verb.value for verb in verbs],
        )
        found = list(tasks)
        for task in found:
            task.state = TaskState.WITHDRAWN.value
            _forget(task)
            record_on_task("manual_task.withdrawn", task, by=by, at=at)
    return len(found)


def forget_answers(*, reference: str, by: Actor, at: datetime) -> int:
    """Delete what tasks of a reference say of the person; the signed statements stay.

    Call it when what they were for is over: a later search asks anew. Open tasks stay as they
    are. Returns how many tasks were emptied.
    """
    with transaction.atomic():
        tasks = ManualTask.objects.select_for_update(no_key=True).filter(
            reference=reference, state=TaskState.DONE.value
        )
        found = [task for task in tasks if task.wanted]
        for task in found:
            _forget(task)
            record_on_task("manual_task.forgotten", task, by=by, at=at)
        ManualHolding.objects.filter(reference=reference).delete()
    return len(found)


def _forget(task: ManualTask) -> None:
    for upload in task.uploads.filter(blob__isnull=False):
        if upload.blob is not None:
            delete_blob(upload.blob)
    task.wanted = {}
    task.save(update_fields=["state", "wanted"])
