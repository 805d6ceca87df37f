"""What can be decided: every right with every outcome and every ground."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_portal.domain.choices import Choice
from requests_portal.domain.deciding import (
    ADVERSE,
    GROUNDS,
    DecisionNotPossible,
    Ground,
    GroundMissing,
    GroundNotForRight,
    Judgement,
    NothingToWeigh,
    OutcomeNotForRight,
    ReasonsMissing,
    check,
    grounds_for,
    may_cost,
    needs_second_person,
    outcomes_for,
)
from requests_portal.domain.rights import Outcome, Right
from requests_portal.texts.deciding import EXPLAINED
from requests_portal.texts.deciding import GROUNDS as LABELS
from requests_portal.texts.rulings import ASKED, CHOICES, DECIDED

EVERY = list(product(Right, Outcome))


@pytest.mark.parametrize(("right", "outcome"), EVERY)
def test_an_outcome_is_possible_only_where_the_right_knows_it(
    right: Right, outcome: Outcome
) -> None:
    grounds = grounds_for(right, outcome)[:1]
    judgement = Judgement(right=right, outcome=outcome, grounds=grounds, reasons="Because.")
    if outcome in outcomes_for(right):
        check(judgement)
    else:
        with pytest.raises(OutcomeNotForRight):
            check(judgement)


@pytest.mark.parametrize(("right", "outcome"), EVERY)
def test_a_denial_needs_ground_and_reasons_and_two_people(right: Right, outcome: Outcome) -> None:
    if outcome not in outcomes_for(right) or not (outcome in ADVERSE or outcome is Outcome.FEE):
        return
    assert needs_second_person(outcome)
    with pytest.raises(GroundMissing):
        check(Judgement(right=right, outcome=outcome, reasons="Because."))
    with pytest.raises(ReasonsMissing):
        check(
            Judgement(
                right=right, outcome=outcome, grounds=grounds_for(right, outcome)[:1], reasons=" "
            )
        )


def test_what_grants_needs_neither() -> None:
    for right in Right:
        for outcome in (Outcome.GRANTED, Outcome.NOTHING_HELD):
            if outcome in outcomes_for(right):
                check(Judgement(right=right, outcome=outcome))
                assert not needs_second_person(outcome)


@given(right=st.sampled_from(Right), outcome=st.sampled_from(Outcome), data=st.data())
def test_a_judgement_holds_only_on_grounds_of_its_right(
    right: Right, outcome: Outcome, data: st.DataObject
) -> None:
    grounds = tuple(data.draw(st.lists(st.sampled_from(Ground), unique=True)))
    judgement = Judgement(right=right, outcome=outcome, grounds=grounds, reasons="Because.")
    allowed = set(grounds_for(right, outcome))
    try:
        check(judgement)
    except GroundNotForRight:
        assert set(grounds) - allowed
    except DecisionNotPossible:
        assert outcome not in outcomes_for(right) or (allowed and not grounds)
    else:
        assert set(grounds) <= allowed
        assert bool(grounds) == (outcome in ADVERSE or outcome is Outcome.FEE)


def test_no_erasure_and_no_copy_is_granted_by_words_alone() -> None:
    for right in (Right.ACCESS, Right.ERASURE, Right.PORTABILITY):
        assert not {Outcome.GRANTED, Outcome.PARTLY} & set(outcomes_for(right))


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.PARTLY])
@pytest.mark.parametrize("ground", [Ground.COMPELLING, Ground.LEGAL_CLAIM, Ground.OTHER_BASIS])
def test_advertising_is_never_weighed_not_even_in_part(outcome: Outcome, ground: Ground) -> None:
    judgement = Judgement(
        right=Right.OBJECTION, outcome=outcome, grounds=(ground,), reasons="Because."
    )
    with pytest.raises(NothingToWeigh):
        check(judgement, choice=Choice.MARKETING)
    check(judgement, choice=Choice.OTHER_USE)


def test_a_consent_and_a_complaint_never_cost_anything() -> None:
    assert {right for right in Right if not may_cost(right)} == {Right.WITHDRAWAL, Right.COMPLAINT}
    for right in (Right.WITHDRAWAL, Right.COMPLAINT):
        assert not {Ground.UNFOUNDED, Ground.EXCESSIVE} & set(GROUNDS[right])
        assert Outcome.FEE not in outcomes_for(right)


def test_every_ground_and_decision_has_its_words() -> None:
    assert set(LABELS) == set(EXPLAINED) == set(Ground)
    assert set(ASKED) == set(Right)
    assert set(CHOICES) == set(Outcome)
    for outcome in set(Outcome) - {Outcome.FEE}:
        assert set(DECIDED[outcome]) == set(Right)
