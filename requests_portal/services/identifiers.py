"""Correcting under which identifiers a person is searched for, until something is decided.

What was found under others may be somebody else's, so it is thrown away with all that was planned
on it, and every source is searched anew.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from lib.refusals import Refusal
from requests_portal.domain.lifecycle import BEGINNING, State
from requests_portal.models import Case, IdentifierChange
from requests_portal.queries import known_by
from requests_portal.services.collection import order_search
from requests_portal.services.ending_work import lay_down
from requests_portal.services.evidence import keep_evidence, release_evidence
from requests_portal.services.identification import NothingToSearchBy, keys_given
from requests_portal.services.moves import locked_case
from requests_portal.services.trail import record_on_case

#: Before a decision, and while nothing is asked of the person.
CORRECTABLE = BEGINNING | {State.IN_PROGRESS}


class NothingCorrected(Refusal):
    """All of it is as it was."""


@dataclass(frozen=True, kw_only=True)
class Identifiers:
    """By what a person is known to us beside their e-mail address; normalised, empty: nothing."""

    phone: str
    customer_number: str
    postal_address: str


def correct_identifiers(
    *, case: Case, to: Identifiers, reason: str, by: User, at: datetime
) -> Case:
    """Replace the identifiers of a case; once it is being worked on, search all sources anew.

    Raises NothingCorrected, NothingToSearchBy where a search would have nothing to go by, and
    CaseMovedOn.
    """
    actor = Actor.staff(by.pk)
    with transaction.atomic():
        locked = locked_case(case, CORRECTABLE)
        changed = [name for name, value in vars(to).items() if getattr(locked, name) != value]
        if not changed:
            raise NothingCorrected("Nothing was changed: all of it is as it was.")
        for name in changed:
            setattr(locked, name, getattr(to, name))
        hashes = known_by(name=locked.name, email=locked.email, **vars(to))
        for name, value in hashes.items():
            setattr(locked, name, value)
        locked.save(update_fields=[*changed, *hashes])
        record_on_case(
            "identifiers.corrected",
            by=actor,
            at=at,
            case_id=case.id,
            data={"fields": sorted(changed)},
        )
        IdentifierChange.objects.create(case=locked, reason=reason, changed_by=by, changed_at=at)
        if locked.collection_units.exists():
            if not keys_given(locked):
                raise NothingToSearchBy("Nothing is left to search by.")
            lay_down(locked, by=actor, at=at)
            order_search(locked, by=actor, at=at)
        release_evidence(locked, by=actor, at=at)  # what was another person's
        keep_evidence(locked, by=actor, at=at)
    return locked
