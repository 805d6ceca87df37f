"""The audit trail of a case: every event about one is written through here."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from audit.domain.actor import Actor
from audit.domain.event_data import JSONValue
from audit.services import record


def record_on_case(
    verb: str,
    *,
    case_id: UUID,
    by: Actor,
    at: datetime,
    data: Mapping[str, JSONValue] | None = None,
) -> None:
    """Write an event about a case, inside the transaction of what it records."""
    record(verb, by=by, at=at, object_kind="case", object_id=str(case_id), data=data)
