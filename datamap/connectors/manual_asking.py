"""Asking a person: one open task for each resource, reference and verb.

Whoever asks for more (further identifiers, further corrections) widens the open task. What is to
be erased or marked is replaced: a record that must stay meanwhile is asked for no more.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.queries import user_by_email
from audit.domain.actor import Actor
from audit.services import record
from datamap.connectors.errors import AwaitingPerson
from datamap.domain.instructions import Instruction
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import ManualConnector, Resource
from datamap.domain.tasks import TaskState, Verb
from datamap.models import ManualTask
from datamap.queries import current_version
from lib.entities import entity
from lib.keyed_hash import keyed_hash
from lib.wakeups import wake

_REMIND = "datamap.tasks.remind_owners"
_ASKING = Actor.system("manual")
_REPLACED = (Verb.ERASE, Verb.RESTRICT)


def ask_to_search(resource: Resource, reference: str, keys: SubjectKeys) -> AwaitingPerson:
    """Ask to search for `keys`; return what to raise."""
    return _asked(resource, reference, Verb.SEARCH, {"keys": keys.as_json()})


def ask_to_change(
    resource: Resource,
    reference: str,
    verb: Verb,
    wanted: Sequence[Instruction],
    tables: Collection[str],
) -> AwaitingPerson:
    """Ask to carry out `wanted`, all that is to be done in `tables`; return what to raise."""
    told = {"instructions": [one.as_json() for one in wanted]}
    return _asked(resource, reference, verb, told, tables)


def owner_of(resource: Resource) -> User | None:
    """Return the account of the resource's owner; None without an active one."""
    user = user_by_email(resource.owner.email)
    return user if user is not None and user.is_active else None


def content_key(wanted: dict[str, Any]) -> bytes:
    """Return the keyed hash (32 bytes) of what is asked for."""
    text = json.dumps(wanted, sort_keys=True, ensure_ascii=False)
    return keyed_hash(text, purpose="manual-task")


def withdraw_changes(
    resource: Resource, reference: str, verb: Verb, tables: Collection[str]
) -> None:
    """Ask no more for changes in `tables`: what stood there to be done is not wanted now.

    Corrections stay: each is asked for by itself.
    """
    if verb not in _REPLACED:
        return
    at = timezone.now()
    with transaction.atomic():
        task = _open_task(resource, reference, verb)
        if task is not None:
            _revise(task, _replaced(task.wanted, {"instructions": []}, tables), at=at)


def _asked(
    resource: Resource,
    reference: str,
    verb: Verb,
    wanted: dict[str, Any],
    tables: Collection[str] = (),
) -> AwaitingPerson:
    ask = partial(_ask, resource, reference, verb, wanted, tables)
    task = ask()
    return AwaitingPerson(
        resource,
        task_id=task.pk,
        due_on=task.due_on,
        has_owner=task.owner_id is not None,
        ask=lambda: ask().pk,
    )


def _ask(
    resource: Resource,
    reference: str,
    verb: Verb,
    wanted: dict[str, Any],
    tables: Collection[str],
) -> ManualTask:
    at = timezone.now()
    with transaction.atomic():
        task = _open_task(resource, reference, verb)
        if task is None:
            return _open(resource, reference, verb, wanted, at=at)
        merge = partial(_replaced, tables=tables) if verb in _REPLACED else _widened
        _revise(task, merge(task.wanted, wanted), at=at)
    return task


def _open_task(resource: Resource, reference: str, verb: Verb) -> ManualTask | None:
    """Return the open task; waits for whoever answers or widens it at this moment."""
    return (
        ManualTask.objects.select_for_update(no_key=True)
        .filter(
            resource_id=resource.id,
            reference=reference,
            verb=verb.value,
            state=TaskState.OPEN.value,
        )
        .first()
    )


def _revise(task: ManualTask, wanted: dict[str, Any], *, at: datetime) -> None:
    if content_key(wanted) == bytes(task.key):
        return
    task.wanted, task.key = wanted, content_key(wanted)
    if not wanted.get("instructions", True):
        task.state = TaskState.WITHDRAWN.value
    task.save(update_fields=["wanted", "key", "state"])
    verb = "changed" if task.state == TaskState.OPEN.value else "withdrawn"
    _record(f"manual_task.{verb}", task, at=at)


def _open(
    resource: Resource, reference: str, verb: Verb, wanted: dict[str, Any], *, at: datetime
) -> ManualTask:
    assert isinstance(resource.connector, ManualConnector)  # noqa: S101 (for the type alone)
    today = at.astimezone(entity(resource.entity).tz).date()
    task = ManualTask.objects.create(
        resource_id=resource.id,
        map_version=current_version(),
        verb=verb.value,
        reference=reference,
        wanted=wanted,
        key=content_key(wanted),
        owner=owner_of(resource),
        created_at=at,
        due_on=today + timedelta(days=resource.connector.due_days),
    )
    _record("manual_task.opened", task, at=at)
    wake(_REMIND)
    return task


def _replaced(
    before: dict[str, Any], new: dict[str, Any], tables: Collection[str]
) -> dict[str, Any]:
    others = [one for one in before["instructions"] if one["table"] not in tables]
    return {"instructions": [*others, *new["instructions"]]}


def _widened(before: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    (name,) = more
    known = before[name]
    return {name: [*known, *(one for one in more[name] if one not in known)]}


def _record(verb: str, task: ManualTask, *, at: datetime) -> None:
    record(
        verb,
        by=_ASKING,
        at=at,
        object_kind="manual_task",
        object_id=str(task.pk),
        data={"resource": task.resource_id, "verb": task.verb, "reference": task.reference},
    )
