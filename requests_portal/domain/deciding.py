"""What can be decided on a request, on which grounds, and whether one person may do it alone.

GDPR Arts. 11(2), 12(4)-(6), 15(4), 16, 17(3), 18(1), 20(1) and (4), 21(1)-(2). Pure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

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


_ALWAYS = (Ground.UNFOUNDED, Ground.EXCESSIVE)
GROUNDS: Mapping[Right, tuple[Ground, ...]] = {
    Right.ACCESS: (Ground.OTHERS_RIGHTS, *_ALWAYS),
    Right.RECTIFICATION: (Ground.ACCURATE, *_ALWAYS),
    Right.ERASURE: (
        Ground.STILL_NEEDED,
        Ground.EXPRESSION,
        Ground.LEGAL_OBLIGATION,
        Ground.ARCHIVE,
        Ground.LEGAL_CLAIM,
        *_ALWAYS,
    ),
    Right.RESTRICTION: (Ground.NO_RESTRICTION_CASE, *_ALWAYS),
    Right.OBJECTION: (Ground.COMPELLING, Ground.LEGAL_CLAIM, Ground.OTHER_BASIS, *_ALWAYS),
    Right.PORTABILITY: (Ground.NOT_PROVIDED, Ground.OTHERS_RIGHTS, *_ALWAYS),
    Right.WITHDRAWAL: (Ground.NO_CONSENT, *_ALWAYS),
    Right.COMPLAINT: (Ground.LAWFUL, *_ALWAYS),
}
_OUTCOMES = (
    Outcome.GRANTED,
    Outcome.PARTLY,
    Outcome.REFUSED,
    Outcome.NOTHING_HELD,
    Outcome.CANNOT_IDENTIFY,
)
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
    """Return how a request can end; nothing is ever erased or corrected by these words alone."""
    without = {Right.COMPLAINT: {Outcome.NOTHING_HELD}}.get(right, set())
    return tuple(one for one in _OUTCOMES if one not in without)


def needs_second_person(outcome: Outcome) -> bool:
    """Tell whether one person proposes and another decides: refusals and fees."""
    return outcome in {Outcome.REFUSED, Outcome.CANNOT_IDENTIFY, Outcome.FEE}


def grounds_for(right: Right, outcome: Outcome) -> tuple[Ground, ...]:
    """Return the grounds that can carry this outcome."""
    if outcome is Outcome.CANNOT_IDENTIFY:
        return (Ground.NOT_IDENTIFIED,)
    if outcome is Outcome.FEE:
        return _ALWAYS
    return GROUNDS[right] if outcome in ADVERSE else ()


def check(judgement: Judgement) -> None:
    """Refuse a judgement that does not hold together.

    Raises OutcomeNotForRight, GroundMissing, GroundNotForRight, ReasonsMissing.
    """
    right, outcome = judgement.right, judgement.outcome
    if outcome is not Outcome.FEE and outcome not in outcomes_for(right):
        raise OutcomeNotForRight
    allowed: Collection[Ground] = grounds_for(right, outcome)
    if any(ground not in allowed for ground in judgement.grounds):
        raise GroundNotForRight
    if not allowed:
        return
    if not judgement.grounds:
        raise GroundMissing
    if not judgement.reasons.strip():
        raise ReasonsMissing
