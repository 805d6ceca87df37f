"""Answering the tasks of those who keep data by hand.

Safety principle: an answer is signed for exactly what the person saw. A task that was widened or
replaced meanwhile is not signed, rows that no identifier leads to are not taken, and what was
signed is never changed.
"""

import hashlib
import json
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.schema import Table, Through
from datamap.domain.tasks import Outcome, TaskState, Verb
from datamap.domain.uploads import read_upload
from datamap.models import ManualTask, ManualUpload
from datamap.queries import resource_of_task
from datamap.services.manual_checking import refuse_strangers
from datamap.services.manual_trail import record_on_task
from datamap.signals import task_answered
from lib.blobs import BlobWriter, create_blob, delete_blob


class TaskRefused(Exception):
    """The step does not fit how the task stands; nothing was changed."""


class TaskClosed(TaskRefused):
    """The task is answered or withdrawn."""


class TaskChanged(TaskRefused):
    """More, less or something else is asked for than the person saw."""


class NothingUploaded(TaskRefused):
    """Something was found, but no file says what."""


class RowsUploaded(TaskRefused):
    """Nothing was found, but a file says what."""


def note_view(*, task: ManualTask, by: User, at: datetime) -> None:
    """Record that somebody looked at whom a task is about."""
    with transaction.atomic():
        record_on_task("manual_task.viewed", task, by=Actor.staff(by.pk), at=at)


def upload_rows(
    *, task: ManualTask, table: Table, content: bytes, by: User, at: datetime
) -> ManualUpload:
    """Keep the rows of one table, in place of those uploaded before.

    Raises NotReadable with every mistake, and TaskClosed also for what is no search.
    """
    rows = read_upload(content, resource_of_task(task), table)
    with transaction.atomic():
        locked = _open(task)
        if locked.verb != Verb.SEARCH.value:
            raise TaskClosed
        _drop(locked, table.name)
        blob = create_blob(kind="manual_upload", at=at)
        writer = BlobWriter(blob)
        writer.write(content)
        writer.close()
        upload = ManualUpload.objects.create(
            task=locked,
            table_name=table.name,
            blob=blob,
            row_count=len(rows),
            sha256=writer.sha256,
            uploaded_at=at,
        )
        if not any(isinstance(one, Through) for one in table.find):
            refuse_strangers(locked, [table.name])  # else the rows it joins may be still to come
        record_on_task(
            "manual_task.uploaded",
            locked,
            by=Actor.staff(by.pk),
            at=at,
            table=table.name,
            rows=len(rows),
        )
    return upload


def remove_upload(*, task: ManualTask, table: Table, by: User, at: datetime) -> None:
    """Take an uploaded file back; none there is harmless. Raises TaskClosed."""
    with transaction.atomic():
        locked = _open(task)
        if _drop(locked, table.name):
            author = Actor.staff(by.pk)
            record_on_task("manual_task.upload_removed", locked, by=author, at=at, table=table.name)


def sign(
    *, task: ManualTask, outcome: Outcome, sentence: str, seen: bytes, by: User, at: datetime
) -> ManualTask:
    """Sign what came of a task; `sentence` is what was confirmed, `seen` the task's key then.

    Raises TaskClosed, TaskChanged, NothingUploaded, RowsUploaded, and NotReadable with the rows
    that are not the person's.
    """
    with transaction.atomic():
        locked = _open(task)
        if bytes(locked.key) != seen:
            raise TaskChanged
        _check(locked, outcome)
        locked.state, locked.outcome = TaskState.DONE.value, outcome.value
        locked.answered_by, locked.answered_at = by, at
        locked.signed_name, locked.sentence = by.name, sentence
        locked.digest = _digest(locked)
        locked.save()
        record_on_task(
            "manual_task.answered",
            locked,
            by=Actor.staff(by.pk),
            at=at,
            outcome=outcome.value,
            digest=locked.digest,
        )
        task_answered.send(sender=ManualTask, task=locked, at=at)
    return locked


def _open(task: ManualTask) -> ManualTask:
    locked = ManualTask.objects.select_for_update(no_key=True).get(pk=task.pk)
    if locked.state != TaskState.OPEN.value:
        raise TaskClosed
    return locked


def _drop(task: ManualTask, table: str) -> bool:
    upload = task.uploads.filter(table_name=table).first()
    if upload is None:
        return False
    blob = upload.blob
    upload.delete()
    if blob is not None:
        delete_blob(blob)
    return True


def _check(task: ManualTask, outcome: Outcome) -> None:
    has_uploads = task.uploads.exists()
    if outcome is Outcome.FOUND and not has_uploads:
        raise NothingUploaded
    if outcome is Outcome.NOTHING_FOUND and has_uploads:
        raise RowsUploaded
    if outcome is Outcome.FOUND:
        refuse_strangers(task, [one.table_name for one in task.uploads.all()])


def _digest(task: ManualTask) -> str:
    """Return the SHA-256 (hex) over task, statement and uploads."""
    assert task.answered_at is not None  # noqa: S101 (set just before)
    statement = {
        "task": str(task.pk),
        "resource": task.resource_id,
        "map": task.map_version.hash,
        "verb": task.verb,
        "content": bytes(task.key).hex(),
        "outcome": task.outcome,
        "name": task.signed_name,
        "at": task.answered_at.isoformat(),
        "sentence": task.sentence,
        "uploads": [
            [one.table_name, one.row_count, one.sha256]
            for one in task.uploads.order_by("table_name")
        ],
    }
    canonical = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
