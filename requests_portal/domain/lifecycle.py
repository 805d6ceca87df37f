"""The life of a case: every state, every event, and nothing else.

An unconfirmed address, a failed source or a missing assignee is no state: none of them
stops the clock (Art. 12(3)), so none of them may hide a case from the queue.
"""

from enum import StrEnum


class State(StrEnum):
    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    AWAITING_IDENTITY = "awaiting_identity"
    AWAITING_CLARIFICATION = "awaiting_clarification"
    DECIDED = "decided"
    FULFILLING = "fulfilling"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    START = "start"
    DECIDE = "decide"
    FULFIL = "fulfil"
    ANSWER = "answer"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    ASK_IDENTITY = "ask_identity"
    ASK_CLARIFICATION = "ask_clarification"
    RESUME = "resume"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.RECEIVED, Event.START): State.IN_PROGRESS,
    (State.IN_PROGRESS, Event.DECIDE): State.DECIDED,
    (State.DECIDED, Event.FULFIL): State.FULFILLING,
    (State.FULFILLING, Event.ANSWER): State.ANSWERED,
    (State.ANSWERED, Event.CLOSE): State.CLOSED,
    (State.IN_PROGRESS, Event.ASK_IDENTITY): State.AWAITING_IDENTITY,
    (State.IN_PROGRESS, Event.ASK_CLARIFICATION): State.AWAITING_CLARIFICATION,
    (State.AWAITING_IDENTITY, Event.RESUME): State.IN_PROGRESS,
    (State.AWAITING_CLARIFICATION, Event.RESUME): State.IN_PROGRESS,
    # Until it is decided: from then on it is being carried out, and may not be taken back.
    (State.RECEIVED, Event.WITHDRAW): State.WITHDRAWN,
    (State.IN_PROGRESS, Event.WITHDRAW): State.WITHDRAWN,
    (State.AWAITING_IDENTITY, Event.WITHDRAW): State.WITHDRAWN,
    (State.AWAITING_CLARIFICATION, Event.WITHDRAW): State.WITHDRAWN,
}

#: States in which we wait for the person; the safe date does not.
AWAITING = frozenset({State.AWAITING_IDENTITY, State.AWAITING_CLARIFICATION})
#: States in which the person still waits for an answer, so that the clock runs.
OPEN_STATES = AWAITING | {State.RECEIVED, State.IN_PROGRESS, State.DECIDED, State.FULFILLING}


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
