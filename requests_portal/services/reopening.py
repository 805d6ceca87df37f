"""Opening a request again, and closing it again without a new decision.

The dates stay those of the day on which the request reached us: what was not answered rightly was
not answered in time. What was carried out stays carried out, and the letters stay as sent.
"""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from audit.domain.actor import Actor
from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.lifecycle import Event, State, allowed_events
from requests_portal.domain.rights import Channel, Right
from requests_portal.models import Case, Handover, Reopening
from requests_portal.services.ending_work import lay_down, remove_package
from requests_portal.services.letter_parts import closing_parts, reasons_part
from requests_portal.services.letters import send_letter
from requests_portal.services.moves import CaseMovedOn, locked_case, move
from requests_portal.services.restricting import take_effect
from requests_portal.services.suspending import count_dates
from requests_portal.texts.rights import ARTICLE_LABELS, RIGHT_NAMES

_ENDED = frozenset(state for state in State if Event.REOPEN in allowed_events(state))


def may_reopen(case: Case) -> bool:
    """Tell whether a request has ended and can be opened again.

    The part that was passed on is not ours to work on; the request it was a part of is.
    """
    is_ours = case.merged_into_id is None and case.parent_id is None
    return State(case.state) in _ENDED and is_ours


def reopen(*, case: Case, words: str, by: User | None, at: datetime) -> Case:
    """Begin anew with a request that had ended; `by` is None where the person wrote.

    The decision there was is superseded, its package removed. Raises CaseMovedOn.
    """
    actor = Actor.staff(by.pk) if by else Actor.person()
    with transaction.atomic():
        locked = locked_case(case, _ENDED)
        if not may_reopen(locked):
            raise CaseMovedOn
        move(case=locked, event=Event.REOPEN, by=actor, at=at)
        lay_down(locked, by=actor, at=at)
        count_dates(case=locked, by=actor, at=at)  # the calendar may have changed meanwhile
        remove_package(locked)
        locked.decisions.filter(is_superseded=False).update(is_superseded=True)
        Reopening.objects.create(case=locked, words=words, by=by, at=at)
        if locked.confirmed_at or Channel(locked.channel) is not Channel.PORTAL:
            take_effect(case=locked, by=actor, at=at)  # an objection is weighed once more
    return locked


def may_conclude(case: Case) -> bool:
    """Tell whether a request that was opened again can be closed without a new decision.

    Only where there was an answer that can stand: what had been withdrawn was never answered.
    """
    if State(case.state) is not State.RECEIVED or case.reopened_at is None:
        return False
    return case.decisions.exists() or Handover.objects.filter(forwarded_case=case).exists()


def closing_letter(case: Case) -> LetterDraft:
    """Compose the letter that a request which was opened again is closed with."""
    right = Right(case.right)
    with translation.override(case.language):
        day = date_format(case.reopened_at.astimezone(case.entity.tz)) if case.reopened_at else ""
        return LetterDraft(
            kind=LetterKind.CLOSING,
            title=_("Your request %(reference)s is closed") % {"reference": case.reference},
            subject=f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}",
            passages=(
                Passage(
                    part=Part.DECIDED,
                    text=_(
                        "On %(day)s your request was opened again. We have looked at it once more. "
                        "Our answer stands, and we close the request."
                    )
                    % {"day": day},
                ),
                reasons_part(_("We found nothing that changes our answer.")),
                *closing_parts(case),
            ),
        )


def conclude(*, case: Case, draft: LetterDraft, by: User, at: datetime) -> Case:
    """Close a request that was opened again: the earlier decision is in force again.

    Raises PartsMissing, CaseMovedOn.
    """
    with transaction.atomic():
        locked = locked_case(case, frozenset({State.RECEIVED}))
        if not may_conclude(locked):
            raise CaseMovedOn
        move(case=locked, event=Event.CONCLUDE, by=Actor.staff(by.pk), at=at)
        last = locked.decisions.order_by("decided_at", "pk").last()
        if last is not None:
            locked.decisions.filter(pk=last.pk).update(is_superseded=False)
        send_letter(case=locked, draft=draft, by=by, at=at)
    return locked
