"""What can be decided on a request, on which grounds, and whether one person may do it alone.

GDPR Arts. 11(2), 12(4)-(6), 15(4), 16, 17(3), 18(1), 20(1) and (4), 21(1)-(2). Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from requests_portal.domain.choices import Choice
from requests_portal.domain.rights import Outcome, Right


class Ground(StrEnum):
    """Why something is refused, wholly or in part."""

    UNFOUNDED = "unfounded"  # 12(5): manifestly unfounded
    EXCESSIVE = "excessive"  # 12(5): excessive, in particular because of repetition
    NOT_IDENTIFIED = "not_identified"  # 11(2), 12(2)
    OTHERS_RIGHTS = "others_rights"  # 15(4), 20(4)
    ACCURATE = "accurate"  # 16: the data is right as it stands
    STILL_NEEDED = "still_needed"  # 17(1)(a) does not apply
    EXPRESSION = "expression"  # 17(3)(a)
    LEGAL_OBLIGATION = "legal_obligation"  # 17(3)(b)
    ARCHIVE = "archive"  # 17(3)(d)
    LEGAL_CLAIM = "legal_claim"  # 17(3)(e), 21(1)
    NO_RESTRICTION_CASE = "no_restriction_case"  # 18(1): none of (a)-(d)
    COMPELLING = "compelling"  # 21(1): compelling legitimate grounds
    OTHER_BASIS = "other_basis"  # 21(1): the use does not rest on 6(1)(e) or (f)
    NOT_PROVIDED = "not_provided"  # 20(1): not given by the person, or not on consent or contract
    NO_CONSENT = "no_consent"  # 7(3): nothing rests on a consent
    LAWFUL = "lawful"  # complaint: the processing keeps to the law


#: Articles 15 to 22 know them; a consent can always be withdrawn, and anybody may complain.
_TOO_MUCH = (Ground.UNFOUNDED, Ground.EXCESSIVE)
GROUNDS: Mapping[Right, tuple[Ground, ...]] = {
    Right.ACCESS: (Ground.OTHERS_RIGHTS, *_TOO_MUCH),
    Right.RECTIFICATION: (Ground.ACCURATE, *_TOO_MUCH),
    Right.ERASURE: (
        Ground.STILL_NEEDED,
        Ground.EXPRESSION,
        Ground.LEGAL_OBLIGATION,
        Ground.ARCHIVE,
        Ground.LEGAL_CLAIM,
        *_TOO_MUCH,
    ),
    Right.RESTRICTION: (Ground.NO_RESTRICTION_CASE, *_TOO_MUCH),
    Right.OBJECTION: (Ground.COMPELLING, Ground.LEGAL_CLAIM, Ground.OTHER_BASIS, *_TOO_MUCH),
    Right.PORTABILITY: (Ground.NOT_PROVIDED, Ground.OTHERS_RIGHTS, *_TOO_MUCH),
    Right.WITHDRAWAL: (Ground.NO_CONSENT,),
    Right.COMPLAINT: (Ground.LAWFUL,),
}
_DENIED = (Outcome.REFUSED, Outcome.CANNOT_IDENTIFY)
_SETTLED = (Outcome.GRANTED, Outcome.PARTLY)
_NEVER_AGAINST_MARKETING = frozenset({Ground.COMPELLING, Ground.LEGAL_CLAIM, Ground.OTHER_BASIS})
#: How a request can end by a ruling. A copy of data is granted by its package and an erasure by
#: its plan; neither is ever granted by words alone.
_OUTCOMES: Mapping[Right, tuple[Outcome, ...]] = {
    Right.ACCESS: _DENIED,
    Right.RECTIFICATION: (*_SETTLED, *_DENIED),
    Right.ERASURE: _DENIED,
    Right.RESTRICTION: (*_SETTLED, Outcome.NOTHING_HELD, *_DENIED),
    Right.OBJECTION: (*_SETTLED, Outcome.NOTHING_HELD, *_DENIED),
    Right.PORTABILITY: _DENIED,
    Right.WITHDRAWAL: (*_SETTLED, Outcome.NOTHING_HELD, *_DENIED),
    Right.COMPLAINT: (*_SETTLED, Outcome.REFUSED),
}
#: Outcomes that deny something, so that ground and reasons are owed (Art. 12(4)).
ADVERSE = frozenset({Outcome.PARTLY, Outcome.REFUSED, Outcome.CANNOT_IDENTIFY})


class DecisionNotPossible(Exception):
    """The decision does not hold together; nothing was changed."""


class OutcomeNotForRight(DecisionNotPossible):
    """A request of this kind cannot end like this."""


class GroundMissing(DecisionNotPossible):
    """Something is denied without a ground."""


class GroundNotForRight(DecisionNotPossible):
    """The ground does not belong to this right."""


class ReasonsMissing(DecisionNotPossible):
    """Something is denied and nobody says why in this case (Art. 12(4); 12(5) last sentence)."""


class NothingToWeigh(DecisionNotPossible):
    """Advertising stops without any weighing (Art. 21(2)-(3)): no such ground can refuse it."""


class SamePersonDecides(DecisionNotPossible):
    """Who proposed a decision cannot approve it."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is to be decided: the outcome, its grounds, and the reasons in this case."""

    right: Right
    outcome: Outcome
    grounds: tuple[Ground, ...] = ()
    reasons: str = ""

    @property
    def is_adverse(self) -> bool:
        return self.outcome in ADVERSE


def outcomes_for(right: Right) -> tuple[Outcome, ...]:
    """Return what can be ruled on such a request, a fee included where the law knows one."""
    return (*_OUTCOMES[right], Outcome.FEE) if may_cost(right) else _OUTCOMES[right]


def may_cost(right: Right) -> bool:
    """Tell whether a fee can be asked for such a request at all (Art. 12(5))."""
    return Ground.EXCESSIVE in GROUNDS[right]


def needs_second_person(outcome: Outcome) -> bool:
    """Tell whether one person proposes and another decides: whatever denies, and a fee."""
    return outcome in ADVERSE or outcome is Outcome.FEE


def grounds_for(right: Right, outcome: Outcome) -> tuple[Ground, ...]:
    """Return the grounds that can carry this outcome; empty where none is needed."""
    if outcome is Outcome.CANNOT_IDENTIFY:
        return (Ground.NOT_IDENTIFIED,)
    if outcome is Outcome.FEE:
        return _TOO_MUCH
    return GROUNDS[right] if outcome in ADVERSE else ()


def check(judgement: Judgement, *, choice: str = "") -> None:
    """Refuse a judgement that does not hold together; `choice` is what the person chose.

    Raises OutcomeNotForRight, GroundMissing, GroundNotForRight, ReasonsMissing, NothingToWeigh.
    """
    right, outcome = judgement.right, judgement.outcome
    if outcome not in outcomes_for(right):
        raise OutcomeNotForRight
    allowed = grounds_for(right, outcome)
    if any(ground not in allowed for ground in judgement.grounds):
        raise GroundNotForRight
    if allowed and not judgement.grounds:
        raise GroundMissing
    if allowed and not judgement.reasons.strip():
        raise ReasonsMissing
    if (
        choice == Choice.MARKETING
        and outcome in ADVERSE
        and not _NEVER_AGAINST_MARKETING.isdisjoint(judgement.grounds)
    ):
        raise NothingToWeigh
