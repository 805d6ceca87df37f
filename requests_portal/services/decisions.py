"""Decisions: taken by a named member of staff, on a search that is complete."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from lib.units import Status
from lib.wakeups import wake
from requests_portal.domain.lifecycle import Event
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, Decision, Package
from requests_portal.queries import found_rows
from requests_portal.services.moves import move
from requests_portal.services.porting import rows_to_hand_over
from requests_portal.services.representing import require_mandate


class DecisionRefused(Exception):
    """The decision does not fit what is known; nothing was changed."""


class SearchIncomplete(DecisionRefused):
    """A source has not been searched yet, so nobody can say what is held."""


class OutcomeContradictsFindings(DecisionRefused):
    """Data was found but the decision says nothing is held, or the other way round."""


class NothingToPort(OutcomeContradictsFindings):
    """Data was found, but none of it can be taken elsewhere (Art. 20(1)): that is a refusal."""


def decide(
    *,
    case: Case,
    outcome: Outcome,
    message: str,
    identity_checked: bool,
    by: User,
    at: datetime,
) -> Decision:
    """Decide on a copy of data and order its package (Arts. 15, 20; Art. 12(3)).

    `identity_checked`: the handler states that the data is this person's; without it the database
    refuses the decision.

    Raises SearchIncomplete, OutcomeContradictsFindings, NothingToPort, MandateNotChecked,
    IllegalTransition or CaseMovedOn.
    """
    with transaction.atomic():
        move(
            case=case,
            event=Event.DECIDE,
            by=Actor.staff(by.pk),
            at=at,
            data={"outcome": outcome.value, "identity_checked": identity_checked},
        )
        require_mandate(case)
        if case.collection_units.exclude(status=Status.DONE).exists():
            raise SearchIncomplete
        rows = rows_to_hand_over(case)
        if found_rows(case) > 0 and not rows:
            raise NothingToPort
        if (rows > 0) != (outcome is Outcome.GRANTED):
            raise OutcomeContradictsFindings
        decision = Decision.objects.create(
            case=case,
            outcome=outcome.value,
            message=message,
            identity_checked=identity_checked,
            decided_by=by,
            decided_at=at,
        )
        Package.objects.create(case=case, rows_total=2 * rows, not_before=at)
        wake("requests_portal.tasks.build_packages")
    return decision
