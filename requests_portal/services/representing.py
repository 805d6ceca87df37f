"""Asking for somebody else: noted when the request comes, checked by staff before it is decided.

Safety: nothing about the represented person is answered, corrected, erased or bound before a
member of staff has noted how they made sure that the one who writes may speak for them. Refusing
needs no such note: a mandate that nobody shows must not keep a request open for ever.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from requests_portal.domain.lifecycle import UNDECIDED
from requests_portal.domain.representing import MandateNotChecked, Representation
from requests_portal.domain.rights import Channel
from requests_portal.models import Case, Representative
from requests_portal.queries import representation_open, representative_of
from requests_portal.services.moves import CaseMovedOn, locked_case
from requests_portal.services.restricting import take_effect
from requests_portal.services.trail import record_on_case


def note_representation(*, case: Case, representation: Representation) -> Representative:
    """Keep for whom somebody speaks. Call it in the transaction that opens the case."""
    return Representative.objects.create(
        case=case,
        authority=representation.authority.value,
        person_name=representation.name,
        person_email=representation.email,
        statement=representation.statement,
    )


def copy_representation(case: Case, *, into: Case) -> None:
    """Keep for whom somebody speaks, and whether it was checked, on a part of their request."""
    spoken_for = representative_of(case)
    if spoken_for is not None:
        spoken_for.pk, spoken_for.case = None, into
        spoken_for._state.adding = True  # noqa: SLF001 (Django's documented way to copy a row)
        spoken_for.save()


def check_mandate(*, case: Case, how: str, by: User, at: datetime) -> None:
    """Note that the one who writes may speak for the other; `how` says what was looked at.

    What binds us at once (Arts. 7(3), 21) binds us from now on. Raises CaseMovedOn when it is
    noted already or the case is decided.
    """
    actor = Actor.staff(by.pk)
    with transaction.atomic():
        locked = locked_case(case, UNDECIDED)
        noted = Representative.objects.filter(case=locked, checked_at__isnull=True).first()
        if noted is None:
            raise CaseMovedOn
        noted.how_checked, noted.checked_by, noted.checked_at = how, by, at
        noted.save(update_fields=["how_checked", "checked_by", "checked_at"])
        record_on_case(
            "mandate.checked",
            by=actor,
            at=at,
            case_id=locked.id,
            data={"authority": noted.authority},
        )
        if locked.confirmed_at is not None or not _filed_by_person(locked):
            take_effect(case=locked, by=actor, at=at)


def require_mandate(case: Case) -> None:
    """Raise MandateNotChecked where somebody speaks for another and nobody has checked it."""
    if representation_open(case):
        raise MandateNotChecked


def _filed_by_person(case: Case) -> bool:
    return case.channel == Channel.PORTAL.value
