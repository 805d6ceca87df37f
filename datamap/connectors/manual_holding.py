"""What is known of a person in a resource that is kept by hand, from what was signed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from datamap.domain.instructions import Holding, Instruction, carried_out, key_of
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from datamap.domain.tasks import TaskState, Verb
from datamap.domain.uploads import read_upload
from datamap.models import ManualHolding, ManualTask, ManualUpload
from lib.blobs import open_blob

HeldRows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Held:
    """The rows of one reference, the identifiers that were searched, the changes that are signed.

    A signed change is one that a writing transaction has not taken over yet.
    """

    resource: Resource
    reference: str
    rows: Holding = field(default_factory=dict)
    searched: frozenset[tuple[str, str]] = frozenset()
    signed: tuple[ManualTask, ...] = ()
    #: When the newest search was answered; None without one.
    searched_at: datetime | None = None

    def missing(self, keys: SubjectKeys) -> SubjectKeys:
        """Return those of `keys` that no signed search covers."""
        return SubjectKeys.of_pairs(pair for pair in keys if pair not in self.searched)

    def allows(self, verb: Verb, wanted: Sequence[Instruction]) -> bool:
        """Tell whether all of `wanted` was signed as done."""
        exact = verb is not Verb.ERASE
        done = {
            one.about(with_value=exact)
            for task in self.signed
            if task.verb == verb.value
            for one in instructions_of(task)
        }
        return all(one.about(with_value=exact) in done for one in wanted)


def instructions_of(task: ManualTask) -> list[Instruction]:
    """Return what a task says to do; none for a search."""
    return [Instruction.from_json(one) for one in task.wanted.get("instructions", ())]


def held_for(resource: Resource, reference: str, *, lock: bool = False) -> Held:
    """Return what was answered for `reference`; with `lock`, keep other writers waiting."""
    done = ManualTask.objects.filter(
        resource_id=resource.id, reference=reference, state=TaskState.DONE.value
    ).order_by("answered_at", "pk")
    tasks = list(done.select_for_update(no_key=True, of=("self",)) if lock else done)
    searches = [task for task in tasks if task.verb == Verb.SEARCH.value]
    return Held(
        resource=resource,
        reference=reference,
        rows=_rows(resource, reference, searches),
        searched=frozenset(
            (kind, value) for task in searches for kind, value in task.wanted.get("keys", ())
        ),
        signed=tuple(
            task for task in tasks if task.verb != Verb.SEARCH.value and task.applied_at is None
        ),
        searched_at=_answered(searches[-1]) if searches else None,
    )


def take_over(
    held: Held, verb: Verb, wanted: Sequence[Instruction], *, after: HeldRows, at: datetime
) -> None:
    """Let what was signed take its place in what is known, in the open transaction.

    What else the same tasks said was done by hand too, so it is taken over with them.
    """
    exact = verb is not Verb.ERASE
    about = {one.about(with_value=exact) for one in wanted}
    done: list[Instruction] = []
    tasks = []
    for task in held.signed:
        told = instructions_of(task)
        if task.verb == verb.value and any(one.about(with_value=exact) in about for one in told):
            tasks.append(task.pk)
            done += [one for one in told if one.about(with_value=exact) not in about]
    ManualTask.objects.filter(pk__in=tasks).update(applied_at=at)
    ManualHolding.objects.update_or_create(
        resource_id=held.resource.id,
        reference=held.reference,
        defaults={
            "rows": carried_out(held.resource, after, done),
            "searched_at": held.searched_at or at,
        },
    )


def _rows(resource: Resource, reference: str, searches: Sequence[ManualTask]) -> HeldRows:
    holding = ManualHolding.objects.filter(resource_id=resource.id, reference=reference).first()
    rows: HeldRows = {} if holding is None else dict(holding.rows)
    since = searches
    if holding is not None:
        since = [one for one in searches if _answered(one) > holding.searched_at]
    for upload in _uploads(since):
        table = resource.table(upload.table_name)
        known = {key_of(table, row): dict(row) for row in rows.get(table.name, ())}
        for one in read_upload(upload_content(upload), resource, table) if upload.blob else ():
            known[key_of(table, one.values)] = dict(one.values)
        rows[table.name] = list(known.values())
    return rows


def upload_content(upload: ManualUpload) -> bytes:
    """Return the file of an upload; nothing where it is gone."""
    return b"" if upload.blob is None else b"".join(open_blob(upload.blob))


def _uploads(tasks: Sequence[ManualTask]) -> QuerySet[ManualUpload]:
    return (
        ManualUpload.objects.filter(task__in=tasks)
        .select_related("blob")
        .order_by("task__answered_at", "pk")
    )


def _answered(task: ManualTask) -> datetime:
    assert task.answered_at is not None  # noqa: S101 (a constraint says so)
    return task.answered_at
