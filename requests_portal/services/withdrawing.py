"""A person takes a request back, as freely as they made it, until it has been decided.

Safety: from the decision on a request is being carried out; half of an erasure is nobody's wish.
"""

from datetime import datetime

from django.db import transaction

from audit.domain.actor import Actor
from requests_portal.domain.lifecycle import Event, State, allowed_events
from requests_portal.models import Case
from requests_portal.services.ending_work import lay_down
from requests_portal.services.mails import send_withdrawn
from requests_portal.services.moves import CaseMovedOn, locked_case, move
from requests_portal.services.restricting import restrictions_of

_BEFORE_DECISION = frozenset(state for state in State if Event.WITHDRAW in allowed_events(state))


def may_withdraw(case: Case) -> bool:
    """Tell whether the person can still take the request back."""
    return State(case.state) in _BEFORE_DECISION and not _being_corrected(case)


def withdraw_request(*, case: Case, at: datetime) -> Case:
    """End a request on the person's word, and delete what was found for it.

    Raises CaseMovedOn once it is decided, or a correction is ordered.
    """
    by = Actor.person()
    with transaction.atomic():
        locked = locked_case(case, _BEFORE_DECISION)
        if _being_corrected(locked):
            raise CaseMovedOn
        move(case=locked, event=Event.WITHDRAW, by=by, at=at)
        lay_down(locked, by=by, at=at)
        send_withdrawn(case=locked, is_restricted=bool(restrictions_of(locked)), at=at)
    return locked


def _being_corrected(case: Case) -> bool:
    """Tell whether a correction has been ordered: it may be written already."""
    return case.corrections.filter(ordered_at__isnull=False).exists()
