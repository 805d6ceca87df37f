"""The one door to the log."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.timezone import is_aware

from audit.domain.actor import Actor
from audit.domain.event_data import InvalidEvent, JSONValue, checked_data, checked_verb
from audit.domain.personal_data import refuse_personal_data
from audit.models import Event


class OutsideTransaction(RuntimeError):
    """An event is written in the transaction of what it records, or not at all."""


def record(
    verb: str,
    *,
    by: Actor,
    at: datetime,
    object_kind: str,
    object_id: str,
    data: Mapping[str, JSONValue] | None = None,
) -> None:
    """Add one event to the transaction that is open; it is sealed into the chain at commit.

    `verb` reads "case.received". `data` is flat: text, whole numbers, truth values, null, lists of
    those. Raises OutsideTransaction, InvalidEvent, PersonalDataInAudit.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(f"{verb} was recorded outside a transaction.")
    if not is_aware(at):
        raise InvalidEvent("An event's time needs a time zone.")
    for name, reference in (("actor_ref", by.ref), ("object_id", object_id)):
        # References are opaque ids; a long row number is no phone number, spaces and "+" are.
        if not reference.isdecimal():
            refuse_personal_data(name, reference)
    Event.objects.create(
        verb=checked_verb(verb),
        actor_kind=by.kind.value,
        actor_ref=by.ref,
        at=at,
        object_kind=object_kind,
        object_id=object_id,
        data=checked_data(data or {}),
    )
