"""The life of a case: every state, every event, and nothing else.

A failed source or a missing assignee is no state, and no state stops the clock by itself
(Art. 12(3)): what is not yet confirmed or waits for its person is overdue like anything else.
"""

from enum import StrEnum


class State(StrEnum):
    CONFIRMING = "confirming"  # filed at the portal, the address is not confirmed yet
    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    AWAITING_IDENTITY = "awaiting_identity"
    AWAITING_CLARIFICATION = "awaiting_clarification"
    DECIDED = "decided"
    FULFILLING = "fulfilling"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    FORWARDED = "forwarded"  # all of it is entrusted data: its controller answers


class Event(StrEnum):
    CONFIRM = "confirm"
    START = "start"
    DECIDE = "decide"
    FULFIL = "fulfil"
    ANSWER = "answer"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    ASK_IDENTITY = "ask_identity"
    ASK_CLARIFICATION = "ask_clarification"
    RESUME = "resume"
    FORWARD = "forward"
    MERGE = "merge"  # into another request of the same person, which goes on
    REOPEN = "reopen"  # the person wrote again
    CONCLUDE = "conclude"  # what was reopened needs no new decision


_BEGINNING = (State.CONFIRMING, State.RECEIVED)
_WAITING = (State.AWAITING_IDENTITY, State.AWAITING_CLARIFICATION)
_UNDECIDED = (*_BEGINNING, State.IN_PROGRESS, *_WAITING)
_ENDED = (State.ANSWERED, State.CLOSED, State.WITHDRAWN, State.FORWARDED)

TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.CONFIRMING, Event.CONFIRM): State.RECEIVED,
    (State.IN_PROGRESS, Event.DECIDE): State.DECIDED,
    (State.DECIDED, Event.FULFIL): State.FULFILLING,
    (State.FULFILLING, Event.ANSWER): State.ANSWERED,
    (State.ANSWERED, Event.CLOSE): State.CLOSED,
    (State.IN_PROGRESS, Event.ASK_IDENTITY): State.AWAITING_IDENTITY,
    (State.IN_PROGRESS, Event.ASK_CLARIFICATION): State.AWAITING_CLARIFICATION,
    (State.RECEIVED, Event.CONCLUDE): State.CLOSED,
    **{(state, Event.START): State.IN_PROGRESS for state in _BEGINNING},
    **{(state, Event.RESUME): State.IN_PROGRESS for state in _WAITING},
    # Until it is decided: from then on it is being carried out, and may not be taken back.
    **{(state, Event.WITHDRAW): State.WITHDRAWN for state in _UNDECIDED},
    **{(state, Event.MERGE): State.CLOSED for state in _UNDECIDED},
    **{(state, Event.FORWARD): State.FORWARDED for state in (*_BEGINNING, State.IN_PROGRESS)},
    # Work begins anew; the dates stay those of the day on which the request reached us.
    **{(state, Event.REOPEN): State.RECEIVED for state in _ENDED},
}

#: States in which we wait for the person; the safe date does not.
AWAITING = frozenset(_WAITING)
#: States in which the person still waits for an answer, so that the clock runs.
OPEN_STATES = frozenset({*_UNDECIDED, State.DECIDED, State.FULFILLING})
#: States in which no work has begun.
BEGINNING = frozenset(_BEGINNING)
#: States in which nothing has been decided.
UNDECIDED = frozenset(_UNDECIDED)


class IllegalTransition(Exception):
    """The event does not fit the state the case is in."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"'{event}' does not apply to a case that is '{state}'.")
        self.state = state
        self.event = event


def next_state(state: State, event: Event) -> State:
    """Return the state after `event`, or raise IllegalTransition."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None


def allowed_events(state: State) -> frozenset[Event]:
    """Return the events that apply to a case in `state`."""
    return frozenset(event for (source, event) in TRANSITIONS if source == state)
