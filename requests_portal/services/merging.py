"""Two requests of one person become one. Offered to staff; nothing is ever merged by itself.

Safety: the older clock is the one that goes on, and the person is told which request that is.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from audit.domain.actor import Actor
from requests_portal.domain.lifecycle import UNDECIDED, Event, State
from requests_portal.domain.merging import Mergeable, check_merge
from requests_portal.domain.rights import Right
from requests_portal.models import Case
from requests_portal.queries import person_hashes
from requests_portal.services.ending_work import lay_down
from requests_portal.services.identification import case_reference
from requests_portal.services.mails import send_merged
from requests_portal.services.moves import CaseMovedOn, move
from requests_portal.services.porting import keep_wish_of
from retention.services.restrictions import pass_on

_UNDECIDED = sorted(state.value for state in UNDECIDED)


def duplicates_of(case: Case) -> list[Case]:
    """Return the undecided requests of the same person, the oldest first.

    What one parent asks for two children are no duplicates.
    """
    alike = Q(email_hash=case.email_hash)
    for name in ("phone_hash", "number_hash"):
        if getattr(case, name) is not None:
            alike |= Q(**{name: getattr(case, name)})
    found = (
        Case.objects.filter(alike, state__in=_UNDECIDED)
        .exclude(pk=case.pk)
        .order_by("safe_on", "received_at")
    )
    person = person_hashes(case)
    return [one for one in found if not person.isdisjoint(person_hashes(one))]


def merge(*, case: Case, into: Case, covers_both: bool, by: User, at: datetime) -> Case:
    """End `case` in favour of `into`, which keeps its own dates, and tell the person.

    What takes effect at once stays in force, and where data is to go is not forgotten.

    Raises what `check_merge` raises, and CaseMovedOn where one of them is decided or a correction
    is ordered.
    """
    actor = Actor.staff(by.pk)
    with transaction.atomic():
        locked = {
            one.pk: one
            for one in Case.objects.select_for_update(no_key=True)
            .filter(pk__in=[case.pk, into.pk])
            .order_by("pk")
        }
        ending, going_on = locked[case.pk], locked[into.pk]
        check_merge(_mergeable(ending), _mergeable(going_on), covers_both=covers_both)
        if any(State(one.state) not in UNDECIDED for one in (ending, going_on)):
            raise CaseMovedOn
        if ending.corrections.filter(ordered_at__isnull=False).exists():
            raise CaseMovedOn
        move(
            case=ending,
            event=Event.MERGE,
            by=actor,
            at=at,
            data={"into": going_on.reference, "covers_both": covers_both},
            merged_into=going_on,
        )
        lay_down(ending, by=actor, at=at)
        pass_on(
            reference=case_reference(ending.id), to=case_reference(going_on.id), by=actor, at=at
        )
        keep_wish_of(ending, case=going_on)
        send_merged(case=ending, into=going_on, at=at)
    return going_on


def _mergeable(case: Case) -> Mergeable:
    return Mergeable(
        reference=case.reference,
        person=person_hashes(case),
        right=Right(case.right),
        entity_code=case.entity_code,
        safe_on=case.safe_on,
    )
