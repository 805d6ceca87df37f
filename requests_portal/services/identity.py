"""What came of asking who somebody is (Art. 12(6)): recorded by staff, or by a code that fits.

Whether a request can be answered at all ("cannot identify") is a decision and taken elsewhere.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.vocabulary import KeyKind
from lib.refusals import Refusal
from requests_portal.domain.identity import Way, ways_to_record
from requests_portal.domain.lifecycle import State
from requests_portal.domain.questions import Kind
from requests_portal.models import Case, IdentityOutcome, Question
from requests_portal.services.asking import take_answer
from requests_portal.services.moves import CaseMovedOn, locked_case
from requests_portal.services.trail import record_on_case

_WHILE = frozenset({State.IN_PROGRESS, State.AWAITING_IDENTITY})


class WayNotOpen(Refusal):
    """Nothing has come in this way, so that nothing can have come of it."""


def numbers_on_record(case: Case) -> tuple[str, ...]:
    """Return the phone numbers that our own records hold of this person, as far as searched.

    A number that somebody merely gave to us proves nothing about who they are.
    """
    found = {
        str(known["value"])
        for searched in case.collection_units.values_list("searched_with", flat=True)
        for known in searched
        if known["kind"] == KeyKind.PHONE.value and (known["proven"] or known["origin"])
    }
    return tuple(sorted(found))


def identity_questions(case: Case) -> list[Question]:
    """Return the questions about who the person is, oldest first."""
    return list(
        case.questions.filter(kind=Kind.IDENTITY.value)
        .select_related("phone_check")
        .prefetch_related("proof_files")
    )


def ways_open(case: Case, questions: Sequence[Question]) -> tuple[Way, ...]:
    """Return the ways of which the outcome can be recorded now, none outside the work on a case.

    `questions` are its `identity_questions`.
    """
    if State(case.state) not in _WHILE:
        return ()
    return ways_to_record(
        is_asked=State(case.state) is State.AWAITING_IDENTITY,
        was_answered=any(one.answer for one in questions),
        has_proof=any(one.proof_files.all() for one in questions),
    )


def record_outcome(
    *, case: Case, way: Way, is_confirmed: bool, note: str, by: User, at: datetime
) -> IdentityOutcome:
    """Record whether the person is who they say, as a member of staff judged it.

    A call answers a question that is still open. Raises WayNotOpen, CaseMovedOn (also when just
    this was recorded last, as by a second tap).
    """
    with transaction.atomic():
        locked = locked_case(case, _WHILE)
        questions = identity_questions(locked)
        if way not in ways_open(locked, questions):
            raise WayNotOpen("Nothing has come from the person in this way.")
        question = questions[-1] if questions else None
        last = locked.identity_outcomes.last()
        same = (way.value, is_confirmed, question.pk if question else None)
        if last is not None and (last.way, last.is_confirmed, last.question_id) == same:
            raise CaseMovedOn
        if State(locked.state) is State.AWAITING_IDENTITY:
            take_answer(case=locked, answer=note, at=at, noted_by=by)
        return note_outcome(
            case=locked,
            question=question,
            way=way,
            is_confirmed=is_confirmed,
            note=note,
            by=by,
            at=at,
        )


def note_outcome(
    *,
    case: Case,
    question: Question | None,
    way: Way,
    is_confirmed: bool,
    at: datetime,
    note: str = "",
    by: User | None = None,
) -> IdentityOutcome:
    """Write an outcome with its audit event, in the caller's transaction."""
    record_on_case(
        "identity.confirmed" if is_confirmed else "identity.not_confirmed",
        by=Actor.staff(by.pk) if by else Actor.person(),
        at=at,
        case_id=case.id,
        data={"way": way.value},
    )
    return IdentityOutcome.objects.create(
        case=case,
        question=question,
        way=way.value,
        is_confirmed=is_confirmed,
        note=note,
        recorded_by=by,
        recorded_at=at,
    )
