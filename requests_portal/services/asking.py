"""Asking the person for what a request cannot go on without, and taking the answer (Art. 12(6)).

The clock stands still from the day the question was sent to the day the answer came; both stay as
evidence. The answer ends the pause at once, whatever is in it.
"""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from audit.domain.actor import Actor
from lib.refusals import Refusal
from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.lifecycle import AWAITING, Event, State
from requests_portal.domain.questions import ASKING, Kind
from requests_portal.domain.rights import Right
from requests_portal.models import Case, Question
from requests_portal.services.letter_parts import closing_parts
from requests_portal.services.letters import send_letter
from requests_portal.services.mails import send_question
from requests_portal.services.moves import locked_case, move
from requests_portal.services.suspending import count_dates
from requests_portal.texts.cases import ASKED_BECAUSE
from requests_portal.texts.rights import ARTICLE_LABELS, RIGHT_NAMES

_LETTERS = {
    Kind.IDENTITY: LetterKind.IDENTITY,
    Kind.CLARIFICATION: LetterKind.CLARIFICATION,
}


_OPEN = {"answered_at__isnull": True, "lapsed_at__isnull": True}


class ArrivedTooEarly(Refusal):
    """An answer is said to have come before its question, or in the future."""


def ask(*, case: Case, kind: Kind, reason: str, words: str, by: User, at: datetime) -> Question:
    """Ask the person something, by letter; `reason` says why it is needed (Art. 12(6)).

    Raises PartsMissing without a question or a reason, CaseMovedOn unless the case is being worked
    on.
    """
    draft = question_letter(case=case, kind=kind, reason=reason, words=words)
    with transaction.atomic():
        locked = locked_case(case, frozenset({State.IN_PROGRESS}))
        move(case=locked, event=ASKING[kind], by=Actor.staff(by.pk), at=at)
        message = send_question(case=locked, at=at)
        send_letter(case=locked, draft=draft, by=by, at=at, message=message)
        return Question.objects.create(
            case=locked,
            kind=kind.value,
            reason=reason,
            words=words,
            asked_by=by,
            asked_at=at,
            message=message,
        )


def question_letter(*, case: Case, kind: Kind, reason: str, words: str) -> LetterDraft:
    """Compose the letter that asks, in the case's language."""
    right = Right(case.right)
    with translation.override(case.language):
        return LetterDraft(
            kind=_LETTERS[kind],
            title=_("We have a question about your request %(reference)s")
            % {"reference": case.reference},
            subject=f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}",
            passages=(
                Passage(part=Part.DECIDED, text=words),
                Passage(part=Part.REASONS, heading=_("Why we ask"), text=reason),
                Passage(part=Part.GROUND, text=str(ASKED_BECAUSE[kind])),
                Passage(
                    part=Part.WORDS,
                    text=_how_to_answer(case),
                ),
                *closing_parts(case),
            ),
        )


def _how_to_answer(case: Case) -> str:
    if case.is_by_post:
        return _(
            "Answer us by letter. The time that the law gives us stands still until your answer "
            "comes; send no more than we ask for."
        )
    return _(
        "Open your request with the link in our e-mail to answer. The time that the law gives us "
        "stands still until your answer comes; send no more than we ask for."
    )


def open_question(case: Case) -> Question | None:
    """Return what the person is asked now, if anything."""
    return case.questions.select_related("message").filter(**_OPEN).first()


def take_answer(
    *,
    case: Case,
    answer: str,
    at: datetime,
    arrived_at: datetime | None = None,
    noted_by: User | None = None,
) -> None:
    """Take the answer of the person and go on with the case.

    `noted_by` writes down what came by letter or phone at `arrived_at`; otherwise the person
    answers at the portal, now. Raises CaseMovedOn when nothing is asked, ArrivedTooEarly.
    """
    came_at = arrived_at or at
    by = Actor.staff(noted_by.pk) if noted_by else Actor.person()
    with transaction.atomic():
        locked = locked_case(case, AWAITING)
        question = locked.questions.select_for_update(of=("self",)).get(**_OPEN)
        if not question.asked_at <= came_at <= at:
            raise ArrivedTooEarly("The answer must have come after the question and not later.")
        question.answer, question.answered_at, question.noted_by = answer, came_at, noted_by
        question.save(update_fields=["answer", "answered_at", "noted_by"])
        move(case=locked, event=Event.RESUME, by=by, at=at)
        count_dates(case=locked, by=by, at=at)
