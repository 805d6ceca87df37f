"""Audit events of plans, told of what the plan belongs to: a case shows them in its own story."""

from collections.abc import Mapping
from datetime import datetime

from audit.domain.actor import Actor
from audit.domain.event_data import JSONValue
from audit.services import record
from erasure.models import Plan

WORKER = Actor.system("erasure")


def record_on_plan(
    verb: str,
    *,
    plan: Plan,
    by: Actor,
    at: datetime,
    data: Mapping[str, JSONValue] | None = None,
) -> None:
    """Record `verb` in the open transaction; `data` holds no personal data."""
    kind, _colon, name = plan.reference.partition(":")
    about: dict[str, JSONValue] = {"plan": str(plan.pk), **(data or {})}
    record(verb, by=by, at=at, object_kind=kind, object_id=name, data=about)
