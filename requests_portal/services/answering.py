"""Answers that need no package: nothing held, and corrections that are settled."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from lib.units import Status
from requests_portal.domain.lifecycle import Event, State
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, Decision
from requests_portal.queries import found_rows
from requests_portal.services.decisions import OutcomeContradictsFindings, SearchIncomplete
from requests_portal.services.forgetting import forget_findings
from requests_portal.services.mails import send_done
from requests_portal.services.moves import locked_case, move


class CorrectionsOpen(Exception):
    """A proposed correction is neither applied nor withdrawn."""


def answer_nothing_held(*, case: Case, by: User, at: datetime) -> None:
    """Answer an erasure or correction for which nothing was found, and tell the person.

    Raises SearchIncomplete, OutcomeContradictsFindings, CaseMovedOn.
    """
    with transaction.atomic():
        locked = locked_case(case, frozenset({State.IN_PROGRESS}))
        if locked.collection_units.exclude(status=Status.DONE).exists():
            raise SearchIncomplete
        if found_rows(locked):
            raise OutcomeContradictsFindings
        _decide_and_answer(locked, Outcome.NOTHING_HELD, message="", by=by, at=at)


def answer_correction(
    *, case: Case, outcome: Outcome, message: str, by: User, at: datetime
) -> None:
    """Answer a request for correction once every proposed change is settled (Art. 16).

    Raises CorrectionsOpen, OutcomeContradictsFindings where all was granted and nothing was
    corrected, CaseMovedOn.
    """
    with transaction.atomic():
        locked = locked_case(case, frozenset({State.IN_PROGRESS}))
        corrections = list(locked.corrections.all())
        if any(one.status != Status.DONE for one in corrections):
            raise CorrectionsOpen
        applied = any(not one.has_conflict for one in corrections)
        if outcome is Outcome.GRANTED and not applied:
            raise OutcomeContradictsFindings
        _decide_and_answer(locked, outcome, message=message, by=by, at=at)


def _decide_and_answer(
    case: Case, outcome: Outcome, *, message: str, by: User, at: datetime
) -> None:
    actor = Actor.staff(by.pk)
    Decision.objects.create(
        case=case,
        outcome=outcome.value,
        message=message,
        identity_checked=True,
        decided_by=by,
        decided_at=at,
    )
    move(case=case, event=Event.DECIDE, by=actor, at=at, data={"outcome": outcome.value})
    move(case=case, event=Event.FULFIL, by=actor, at=at)
    forget_findings(case, by=actor, at=at)
    move(case=case, event=Event.ANSWER, by=actor, at=at)
    send_done(case=case, at=at)
