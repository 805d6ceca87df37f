"""How a restriction that a request brought about ends: told first, lifted then (Art. 18(3)).

Safety: a mail that was not sent has told nobody; nothing is lifted before it has left the house.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from audit.domain.actor import Actor
from outbox.queries import messages_for
from requests_portal.domain.choices import AT_ONCE
from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Letter
from requests_portal.queries import case_by_id
from requests_portal.services.letter_parts import closing_parts, reasons_part
from requests_portal.services.letters import send_letter
from requests_portal.services.restricting import restrictions_of
from requests_portal.texts.rights import ARTICLE_LABELS, RIGHT_NAMES
from retention.models import Restriction
from retention.queries import restrictions
from retention.services.restrictions import lift, note_notice_sent

_WORKER = Actor.system("restricting")


class NothingRestricted(Exception):
    """No restriction of this case is in force, or its end was announced already."""


def settle_notices(*, at: datetime) -> int:
    """Lift the restrictions whose person has been told that they end; return how many.

    Told are: who got a letter that says so, who was refused what had been restricted at once, and
    who withdrew the request. Only a mail that left the house tells.
    """
    lifted = 0
    held = restrictions(in_force=True).filter(reference__startswith="case:")
    for restriction in held.iterator(chunk_size=200):
        case = case_by_id(UUID(restriction.reference.partition(":")[2]))
        told_at = _told_at(case, restriction) if case else None
        if told_at is not None:
            _lift(restriction, at=at)
            lifted += 1
    return lifted


def _told_at(case: Case, restriction: Restriction) -> datetime | None:
    """Return when the person was told that this restriction ends, by the newest word on it."""
    letters = Letter.objects.filter(case=case, created_at__gte=restriction.starts_at)
    if State(case.state) is State.WITHDRAWN:
        withdrawn = messages_for(f"case:{case.id}:withdrawn")
        return withdrawn.values_list("sent_at", flat=True).last()
    ending = letters.filter(kind=LetterKind.RESTRICTION_LIFT)
    if Right(case.right) in AT_ONCE and State(case.state) in {State.ANSWERED, State.CLOSED}:
        denied = case.decisions.filter(
            is_superseded=False, outcome__in=[Outcome.REFUSED, Outcome.CANNOT_IDENTIFY]
        )
        if denied.exists():
            ending = letters.filter(kind__in=[LetterKind.RESTRICTION_LIFT, LetterKind.DECISION])
    return ending.values_list("message__sent_at", flat=True).last()


def end_letter(case: Case) -> LetterDraft:
    """Compose the notice that the restrictions of a case end (Art. 18(3))."""
    right = Right(case.right)
    with translation.override(case.language):
        return LetterDraft(
            kind=LetterKind.RESTRICTION_LIFT,
            title=_("The restriction of your data ends"),
            subject=f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}",
            passages=(
                Passage(
                    part=Part.DECIDED,
                    text=_(
                        "Because of your request %(reference)s we only stored your data and did "
                        "not use it. This restriction ends when you have received this letter."
                    )
                    % {"reference": case.reference},
                ),
                reasons_part(_("The reason for the restriction no longer applies.")),
                Passage(
                    part=Part.GROUND,
                    text=_(
                        "The law asks us to tell you before it ends (Article 18(3) GDPR). You can "
                        "ask for a restriction again at any time."
                    ),
                ),
                *closing_parts(case),
            ),
        )


def announce_end(*, case: Case, draft: LetterDraft, by: User, at: datetime) -> None:
    """Send the notice; once its mail has left the house, the restrictions are lifted.

    Raises NothingRestricted, PartsMissing.
    """
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        held = restrictions_of(case)
        if not held or end_announced(case, held):
            raise NothingRestricted
        send_letter(case=case, draft=draft, by=by, at=at)


def end_announced(case: Case, held: Iterable[Restriction]) -> bool:
    """Tell whether a notice is on its way for all of these restrictions."""
    last = case.letters.filter(kind=LetterKind.RESTRICTION_LIFT).last()
    return last is not None and all(one.starts_at <= last.created_at for one in held)


def _lift(restriction: Restriction, *, at: datetime) -> None:
    with transaction.atomic():
        if restriction.notice_sent_at is None:
            note_notice_sent(restriction=restriction, by=_WORKER, at=at)
        lift(restriction=restriction, by=_WORKER, at=at)
