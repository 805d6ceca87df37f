"""Every state with every event: what is not in the table is refused."""

import pytest

from requests_portal.domain.lifecycle import (
    AWAITING,
    OPEN_STATES,
    TRANSITIONS,
    UNDECIDED,
    Event,
    IllegalTransition,
    State,
    allowed_events,
    next_state,
)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_next_state_for_every_pair(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) == TRANSITIONS[state, event]
        assert event in allowed_events(state)
    else:
        with pytest.raises(IllegalTransition) as refusal:
            next_state(state, event)
        assert (refusal.value.state, refusal.value.event) == (state, event)
        assert event not in allowed_events(state)


def test_the_one_way_through_an_access_request() -> None:
    state = State.RECEIVED
    for event in (Event.START, Event.DECIDE, Event.FULFIL, Event.ANSWER, Event.CLOSE):
        state = next_state(state, event)
    assert state is State.CLOSED


def test_every_state_has_a_next_step_and_what_ended_can_begin_again() -> None:
    assert all(allowed_events(state) for state in State)
    for state in set(State) - OPEN_STATES:
        assert next_state(state, Event.REOPEN) is State.RECEIVED


def test_a_request_is_withdrawn_or_merged_only_until_it_is_decided() -> None:
    for event in (Event.WITHDRAW, Event.MERGE):
        assert {state for state in State if event in allowed_events(state)} == UNDECIDED
    assert {State.CONFIRMING, State.RECEIVED, State.IN_PROGRESS, *AWAITING} == UNDECIDED


def test_an_unconfirmed_request_can_be_worked_on() -> None:
    assert next_state(State.CONFIRMING, Event.CONFIRM) is State.RECEIVED
    assert next_state(State.CONFIRMING, Event.START) is State.IN_PROGRESS


def test_who_was_asked_is_waited_for_and_then_work_goes_on() -> None:
    for event, state in (
        (Event.ASK_IDENTITY, State.AWAITING_IDENTITY),
        (Event.ASK_CLARIFICATION, State.AWAITING_CLARIFICATION),
    ):
        assert next_state(State.IN_PROGRESS, event) is state
        assert allowed_events(state) == {Event.RESUME, Event.WITHDRAW, Event.MERGE}
        assert next_state(state, Event.RESUME) is State.IN_PROGRESS
