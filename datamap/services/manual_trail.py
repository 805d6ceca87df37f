"""The audit trail of a task for those who keep data by hand."""

from datetime import datetime

from audit.domain.actor import Actor
from audit.domain.event_data import JSONValue
from audit.services import record
from datamap.models import ManualTask


def record_on_task(
    verb: str, task: ManualTask, *, by: Actor, at: datetime, **data: JSONValue
) -> None:
    """Write an event about a task, inside the transaction of what it records."""
    told: dict[str, JSONValue] = {
        "resource": task.resource_id,
        "verb": task.verb,
        "reference": task.reference,
    }
    record(verb, by=by, at=at, object_kind="manual_task", object_id=str(task.pk), data=told | data)
