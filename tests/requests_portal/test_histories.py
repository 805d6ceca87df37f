"""Random histories of a request: whatever people do, in whatever order, the house stays in order.

Every step is taken through the services. After each, every invariant is looked at: the case has a
next step, its clock says what the evidence says, every letter has its parts, what denies was
decided by two, and nothing moved but by the one door.
"""

import os
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from outbox.models import Message
from requests_portal.domain.calendars import calendar_for
from requests_portal.domain.clock import compute_deadlines
from requests_portal.domain.deciding import ADVERSE, Judgement, grounds_for, outcomes_for
from requests_portal.domain.extending import ExtensionGround, ExtensionTooLate
from requests_portal.domain.letters import (
    LetterDraft,
    LetterKind,
    Part,
    Passage,
    missing_parts,
)
from requests_portal.domain.lifecycle import (
    AWAITING,
    BEGINNING,
    OPEN_STATES,
    TRANSITIONS,
    UNDECIDED,
    Event,
    State,
    allowed_events,
    next_state,
)
from requests_portal.domain.merging import EarlierClock
from requests_portal.domain.questions import Kind
from requests_portal.domain.rights import Channel, Outcome, Right
from requests_portal.models import Case, Extension, Letter
from requests_portal.queries import decision_of
from requests_portal.services.asking import ask, take_answer
from requests_portal.services.cases import close_answered, close_told, receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decision_letters import decision_letter
from requests_portal.services.decisions import OutcomeContradictsFindings, decide
from requests_portal.services.extending import extend, extension_letter, settle_extensions
from requests_portal.services.links import issue_link, redeem_link
from requests_portal.services.merging import merge
from requests_portal.services.packages import build_next, remove_expired_packages
from requests_portal.services.reopening import (
    closing_letter,
    conclude,
    may_conclude,
    may_reopen,
    reopen,
)
from requests_portal.services.restriction_ends import settle_notices
from requests_portal.services.rulings import (
    approve,
    open_proposal,
    propose,
    proposed_letter,
    send_back,
)
from requests_portal.services.rulings import rule as decide_alone
from requests_portal.services.suspending import count_waiting_cases, suspensions_of
from requests_portal.services.withdrawing import may_withdraw, withdraw_request
from tests.requests_portal.conftest import NOW, intake

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "12"))
RIGHTS = [
    Right.ACCESS,
    Right.RESTRICTION,
    Right.OBJECTION,
    Right.WITHDRAWAL,
    Right.COMPLAINT,
    Right.ERASURE,
]
#: An unknown address: nothing is held, and that is an answer too.
ADDRESSES = ["ana@example.com", "nobody@example.com"]


class History(RuleBasedStateMachine):
    """One request, two members of staff, and time."""

    handler: User
    dpo: User

    @initialize(
        right=st.sampled_from(RIGHTS),
        channel=st.sampled_from([Channel.PORTAL, Channel.LETTER]),
        entity=st.sampled_from(["EE", "LV", "PL"]),
        email=st.sampled_from(ADDRESSES),
        language=st.sampled_from(["en", "pl", "et", "lv"]),
    )
    def file(self, right: Right, channel: Channel, entity: str, email: str, language: str) -> None:
        self.now = NOW
        self._alone = transaction.atomic()  # no history sees another's people
        self._alone.__enter__()
        self.case = self._filed(
            right=right, channel=channel, entity_code=entity, email=email, language=language
        )
        self.state = State(self.case.state)
        self.first = (self.case.received_on, self.case.safe_on)
        self.moves = 0

    def teardown(self) -> None:
        if hasattr(self, "_alone"):
            transaction.set_rollback(True)
            self._alone.__exit__(None, None, None)

    def _filed(self, **changes: Any) -> Case:
        by = Actor.person() if changes["channel"] is Channel.PORTAL else self._actor
        return receive_case(intake=intake(received_at=self.now, **changes), by=by, at=self.now)

    @property
    def _actor(self) -> Actor:
        return Actor.staff(self.handler.pk)

    def _moved(self, *events: Event) -> None:
        for event in events:
            self.state = next_state(self.state, event)
            self.moves += 1
        self.case.refresh_from_db()

    def _is(self, *states: State) -> bool:
        return self.state in states

    # --- time and mail ---------------------------------------------------------------------------
    @rule(days=st.sampled_from([0, 1, 3, 9, 20]), hours=st.integers(1, 23))
    def time_passes(self, days: int, hours: int) -> None:
        self.now += timedelta(days=days, hours=hours)
        count_waiting_cases(at=self.now)
        self.case.refresh_from_db()

    @rule()
    def mails_leave(self) -> None:
        Message.objects.filter(sent_at__isnull=True).update(
            status="done", sent_at=self.now, finished_at=self.now
        )
        settle_extensions(at=self.now)
        settle_notices(at=self.now)
        self.case.refresh_from_db()

    @rule()
    def the_house_tidies(self) -> None:
        before = self.state
        remove_expired_packages(at=self.now)
        close_told(at=self.now)
        self.case.refresh_from_db()
        if before is State.ANSWERED and self.case.state == State.CLOSED:
            self._moved(Event.CLOSE)

    # --- the person ------------------------------------------------------------------------------
    @precondition(lambda self: self._is(State.CONFIRMING))
    @rule()
    def person_confirms(self) -> None:
        link = issue_link(case=self.case, at=self.now)  # the first may have expired
        redeem_link(token=link.split("/link/")[1].split("/")[0], at=self.now)
        self._moved(Event.CONFIRM)

    @precondition(lambda self: may_withdraw(self.case))
    @rule()
    def person_withdraws(self) -> None:
        withdraw_request(case=self.case, at=self.now)
        self._moved(Event.WITHDRAW)

    @precondition(lambda self: self.state in AWAITING)
    @rule()
    def person_answers(self) -> None:
        take_answer(case=self.case, answer="This one.", at=self.now)
        self._moved(Event.RESUME)

    @precondition(lambda self: may_reopen(self.case))
    @rule(by_staff=st.booleans())
    def it_is_opened_again(self, by_staff: bool) -> None:  # noqa: FBT001 (hypothesis names it)
        by = self.handler if by_staff else None
        reopen(case=self.case, words="Something is missing.", by=by, at=self.now)
        self._moved(Event.REOPEN)

    # --- the desk --------------------------------------------------------------------------------
    @precondition(lambda self: self.state in BEGINNING)
    @rule()
    def staff_search(self) -> None:
        start_collection(case=self.case, by=self._actor, at=self.now)
        while collect_next(clock=lambda: self.now):
            pass
        self._moved(Event.START)

    @precondition(lambda self: self._is(State.IN_PROGRESS))
    @rule(kind=st.sampled_from(Kind))
    def staff_ask(self, kind: Kind) -> None:
        ask(
            case=self.case,
            kind=kind,
            reason="We doubt it.",
            words="Which one?",
            by=self.handler,
            at=self.now,
        )
        event = Event.ASK_IDENTITY if kind is Kind.IDENTITY else Event.ASK_CLARIFICATION
        self._moved(event)

    @precondition(lambda self: self.state in OPEN_STATES and not _extended(self.case))
    @rule(ground=st.sampled_from(ExtensionGround))
    def staff_extend(self, ground: ExtensionGround) -> None:
        draft = extension_letter(case=self.case, ground=ground, reasons="Very much data.")
        today = self.now.astimezone(self.case.entity.tz).date()

        def tell() -> None:
            extend(
                case=self.case,
                ground=ground,
                draft=draft,
                warning_read=True,
                by=self.handler,
                at=self.now,
            )

        if today > self.case.statutory_on:
            with pytest.raises(ExtensionTooLate):
                tell()
        else:
            tell()

    @precondition(lambda self: self._is(State.IN_PROGRESS) and open_proposal(self.case) is None)
    @rule(data=st.data())
    def staff_propose(self, data: st.DataObject) -> None:
        right = Right(self.case.right)
        denials = [one for one in outcomes_for(right) if one in ADVERSE and one != Outcome.PARTLY]
        outcome = data.draw(st.sampled_from(denials))
        ground = data.draw(st.sampled_from(grounds_for(right, outcome)))
        judgement = Judgement(right=right, outcome=outcome, grounds=(ground,), reasons="So.")
        propose(
            case=self.case,
            judgement=judgement,
            identity_checked=False,
            by=self.handler,
            at=self.now,
        )

    @precondition(lambda self: self._is(State.IN_PROGRESS) and open_proposal(self.case) is not None)
    @rule(approves=st.booleans())
    def second_person_settles(self, approves: bool) -> None:  # noqa: FBT001
        proposal = open_proposal(self.case)
        assert proposal is not None
        if approves:
            draft = proposed_letter(proposal, by=self.dpo)
            approve(proposal=proposal, draft=draft, by=self.dpo, at=self.now)
            self._moved(Event.DECIDE, Event.FULFIL, Event.ANSWER)
        else:
            send_back(proposal=proposal, remark="Not so.", by=self.dpo, at=self.now)

    @precondition(
        lambda self: (
            self._is(State.IN_PROGRESS)
            and open_proposal(self.case) is None
            and Outcome.GRANTED in outcomes_for(Right(self.case.right))
        )
    )
    @rule()
    def staff_grant(self) -> None:
        judgement = Judgement(right=Right(self.case.right), outcome=Outcome.GRANTED)
        draft = decision_letter(case=self.case, judgement=judgement, by=self.handler)
        try:
            decide_alone(
                case=self.case,
                judgement=judgement,
                draft=draft,
                identity_checked=True,
                by=self.handler,
                at=self.now,
            )
        except OutcomeContradictsFindings:
            assert self.case.email == ADDRESSES[1]
        else:
            self._moved(Event.DECIDE, Event.FULFIL, Event.ANSWER)

    @precondition(lambda self: self._is(State.IN_PROGRESS) and self.case.right == Right.ACCESS)
    @rule()
    def staff_hand_out(self) -> None:
        held = self.case.email == ADDRESSES[0]
        if open_proposal(self.case) is not None:
            return
        decide(
            case=self.case,
            outcome=Outcome.GRANTED if held else Outcome.NOTHING_HELD,
            message="",
            identity_checked=True,
            by=self.handler,
            at=self.now,
        )
        while build_next(clock=lambda: self.now):
            pass
        self._moved(Event.DECIDE, Event.FULFIL, Event.ANSWER)

    @precondition(lambda self: self._is(State.ANSWERED))
    @rule()
    def staff_close(self) -> None:
        close_answered(case=self.case, by=self._actor, at=self.now)
        self._moved(Event.CLOSE)

    @precondition(lambda self: may_conclude(self.case))
    @rule()
    def staff_conclude(self) -> None:
        conclude(case=self.case, draft=closing_letter(self.case), by=self.handler, at=self.now)
        self._moved(Event.CONCLUDE)

    @precondition(lambda self: self.state in UNDECIDED)
    @rule()
    def a_twin_is_merged(self) -> None:
        twin = self._filed(
            right=Right(self.case.right),
            channel=Channel.LETTER,
            entity_code=self.case.entity_code,
            email=self.case.email,
        )
        if twin.safe_on > self.case.safe_on:
            with pytest.raises(EarlierClock):
                merge(case=self.case, into=twin, covers_both=True, by=self.handler, at=self.now)
        merge(case=twin, into=self.case, covers_both=False, by=self.handler, at=self.now)
        twin.refresh_from_db()
        assert (twin.state, twin.merged_into_id) == (State.CLOSED, self.case.pk)

    # --- what always holds -----------------------------------------------------------------------
    @invariant()
    def state_is_what_the_table_says(self) -> None:
        assert self.case.state == self.state
        assert allowed_events(self.state)
        moved = [
            one.verb.removeprefix("case.")
            for one in events_of("case", str(self.case.id))
            if one.verb.removeprefix("case.") in {event.value for event in Event}
        ]
        assert len(moved) == self.moves

    @invariant()
    def clock_is_what_the_evidence_says(self) -> None:
        case = self.case
        assert (case.received_on, case.safe_on) == self.first
        extension = Extension.objects.filter(case=case).first()
        in_force = extension is not None and extension.sent_on is not None
        assert case.due_on == (case.extended_on if in_force else case.safe_on)
        if self.state in AWAITING:
            return  # an open question counts up to the last sweep
        told = compute_deadlines(
            received_at=case.received_at,
            entity=case.entity,
            suspensions=suspensions_of(case),
            calendar=calendar_for(case.entity_code),
            today=self.now.astimezone(case.entity.tz).date(),
        )
        if not case.questions.filter(answered_at__isnull=True).exists():
            assert (case.sla_on, case.statutory_on, case.extended_on, case.suspended_days) == (
                told.sla_on,
                told.statutory_on,
                told.extended_on,
                told.suspended_days,
            )

    @invariant()
    def letters_have_their_parts(self) -> None:
        for letter in Letter.objects.filter(case=self.case, content__isnull=False):
            passages = tuple(
                Passage(
                    part=Part(one["part"]),
                    text=one["text"],
                    lines=tuple(one["lines"]),
                    rows=tuple(tuple(row) for row in one["rows"]),
                )
                for one in letter.content["passages"]
            )
            draft = LetterDraft(
                kind=LetterKind(letter.kind), title="", subject="", passages=passages
            )
            assert missing_parts(draft) == ()

    @invariant()
    def what_is_answered_was_decided_and_told(self) -> None:
        decision = decision_of(self.case)
        if self.state is State.ANSWERED:
            assert decision is not None
            kinds = [LetterKind.DECISION, LetterKind.ANSWER]
            told = Letter.objects.filter(case=self.case, kind__in=kinds)
            assert told.filter(created_at__gte=decision.decided_at).exists()
        if decision is not None and Outcome(decision.outcome) in ADVERSE:
            assert decision.proposal is not None
            assert decision.proposal.proposed_by_id != decision.decided_by_id
            assert decision.grounds
        if self.state in UNDECIDED:
            assert decision is None


def _extended(case: Case) -> bool:
    return Extension.objects.filter(case=case).exists()


@pytest.mark.django_db
def test_every_history_keeps_the_house_in_order(company: str, handler: User) -> None:
    dpo = User.objects.create_user(
        email="dpo@example.org", password="a-long-password", name="Dana", roles=[Role.DPO]
    )

    class Here(History):
        pass

    Here.handler, Here.dpo = handler, dpo
    run(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            derandomize="PROPERTY_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_event_of_the_table_is_tried_somewhere() -> None:
    """A new event needs a rule here, or its own flow's test."""
    own_flow = {Event.FORWARD, Event.MERGE}  # the twin is merged, and forwarding has its own file
    tried = {
        Event.CONFIRM,
        Event.START,
        Event.DECIDE,
        Event.FULFIL,
        Event.ANSWER,
        Event.CLOSE,
        Event.WITHDRAW,
        Event.ASK_IDENTITY,
        Event.ASK_CLARIFICATION,
        Event.RESUME,
        Event.REOPEN,
        Event.CONCLUDE,
    }
    assert tried | own_flow == {event for _state, event in TRANSITIONS}
