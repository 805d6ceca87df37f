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
from requests_portal.services.representing import require_mandate


class DecisionRefused(Exception):
    """The decision does not fit what is known; nothing was changed."""


class SearchIncomplete(DecisionRefused):
    """A source has not been searched yet, so nobody can say what is held."""


class OutcomeContradictsFindings(DecisionRefused):
    """Data was found but the decision says nothing is held, or the other way round."""


def decide(
    *,
    case: Case,
    outcome: Outcome,
    message: str,
    identity_checked: bool,
    by: User,
    at: datetime,
) -> Decision:
    """Decide an access request and order its package (Art. 15; Art. 12(3)).

    `identity_checked`: the handler states that the data is this person's; without it the database
    refuses the decision.

    Raises SearchIncomplete, OutcomeContradictsFindings, MandateNotChecked, IllegalTransition or
    CaseMovedOn.
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
        rows = found_rows(case)
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
