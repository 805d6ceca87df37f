"""Deleting what was found for a case, once nobody needs it any more."""

from datetime import datetime

from audit.domain.actor import Actor
from datamap.services.manual_closing import forget_answers, withdraw
from requests_portal.models import Case
from requests_portal.services.collection import delete_collected
from requests_portal.services.identification import case_reference


def forget_findings(case: Case, *, by: Actor, at: datetime) -> None:
    """Delete the copies of what was found, and what people were asked and answered for it.

    The counts and the signed statements stay.
    """
    delete_collected(case)
    withdraw(reference=case_reference(case.id), by=by, at=at)
    forget_answers(reference=case_reference(case.id), by=by, at=at)
