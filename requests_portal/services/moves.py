"""The one door through which the state of a case changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.domain.actor import Actor
from audit.domain.event_data import JSONValue
from requests_portal.domain.lifecycle import Event, State, next_state
from requests_portal.models import Case
from requests_portal.services.evidence import follow_state
from requests_portal.services.proof_ends import forget_proof
from requests_portal.services.trail import record_on_case

_STAMP: dict[Event, str] = {
    Event.START: "started_at",
    Event.DECIDE: "decided_at",
    Event.ANSWER: "answered_at",
    Event.CLOSE: "closed_at",
    Event.WITHDRAW: "withdrawn_at",
    Event.FORWARD: "forwarded_at",
    Event.MERGE: "closed_at",
    Event.CONCLUDE: "closed_at",
    Event.REOPEN: "reopened_at",
}
#: What a case that begins anew forgets; the audit trail does not.
_FORGOTTEN = (
    "started_at",
    "decided_at",
    "answered_at",
    "closed_at",
    "withdrawn_at",
    "forwarded_at",
    "merged_into",
)
#: What ends the need for proof of identity: a decision, or the end of the work on the case.
_JUDGED = frozenset({Event.DECIDE, Event.WITHDRAW, Event.FORWARD, Event.MERGE, Event.CONCLUDE})
#: What ends the need for evidence, or begins it again.
_ENDS_OR_BEGINS = frozenset(
    {
        Event.CLOSE,
        Event.WITHDRAW,
        Event.FORWARD,
        Event.MERGE,
        Event.CONCLUDE,
        Event.REOPEN,
    }
)


class CaseMovedOn(Exception):
    """Somebody else changed the case first; nothing was changed by this call."""


def move(
    *,
    case: Case,
    event: Event,
    by: Actor,
    at: datetime,
    data: Mapping[str, JSONValue] | None = None,
    **changes: Any,  # noqa: ANN401 (model fields)
) -> Case:
    """Change the state of a case: the one door. Call inside a transaction with what goes with it.

    `data` goes into the audit event.

    The UPDATE is conditional on the state the caller saw, so that of two people one wins.
    Raises IllegalTransition when the event does not fit, CaseMovedOn when somebody was first.
    """
    target = next_state(State(case.state), event)
    if stamp := _STAMP.get(event):
        changes[stamp] = at
    if event is Event.REOPEN:
        changes |= dict.fromkeys(_FORGOTTEN)
    changed = Case.objects.filter(id=case.id, state=case.state).update(
        state=target.value, **changes
    )
    if not changed:
        raise CaseMovedOn
    for name, value in changes.items():
        setattr(case, name, value)
    case.state = target.value
    record_on_case(
        f"case.{event.value}",
        by=by,
        at=at,
        case_id=case.id,
        data=data,
    )
    if event in _JUDGED:
        forget_proof(case=case, by=by, at=at)
    if event in _ENDS_OR_BEGINS:
        follow_state(case, by=by, at=at)
    return case


def locked_case(case: Case, states: frozenset[State]) -> Case:
    """Return the case, locked, while it is in one of `states`; CaseMovedOn otherwise."""
    locked = Case.objects.select_for_update(no_key=True).get(id=case.id)
    if State(locked.state) not in states:
        raise CaseMovedOn
    return locked
